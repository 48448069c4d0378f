#include "x509/name.hpp"

#include <algorithm>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "x509/attribute_type.hpp"
#include "x509/name_value.hpp"

namespace certbound::x509 {

namespace {

Error unusable_name(std::string detail) {
  return {ErrorCode::invalid_client, Reason::certificate_unusable, "client authentication failed",
          "the certificate's name cannot be used: " + std::move(detail)};
}

Result<NameAttribute> read_entry(const X509_NAME_ENTRY& entry) {
  const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(&entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(&entry);
  if (type == nullptr || value == nullptr) return unusable_name("an attribute is incomplete");
  auto oid = dotted_oid(*type);
  if (!oid) return unusable_name("an attribute type is not an object identifier");
  auto attribute = make_asn1_attribute(std::move(*oid), *value);
  if (!attribute) return unusable_name(std::move(attribute).error().detail);
  return attribute;
}

/// The SETs of the name's DER. OpenSSL's list of entries does not show an empty one at its end.
std::size_t count_sets(const X509_NAME& name) {
  const unsigned char* at = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(&name, &at, &size) != 1) return 0;
  const unsigned char* const end = at + size;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  std::size_t count = 0;
  // The SEQUENCE around them; what is in it OpenSSL has parsed.
  ASN1_get_object(&at, &length, &tag, &tag_class, static_cast<long>(size));
  while (at < end && (ASN1_get_object(&at, &length, &tag, &tag_class, end - at) & 0x80) == 0) {
    at += length;
    ++count;
  }
  return count;
}

bool is_comparable_name(const std::vector<Rdn>& rdns) {
  return !rdns.empty() && std::all_of(rdns.begin(), rdns.end(), [](const Rdn& rdn) {
    return std::all_of(rdn.begin(), rdn.end(), is_comparable);
  });
}

std::string canonical_rdn(const Rdn& rdn) {
  std::vector<std::string> attributes;
  attributes.reserve(rdn.size());
  for (const auto& attribute : rdn) attributes.push_back(canonical_attribute(attribute));
  std::sort(attributes.begin(), attributes.end());
  std::string out;
  for (const auto& attribute : attributes) {
    if (!out.empty()) out.push_back('+');
    out += attribute;
  }
  return out;
}

std::vector<std::string> sorted_canonical_rdns(const std::vector<Rdn>& rdns) {
  std::vector<std::string> out;
  out.reserve(rdns.size());
  for (const auto& rdn : rdns) out.push_back(canonical_rdn(rdn));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

Result<Name> Name::from_x509(const X509_NAME& name) {
  std::vector<Rdn> rdns;
  const int count = X509_NAME_entry_count(&name);
  int last_set = -1;
  for (int i = 0; i < count; ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(&name, i);
    auto attribute = read_entry(*entry);
    if (!attribute) return std::move(attribute).error();
    const int set = X509_NAME_ENTRY_set(entry);
    // A gap is an empty SET, which RFC 5280 does not permit and which would shift the positions.
    if (set != last_set && set != last_set + 1) return unusable_name("an RDN is empty");
    if (set != last_set) rdns.emplace_back();
    last_set = set;
    rdns.back().push_back(std::move(*attribute));
  }
  if (count_sets(name) != rdns.size()) return unusable_name("an RDN is empty");
  return Name{std::move(rdns)};
}

std::string Name::canonical() const {
  if (!is_comparable_name(rdns_)) return {};
  std::string out;
  for (const auto& rdn : rdns_) {
    if (!out.empty()) out.push_back(',');
    out += canonical_rdn(rdn);
  }
  return out;
}

NameMatch compare_names(const Name& registered, const Name& presented) {
  const auto& a = registered.rdns();
  const auto& b = presented.rdns();
  if (a.empty() || a.size() != b.size()) return NameMatch::different;
  if (std::equal(a.begin(), a.end(), b.begin(), is_same_rdn)) return NameMatch::equal;
  if (!is_comparable_name(a) || !is_comparable_name(b)) return NameMatch::different;
  return sorted_canonical_rdns(a) == sorted_canonical_rdns(b) ? NameMatch::order_differs : NameMatch::different;
}

}  // namespace certbound::x509
