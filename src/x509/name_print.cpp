#include <memory>

#include <openssl/err.h>

#include "base/base64url.hpp"
#include "crypto/handle.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name.hpp"
#include "x509/name_value.hpp"

namespace certbound::x509 {

namespace {

/// RFC 4514 section 2.4. Control characters cannot be in a value; see policy DN-19.
std::string escape_value(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_outer_blank = c == ' ' && (i == 0 || i + 1 == text.size());
    const bool is_leading_sharp = c == '#' && i == 0;
    if (is_outer_blank || is_leading_sharp || std::string_view{"\"+,;<>\\"}.find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string render_attribute(const NameAttribute& attribute) {
  const std::string_view keyword = rfc4514_keyword(attribute.oid);
  std::string out{keyword.empty() ? std::string_view{attribute.oid} : keyword};
  out.push_back('=');
  return out + (attribute.is_string ? escape_value(attribute.text) : "#" + hex_encode(attribute.der));
}

std::string render_rdns(const std::vector<Rdn>& rdns) {
  std::string out;
  for (auto rdn = rdns.rbegin(); rdn != rdns.rend(); ++rdn) {
    if (!out.empty()) out.push_back(',');
    for (std::size_t i = 0; i < rdn->size(); ++i) {
      if (i != 0) out.push_back('+');
      out += render_attribute((*rdn)[i]);
    }
  }
  return out;
}

std::string Name::to_rfc4514() const { return render_rdns(rdns_); }

std::string render_name(const X509_NAME& name) {
  if (const auto parsed = Name::from_x509(name)) return parsed->to_rfc4514();
  const crypto::BioHandle bio{BIO_new(BIO_s_mem())};
  if (!bio || X509_NAME_print_ex(bio.get(), &name, 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    return "(a name that cannot be printed)";
  }
  std::string out(BIO_ctrl_pending(bio.get()), '\0');
  const int read = BIO_read(bio.get(), out.data(), static_cast<int>(out.size()));
  out.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
  ERR_clear_error();
  return out;
}

}  // namespace certbound::x509
