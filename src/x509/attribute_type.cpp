#include "x509/attribute_type.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/text.hpp"

namespace certbound::x509 {

namespace {

struct AttributeKeyword {
  std::string_view keyword;
  std::string_view oid;
};

/// The first row of an OID is the name that messages use; `SN` is the surname and never serialNumber.
constexpr AttributeKeyword kKeywords[] = {
    {"CN", kCommonNameOid},
    {"L", "2.5.4.7"},
    {"ST", "2.5.4.8"},
    {"O", "2.5.4.10"},
    {"OU", "2.5.4.11"},
    {"C", "2.5.4.6"},
    {"STREET", "2.5.4.9"},
    {"DC", kDomainComponentOid},
    {"UID", "0.9.2342.19200300.100.1.1"},
    {"commonName", kCommonNameOid},
    {"localityName", "2.5.4.7"},
    {"stateOrProvinceName", "2.5.4.8"},
    {"organizationName", "2.5.4.10"},
    {"organizationalUnitName", "2.5.4.11"},
    {"countryName", "2.5.4.6"},
    {"streetAddress", "2.5.4.9"},
    {"domainComponent", kDomainComponentOid},
    {"userId", "0.9.2342.19200300.100.1.1"},
    {"emailAddress", kEmailAddressOid},
    {"E", kEmailAddressOid},
    {"email", kEmailAddressOid},
    {"surname", "2.5.4.4"},
    {"SN", "2.5.4.4"},
    {"serialNumber", "2.5.4.5"},
    {"title", "2.5.4.12"},
    {"description", "2.5.4.13"},
    {"businessCategory", "2.5.4.15"},
    {"postalCode", "2.5.4.17"},
    {"postOfficeBox", "2.5.4.18"},
    {"telephoneNumber", "2.5.4.20"},
    {"name", "2.5.4.41"},
    {"givenName", "2.5.4.42"},
    {"GN", "2.5.4.42"},
    {"initials", "2.5.4.43"},
    {"generationQualifier", "2.5.4.44"},
    {"x500UniqueIdentifier", "2.5.4.45"},
    {"dnQualifier", "2.5.4.46"},
    {"houseIdentifier", "2.5.4.51"},
    {"pseudonym", "2.5.4.65"},
    {"organizationIdentifier", "2.5.4.97"},
    {"unstructuredName", "1.2.840.113549.1.9.2"},
    {"jurisdictionL", "1.3.6.1.4.1.311.60.2.1.1"},
    {"jurisdictionLocalityName", "1.3.6.1.4.1.311.60.2.1.1"},
    {"jurisdictionST", "1.3.6.1.4.1.311.60.2.1.2"},
    {"jurisdictionStateOrProvinceName", "1.3.6.1.4.1.311.60.2.1.2"},
    {"jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"},
    {"jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3"},
};

/// The keywords of RFC 4514 section 3 are the first nine rows.
constexpr std::size_t kStandardKeywords = 9;

struct UsualDepth {
  std::string_view oid;
  int depth;
};
constexpr UsualDepth kUsualDepths[] = {{"2.5.4.6", 0},       {kDomainComponentOid, 0}, {"2.5.4.8", 1},
                                       {"2.5.4.7", 2},       {"2.5.4.9", 3},           {"2.5.4.17", 3},
                                       {"2.5.4.10", 4},      {"2.5.4.97", 5},          {"2.5.4.11", 6},
                                       {kCommonNameOid, 8},  {"2.5.4.5", 9},           {"0.9.2342.19200300.100.1.1", 9},
                                       {kEmailAddressOid, 9}};

struct KnownEncoding {
  std::string_view der;
  std::string_view oid;
};
constexpr KnownEncoding kKnownEncodings[] = {
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", kDomainComponentOid},
    {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "0.9.2342.19200300.100.1.1"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", kEmailAddressOid},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::string_view> find_attribute_oid(std::string_view keyword) {
  for (const auto& row : kKeywords) {
    if (ascii_iequals(row.keyword, keyword)) return row.oid;
  }
  return std::nullopt;
}

std::string_view nearest_attribute_keyword(std::string_view keyword) {
  // `S` is what Microsoft's tools print for a state.
  if (ascii_iequals(keyword, "S")) return "ST";
  std::vector<std::string> lower;
  for (const auto& row : kKeywords) lower.push_back(ascii_lower(row.keyword));
  const std::string_view found = nearest(ascii_lower(keyword), {lower.begin(), lower.end()});
  for (const auto& row : kKeywords) {
    if (!found.empty() && ascii_iequals(row.keyword, found)) return row.keyword;
  }
  return {};
}

std::string_view rfc4514_keyword(std::string_view oid) {
  for (std::size_t i = 0; i < kStandardKeywords; ++i) {
    if (kKeywords[i].oid == oid) return kKeywords[i].keyword;
  }
  return {};
}

std::string_view attribute_name(std::string_view oid) {
  for (const auto& row : kKeywords) {
    if (row.oid == oid) return row.keyword;
  }
  return oid;
}

bool is_dotted_oid(std::string_view text) {
  if (text.size() > 256) return false;
  const auto arcs = split(text, '.');
  const bool are_numbers = std::all_of(arcs.begin(), arcs.end(), [](std::string_view arc) {
    return !arc.empty() && std::all_of(arc.begin(), arc.end(), is_digit) && (arc.size() == 1 || arc.front() != '0');
  });
  if (!are_numbers || arcs.size() < 2 || arcs[0].size() != 1 || arcs[0] > "2") return false;
  return arcs[0] == "2" || arcs[1].size() == 1 || (arcs[1].size() == 2 && arcs[1] < "40");
}

std::optional<std::string> dotted_oid(const ASN1_OBJECT& object) {
  // Names are read on the token path: what is in almost every name does not go through OBJ_obj2txt.
  const std::size_t size = OBJ_length(&object);
  const unsigned char* octets = OBJ_get0_data(&object);
  if (size == 3 && octets[0] == 0x55 && octets[1] == 0x04 && octets[2] < 0x80) {
    return "2.5.4." + std::to_string(octets[2]);
  }
  const auto is_same = [&](const KnownEncoding& known) {
    return std::equal(known.der.begin(), known.der.end(), octets, octets + size,
                      [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  };
  for (const auto& known : kKnownEncodings) {
    if (is_same(known)) return std::string{known.oid};
  }
  std::array<char, 257> text{};
  const int length = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), &object, 1);
  if (length <= 0 || static_cast<std::size_t>(length) >= text.size()) {
    ERR_clear_error();
    return std::nullopt;
  }
  return std::string{text.data()};
}

int usual_depth(std::string_view oid) {
  for (const auto& row : kUsualDepths) {
    if (row.oid == oid) return row.depth;
  }
  return 7;
}

}  // namespace certbound::x509
