#include "config/check_value.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "fetch/allow_list.hpp"
#include "fetch/url.hpp"
#include "model/ids.hpp"
#include "model/resource.hpp"

namespace certbound::config {

namespace {

constexpr std::size_t kLongestUri = 2048;
constexpr std::size_t kLongestName = 255;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// RFC 3986 section 2.3 and 2.2: pchar without percent-encoding.
bool is_path_character(char c) { return is_alphanumeric(c) || is_one_of(c, "-._~!$&'()*+,;=:@"); }

std::optional<int> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > 65535) return std::nullopt;
  return port;
}

bool is_ip(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  return ::inet_pton(family, std::string{text}.c_str(), octets.data()) == 1;
}

/// Labels of letters, digits and inner hyphens (RFC 1123 section 2.1); an IPv4 address is one too.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; })) return false;
  }
  return true;
}

/// Host and port at the start of a URI behind its scheme; takes them off `text`.
bool take_authority(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, end);
  text.remove_prefix(end);
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  if (authority.starts_with('[') && host_end == std::string_view::npos) return false;
  const std::size_t colon = authority.find(':', host_end == std::string_view::npos ? 0 : host_end);
  const std::string_view host = authority.substr(0, colon);
  if (colon != std::string_view::npos && parse_port(authority.substr(colon + 1)).value_or(0) == 0) return false;
  if (host.starts_with('[')) return host.ends_with(']') && is_ip(AF_INET6, host.substr(1, host.size() - 2));
  return is_host_name(host);
}

struct Address {
  std::string_view host;
  bool is_v6 = false;
  int port = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool is_v6 = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (is_v6) host = host.substr(1, host.size() - 2);
  if (!is_ip(is_v6 ? AF_INET6 : AF_INET, host)) return std::nullopt;
  return Address{host, is_v6, *port};
}

constexpr std::string_view kAddressAdvice = "write IP:PORT, for example 0.0.0.0:8443 or [::1]:8443";

}  // namespace

std::string check_issuer(std::string_view text) {
  constexpr std::string_view kAdvice = "write https://HOST[:PORT][/PATH]";
  std::string_view rest = text;
  if (text.find_first_of("?#") != std::string_view::npos) {
    return "has a query or fragment, which an issuer must not (RFC 8414 section 2); " + std::string{kAdvice};
  }
  if (!rest.starts_with("https://")) return "is no https URL; " + std::string{kAdvice};
  rest.remove_prefix(8);
  if (text.size() > kLongestUri || !take_authority(rest)) return "has no valid host and port; " + std::string{kAdvice};
  if (rest.empty()) return {};
  if (rest.ends_with('/')) return "ends with a slash; remove it, for the issuer is compared as text";
  for (const std::string_view segment : split(rest.substr(1), '/')) {
    const bool is_plain = std::all_of(segment.begin(), segment.end(), is_path_character);
    if (segment.empty() || segment == "." || segment == ".." || !is_plain) {
      return "has a path with an empty or dot segment or a character that is not plain; " + std::string{kAdvice};
    }
  }
  return {};
}

std::string check_origin(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    if (take_authority(rest) && rest.empty()) return {};
  }
  return "is no https origin; write https://HOST[:PORT], without a path";
}

std::string check_address(std::string_view text) {
  if (parse_address(text)) return {};
  return "is no address to listen on; " + std::string{kAddressAdvice};
}

std::string check_address_or_none(std::string_view text) {
  if (text == "none" || parse_address(text)) return {};
  return "is no address to listen on; " + std::string{kAddressAdvice} + ", or none";
}

std::string check_resource_identifier(std::string_view text) {
  constexpr std::string_view kAdvice = "write an absolute URI, for example https://api.example.com";
  if (text.find('#') != std::string_view::npos) {
    return "has a fragment, which a resource identifier must not (RFC 8707 section 2); remove it";
  }
  if (!model::has_uri_scheme(text)) return "is no absolute URI; " + std::string{kAdvice};
  const bool has_only_uri_characters =
      std::all_of(text.begin(), text.end(), [](char c) { return is_path_character(c) || is_one_of(c, "/?%[]"); });
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (!hex_decode(text.substr(i + 1, 2)) || i + 2 >= text.size()) return "has a % without two hex digits; write %25";
  }
  if (!has_only_uri_characters || text.size() > kLongestUri) return "is no URI (RFC 3986); " + std::string{kAdvice};
  return {};
}

std::string check_scope_token(std::string_view text) {
  const auto scope = model::Scope::parse(text);
  if (scope && scope->tokens().size() == 1 && scope->tokens().front() == text) return {};
  return "is no scope token (RFC 6749 section 3.3); write one word without blanks, quotes and backslashes";
}

std::string check_scope(std::string_view text) {
  const auto scope = model::Scope::parse(text);
  if (scope && !scope->is_empty()) return {};
  return "is no scope (RFC 6749 section 3.3); write scope tokens with a blank between them";
}

std::string check_client_id(std::string_view text) {
  if (model::ClientId::parse(text)) return {};
  return "is no client identifier (RFC 6749 appendix A.1); write 1 to 255 printable ASCII characters";
}

std::string check_display_name(std::string_view text) {
  if (text.size() <= kLongestName) return {};
  return "is too long; write up to 255 octets";
}

std::string check_store_name(std::string_view text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || is_one_of(c, "._-"); });
  if (!text.empty() && text.size() <= 64 && is_plain) return {};
  return "is no name of a trust store; write 1 to 64 letters, digits, dots, underscores and hyphens";
}

namespace {

/// Without the parser's own `URL: `.
std::string describe_unfetchable(const Error& error) {
  constexpr std::string_view kPrefix = "URL: ";
  const std::string_view detail = error.detail;
  return "cannot be fetched: " + std::string{detail.substr(detail.starts_with(kPrefix) ? kPrefix.size() : 0)};
}

}  // namespace

std::string check_crl_url(std::string_view text) {
  const auto url = fetch::parse_url(text);
  if (url) return {};
  return describe_unfetchable(url.error()) + "; write http(s)://HOST[:PORT]/PATH, or a file";
}

std::string check_jwks_uri(std::string_view text) {
  const auto url = fetch::parse_url(text);
  if (!url) return describe_unfetchable(url.error()) + "; write https://HOST[:PORT]/PATH";
  if (url->scheme == fetch::Scheme::https) return {};
  return "is not https; whoever can change the answer could become this client, write https://HOST[:PORT]/PATH";
}

std::string check_fetch_host(std::string_view text) {
  if (fetch::AllowList::parse({std::string{text}})) return {};
  return "is no host; write for example jwks.example.com, 10.0.0.5:8443 or [fd00::5]:8443, without scheme and path";
}

std::optional<std::string> canonical_address(std::string_view text) {
  const auto address = parse_address(text);
  if (!address || address->port == 0) return std::nullopt;
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  if (::inet_pton(address->is_v6 ? AF_INET6 : AF_INET, std::string{address->host}.c_str(), octets.data()) != 1) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (::inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, octets.data(), name.data(), name.size()) == nullptr) {
    return std::nullopt;
  }
  return std::string{name.data()} + " " + std::to_string(address->port);
}

}  // namespace certbound::config
