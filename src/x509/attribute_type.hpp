#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <openssl/asn1.h>

namespace certbound::x509 {

/// The dotted OID of an attribute keyword in any case: the nine of RFC 4514 section 3, the names of RFC 4519 and X.520,
/// and the short names that OpenSSL and Microsoft print. Nothing for an unknown one.
[[nodiscard]] std::optional<std::string_view> find_attribute_oid(std::string_view keyword);

/// The known keyword that is spelled most like `keyword`, or an empty view.
[[nodiscard]] std::string_view nearest_attribute_keyword(std::string_view keyword);

/// The keyword that every RFC 4514 reader knows, or an empty view where there is none.
[[nodiscard]] std::string_view rfc4514_keyword(std::string_view oid);

/// `CN`, `serialNumber`, `2.999.1`: for messages.
[[nodiscard]] std::string_view attribute_name(std::string_view oid);

/// Dotted decimal of at least two arcs without leading zeros.
[[nodiscard]] bool is_dotted_oid(std::string_view text);

/// Dotted decimal, or nothing where the object is not an OID or is longer than 256 characters.
[[nodiscard]] std::optional<std::string> dotted_oid(const ASN1_OBJECT& object);

inline constexpr std::string_view kCommonNameOid = "2.5.4.3";
inline constexpr std::string_view kDomainComponentOid = "0.9.2342.19200300.100.1.25";
inline constexpr std::string_view kEmailAddressOid = "1.2.840.113549.1.9.1";

/// Where a type usually stands between the country (0) and the person or machine (9).
[[nodiscard]] int usual_depth(std::string_view oid);

}  // namespace certbound::x509
