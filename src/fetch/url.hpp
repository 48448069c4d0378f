#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace certbound::fetch {

enum class Scheme : std::uint8_t { http, https };

/// An absolute http or https URL, taken apart.
struct Url {
  Scheme scheme = Scheme::https;
  std::string host;         ///< lower case, no final dot; of an IPv6 literal without the brackets, in RFC 5952 form
  bool is_literal = false;  ///< `host` is an IP address
  std::uint16_t port = 443;
  std::string target;  ///< path and query as they were written, at least `/`
};

/// A strict subset of RFC 3986: `http` or `https`, a host name of DNS labels or an IP address (IPv6 in brackets, no
/// zone identifier), a port from 1 to 65535, a path and a query of the characters that the RFC permits. No userinfo (it
/// would be a secret in a configuration and in logs), no fragment, no white space, at most 2048 octets. A host whose
/// last label is a number must be a dotted IPv4 address of four decimal numbers, since resolvers read `2130706433` and
/// `0x7f.1` as addresses. Errors: `invalid_request`, `detail` says what without repeating the URL.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// `example.com`, `[::1]:8443`: the Host header; the port only where it is not the scheme's.
[[nodiscard]] std::string render_authority(const Url& url);

/// Scheme, host, port and path without the query, which may hold a secret: for logs.
[[nodiscard]] std::string render_for_log(const Url& url);

}  // namespace certbound::fetch
