#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name_text.hpp"
#include "x509/name_value.hpp"

namespace certbound::x509 {

namespace {

/// The OID at the start of `text` if `TYPE=` stands there, and what follows the `=`.
struct SlashType {
  std::string oid;
  std::string_view rest;
};

std::optional<SlashType> read_slash_type(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view type = text.substr(0, equals);
  if (is_dotted_oid(type)) return SlashType{std::string{type}, text.substr(equals + 1)};
  const auto oid = find_attribute_oid(type);
  if (!oid) return std::nullopt;
  return SlashType{std::string{*oid}, text.substr(equals + 1)};
}

/// X509_NAME_oneline writes octets that are not printable as \xHH and escapes nothing else.
std::string decode_slash_value(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value.substr(i, 2) == "\\x") {
      const auto octet = hex_decode(value.substr(i + 2, 2));
      if (octet && octet->size() == 1) {
        out.push_back(static_cast<char>(octet->front()));
        i += 3;
        continue;
      }
    }
    out.push_back(value[i]);
  }
  return out;
}

/// `OU=a+CN=b` in this form is one value or two attributes; nobody can tell.
bool has_plus_type(std::string_view value) {
  for (std::size_t plus = value.find('+'); plus != std::string_view::npos; plus = value.find('+', plus + 1)) {
    if (read_slash_type(value.substr(plus + 1))) return true;
  }
  return false;
}

/// `/C=GB/O=a/b/CN=x`: a '/' begins an attribute only where TYPE= follows it, since nothing in this form is escaped.
std::optional<std::vector<Rdn>> parse_slash_form(std::string_view text) {
  std::vector<Rdn> rdns;
  while (!text.empty()) {
    auto type = read_slash_type(text.substr(1));
    if (!type) return std::nullopt;
    std::size_t end = type->rest.find('/');
    while (end != std::string_view::npos && !read_slash_type(type->rest.substr(end + 1))) {
      end = type->rest.find('/', end + 1);
    }
    end = std::min(end, type->rest.size());
    if (has_plus_type(type->rest.substr(0, end))) return std::nullopt;
    auto attribute = make_text_attribute(std::move(type->oid), decode_slash_value(type->rest.substr(0, end)));
    if (!attribute || !is_comparable(*attribute)) return std::nullopt;
    rdns.push_back({std::move(*attribute)});
    text = type->rest.substr(end);
  }
  return rdns;
}

std::string_view without_label(std::string_view text) {
  for (const std::string_view label : {"subject", "issuer"}) {
    if (!ascii_iequals(text.substr(0, label.size()), label)) continue;
    const std::string_view rest = trim(text.substr(label.size()));
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) return trim(rest.substr(1));
  }
  return text;
}

}  // namespace

bool runs_downwards(const std::vector<Rdn>& rdns) {
  std::vector<int> depths;
  depths.reserve(rdns.size());
  for (const auto& rdn : rdns) depths.push_back(usual_depth(rdn.front().oid));
  return std::is_sorted(depths.begin(), depths.end()) && depths.front() < depths.back();
}

std::optional<std::string> convert_openssl_name(std::string_view text) {
  text = without_label(trim(text));
  if (text.empty()) return std::nullopt;
  if (text.front() == '/') {
    const auto rdns = parse_slash_form(text);
    if (!rdns) return std::nullopt;
    return render_rdns(*rdns);
  }
  auto parsed = parse_name_text(text, NameSyntax::quoted);
  if (!parsed) return std::nullopt;
  // OpenSSL prints in DER order, RFC 1779 and RFC 2253 in the reverse of it.
  const bool is_der_order = parsed->rdns.size() > 1 && (parsed->is_spaced || runs_downwards(parsed->rdns));
  if (!is_der_order) std::reverse(parsed->rdns.begin(), parsed->rdns.end());
  return render_rdns(parsed->rdns);
}

}  // namespace certbound::x509
