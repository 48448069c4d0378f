#include "x509/name_value.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <openssl/asn1t.h>
#include <openssl/err.h>

#include "base/text.hpp"
#include "crypto/handle.hpp"
#include "x509/attribute_type.hpp"
#include "x509/string_prep.hpp"

namespace certbound::x509 {

namespace {

using AnyHandle = std::unique_ptr<ASN1_TYPE, crypto::Deleter<ASN1_TYPE_free>>;

struct StringType {
  int tag;
  std::size_t width;  ///< octets per character, big endian; 0 for UTF-8
  std::uint32_t last_code_point;
};

/// TeletexString is read as Latin-1, as every issuer that still uses it means it.
constexpr StringType kStringTypes[] = {{V_ASN1_UTF8STRING, 0, 0x10ffff}, {V_ASN1_PRINTABLESTRING, 1, 0x7f},
                                       {V_ASN1_IA5STRING, 1, 0x7f},      {V_ASN1_NUMERICSTRING, 1, 0x7f},
                                       {V_ASN1_VISIBLESTRING, 1, 0x7f},  {V_ASN1_TELETEXSTRING, 1, 0xff},
                                       {V_ASN1_BMPSTRING, 2, 0xffff},    {V_ASN1_UNIVERSALSTRING, 4, 0x10ffff}};

const StringType* find_string_type(int tag) {
  for (const auto& type : kStringTypes) {
    if (type.tag == tag) return &type;
  }
  return nullptr;
}

std::optional<std::string> decode_string(const StringType& type, ByteView octets) {
  if (type.width == 0) return std::string{octets.begin(), octets.end()};
  if (octets.size() % type.width != 0) return std::nullopt;
  std::string out;
  out.reserve(octets.size());
  for (std::size_t at = 0; at < octets.size(); at += type.width) {
    std::uint32_t code_point = 0;
    for (std::size_t i = 0; i < type.width; ++i) code_point = code_point << 8U | octets[at + i];
    const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point > type.last_code_point || is_surrogate) return std::nullopt;
    append_utf8(out, code_point);
  }
  return out;
}

ByteView octets_of(const ASN1_STRING& value) {
  return {ASN1_STRING_get0_data(&value), static_cast<std::size_t>(ASN1_STRING_length(&value))};
}

Result<NameAttribute> make_string_attribute(std::string oid, const StringType& type, ByteView octets) {
  auto text = decode_string(type, octets);
  if (!text) return invalid_input("the value of " + std::string{attribute_name(oid)} + " is not a valid ASN.1 string");
  return make_text_attribute(std::move(oid), std::move(*text));
}

Bytes encode_any(const ASN1_TYPE& value) {
  unsigned char* buffer = nullptr;
  const int length = i2d_ASN1_TYPE(&value, &buffer);
  if (length <= 0) {
    ERR_clear_error();
    return {};
  }
  Bytes der{buffer, buffer + length};
  OPENSSL_free(buffer);
  return der;
}

Result<NameAttribute> make_opaque_attribute(std::string oid, Bytes der) {
  if (der.empty()) return invalid_input("the value of " + std::string{attribute_name(oid)} + " cannot be encoded");
  NameAttribute attribute;
  attribute.oid = std::move(oid);
  attribute.der = std::move(der);
  return attribute;
}

}  // namespace

Result<NameAttribute> make_text_attribute(std::string oid, std::string utf8) {
  const bool is_ascii = is_printable_ascii(utf8);
  if (!is_ascii) {
    if (!is_utf8(utf8)) return invalid_input("the value of " + std::string{attribute_name(oid)} + " is not UTF-8");
    if (const auto refused = find_refused_code_point(utf8)) {
      return invalid_input("the value of " + std::string{attribute_name(oid)} + " holds " + code_point_name(*refused) +
                           ", a control or invisible character, which is refused in names");
    }
  }
  NameAttribute attribute;
  attribute.is_string = true;
  attribute.oid = std::move(oid);
  attribute.text = std::move(utf8);
  // RFC 5280 sections 4.1.2.6 and 7.3: these two are ASCII, compared without regard to case.
  const bool must_be_ascii = attribute.oid == kDomainComponentOid || attribute.oid == kEmailAddressOid;
  if (must_be_ascii && !is_ascii) return attribute;
  auto prepared = prepare_case_ignore(attribute.text);
  if (prepared && *prepared != "  ") {
    attribute.prepared = std::move(*prepared);
    attribute.comparable = true;
  }
  return attribute;
}

Result<NameAttribute> make_asn1_attribute(std::string oid, const ASN1_STRING& value) {
  const int tag = ASN1_STRING_type(&value);
  if (const StringType* type = find_string_type(tag))
    return make_string_attribute(std::move(oid), *type, octets_of(value));
  // Of these two an ASN1_TYPE holds no ASN1_STRING. OpenSSL reads neither in a name.
  if (tag == V_ASN1_BOOLEAN || tag == V_ASN1_OBJECT) return make_opaque_attribute(std::move(oid), {});
  const AnyHandle any{ASN1_TYPE_new()};
  if (!any || ASN1_TYPE_set1(any.get(), tag, &value) != 1) {
    return internal_error("a name's value was not copied: " + crypto::take_openssl_errors());
  }
  return make_opaque_attribute(std::move(oid), encode_any(*any));
}

Result<NameAttribute> make_ber_attribute(std::string oid, ByteView ber) {
  const unsigned char* at = ber.data();
  const AnyHandle any{d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(ber.size()))};
  if (!any || at != ber.data() + ber.size()) {
    ERR_clear_error();
    return invalid_input("the octets after '#' are not one complete BER value");
  }
  const StringType* type = find_string_type(ASN1_TYPE_get(any.get()));
  if (type == nullptr) return make_opaque_attribute(std::move(oid), encode_any(*any));
  return make_string_attribute(std::move(oid), *type, octets_of(*any->value.asn1_string));
}

bool is_comparable(const NameAttribute& attribute) { return !attribute.is_string || attribute.comparable; }

bool is_same_attribute(const NameAttribute& a, const NameAttribute& b) {
  if (a.is_string != b.is_string || a.oid != b.oid) return false;
  if (!a.is_string) return a.der == b.der;
  return a.comparable && b.comparable && a.prepared == b.prepared;
}

std::string escape_canonical(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '+' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string canonical_attribute(const NameAttribute& attribute) {
  // Prepared text begins with a blank, so it is never taken for #hex.
  return attribute.oid +
         (attribute.is_string ? "=" + escape_canonical(attribute.prepared) : "=#" + hex_encode(attribute.der));
}

bool is_same_rdn(const Rdn& a, const Rdn& b) {
  if (a.size() == 1 && b.size() == 1) return is_same_attribute(a.front(), b.front());
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(), is_same_attribute);
}

}  // namespace certbound::x509
