#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace certbound::config {

// Checks of one text. Each says what is wrong and what to write, to be read after the quoted text; empty where the text
// holds. Control characters are refused before (Reader::read_text).

/// An issuer identifier (RFC 8414 section 2): https, host, optionally port and path; no query, no fragment. No slash at
/// the end, no empty, `.` or `..` segment and no percent-encoding, so that one issuer has one spelling.
[[nodiscard]] std::string check_issuer(std::string_view text);

/// An https origin: scheme, host, optionally port.
[[nodiscard]] std::string check_origin(std::string_view text);

/// `IP:port` or `[IPv6]:port`; no host name.
[[nodiscard]] std::string check_address(std::string_view text);
/// The same or `none`.
[[nodiscard]] std::string check_address_or_none(std::string_view text);

/// An absolute URI without fragment (RFC 8707 section 2).
[[nodiscard]] std::string check_resource_identifier(std::string_view text);

/// One scope token (RFC 6749 section 3.3).
[[nodiscard]] std::string check_scope_token(std::string_view text);
/// Space-delimited scope tokens.
[[nodiscard]] std::string check_scope(std::string_view text);

/// RFC 6749 appendix A.1.
[[nodiscard]] std::string check_client_id(std::string_view text);

/// Up to 255 octets.
[[nodiscard]] std::string check_display_name(std::string_view text);

/// 1 to 64 letters, digits, dots, underscores and hyphens.
[[nodiscard]] std::string check_store_name(std::string_view text);

/// An http or https URL of a CRL, as fetch::parse_url() takes it.
[[nodiscard]] std::string check_crl_url(std::string_view text);

/// `jwks_uri`: the same, https only.
[[nodiscard]] std::string check_jwks_uri(std::string_view text);

/// An entry of `fetch.allow` (fetch::AllowList).
[[nodiscard]] std::string check_fetch_host(std::string_view text);

/// The text under which two addresses are the same, or nothing where the port is 0 (any free one).
[[nodiscard]] std::optional<std::string> canonical_address(std::string_view text);

}  // namespace certbound::config
