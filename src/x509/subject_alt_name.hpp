#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <openssl/x509.h>

#include "base/base64url.hpp"
#include "base/result.hpp"
#include "model/client.hpp"

namespace certbound::x509 {

/// A dNSName in lower-case A-label form.
struct DnsName {
  std::string text;
  [[nodiscard]] bool operator==(const DnsName&) const = default;
};

/// A URI after RFC 3986 syntax normalisation (sections 6.2.2 and 6.2.3), with the default ports and the empty path of
/// http, https, ftp and ldap (RFC 5280 section 7.4).
struct UriName {
  std::string normalized;
  [[nodiscard]] bool operator==(const UriName&) const = default;
};

/// 4 or 16 octets; an IPv4 address and its IPv6 mapping are two addresses.
struct IpAddress {
  Bytes octets;
  [[nodiscard]] bool operator==(const IpAddress&) const = default;
};

/// An rfc822Name: local part as it is, domain in lower-case A-label form (RFC 5280 section 7.5).
struct EmailAddress {
  std::string local;
  std::string domain;
  [[nodiscard]] bool operator==(const EmailAddress&) const = default;
};

/// One entry of a certificate's subjectAltName.
struct SubjectAltName {
  /// In the form in which it is compared; nothing where it can equal no registered value (another type, a URI without a
  /// scheme, …).
  std::variant<std::monostate, DnsName, UriName, IpAddress, EmailAddress> value;
  /// The registration field that reads entries of this type; nothing for the other types.
  std::optional<model::SubjectField> field;
  std::string text;  ///< for people: as in the certificate; for other types with a prefix, `other:<oid>`
};

/// Every entry of the certificate's subjectAltName, read by its ASN.1 type and never as rendered text; empty where it
/// has none. Errors: `invalid_client` with Reason::certificate_unusable where the extension stands twice or does not
/// parse, where a dNSName, URI or rfc822Name is empty or holds NUL, another control character or an octet above 0x7E,
/// and where an iPAddress has neither 4 nor 16 octets: then no entry counts.
[[nodiscard]] Result<std::vector<SubjectAltName>> read_subject_alt_names(const X509& certificate);

// Registered values. Errors: `invalid_request`, `detail` says what is wrong and what to write.

/// A whole host name. U-labels are converted as IDNA2003 says (libidn); the four characters that IDNA2008 treats
/// otherwise are refused, so that it cannot matter. `*` is a literal. A leading or trailing dot, a URL, a port, an IP
/// address are errors.
[[nodiscard]] Result<DnsName> parse_dns_name(std::string_view registered);

/// An absolute URI in ASCII (RFC 3986).
[[nodiscard]] Result<UriName> parse_uri_name(std::string_view registered);

/// Four decimal numbers, or IPv6 text (RFC 4291 section 2.2) without brackets, zone and prefix length.
[[nodiscard]] Result<IpAddress> parse_ip_address(std::string_view registered);

/// `local@domain`; the local part is ASCII.
[[nodiscard]] Result<EmailAddress> parse_email_address(std::string_view registered);

/// The normal form of a URI, or nothing where `uri` is not an absolute URI of RFC 3986 or has no safe normal form.
[[nodiscard]] std::optional<std::string> normalize_uri(std::string_view uri);

/// `10.0.0.1`, `2001:db8::1` (RFC 5952).
[[nodiscard]] std::string render_ip_address(ByteView octets);

}  // namespace certbound::x509
