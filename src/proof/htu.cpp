#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "proof/dpop_proof.hpp"

namespace certbound::proof {

namespace {

constexpr std::string_view kSubDelimiters = "!$&'()*+,;=";

enum class Letters : std::uint8_t { as_written, lower_case };

bool is_htu_digit(char c) { return c >= '0' && c <= '9'; }

/// RFC 3986 section 2.3.
bool is_unreserved(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_htu_digit(c) ||
         std::string_view{"-._~"}.find(c) != std::string_view::npos;
}

std::optional<int> hex_value(char c) {
  const char lower = ascii_lower(c);
  if (is_htu_digit(lower)) return lower - '0';
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

/// The octet that the escape at `text[at]` stands for; nothing where none stands there.
std::optional<char> escaped_octet(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return std::nullopt;
  const auto high = hex_value(text[at + 1]);
  const auto low = hex_value(text[at + 2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

void append_upper_escape(std::string& out, char octet) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(octet);
  out += '%';
  out += kDigits[value / 16U];
  out += kDigits[value % 16U];
}

/// RFC 3986 sections 6.2.2.1 and 6.2.2.2: one spelling of each character. Nothing where a character is neither
/// unreserved nor in `others` nor an escape.
std::optional<std::string> normalize_characters(std::string_view text, std::string_view others, Letters letters) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto octet = escaped_octet(text, i);
      if (!octet) return std::nullopt;
      i += 2;
      if (!is_unreserved(*octet)) {
        append_upper_escape(out, *octet);
        continue;
      }
      c = *octet;
    } else if (!is_unreserved(c) && others.find(c) == std::string_view::npos) {
      return std::nullopt;
    }
    out += letters == Letters::lower_case ? ascii_lower(c) : c;
  }
  return out;
}

/// An IPv6 address in its brackets, in the one form that the C library prints.
std::optional<std::string> normalize_v6(std::string_view inner) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  // inet_pton() reads up to the NUL, so none may stand inside.
  if (inner.find('\0') != std::string_view::npos) return std::nullopt;
  if (::inet_pton(AF_INET6, std::string{inner}.c_str(), &address) != 1 ||
      ::inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) {
    return std::nullopt;
  }
  return "[" + std::string{text.data()} + "]";
}

std::optional<std::string> normalize_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    return normalize_v6(host.substr(1, host.size() - 2));
  }
  if (host.empty()) return std::nullopt;
  return normalize_characters(host, kSubDelimiters, Letters::lower_case);
}

/// `:8443`; empty for the scheme's own port and for none at all (RFC 3986 section 6.2.3).
std::optional<std::string> normalize_port(std::string_view text, std::uint16_t own) {
  if (text.empty()) return std::string{};
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port == own ? std::string{} : ":" + std::to_string(port);
}

std::optional<std::string> normalize_authority(std::string_view authority, std::uint16_t own_port) {
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host_end = bracket + 1;
  }
  auto host = normalize_host(authority.substr(0, host_end));
  if (!host) return std::nullopt;
  const std::string_view rest = authority.substr(std::min(host_end, authority.size()));
  if (rest.empty()) return host;
  if (rest.front() != ':') return std::nullopt;
  const auto port = normalize_port(rest.substr(1), own_port);
  if (!port) return std::nullopt;
  return *host + *port;
}

/// RFC 3986 section 5.2.4, of a path that is empty or starts with a slash. Never empty.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    const bool is_up = segment == "/..";
    if (!is_up && segment != "/.") {
      out += segment;
      continue;
    }
    if (is_up) out.resize(out.empty() ? 0 : out.rfind('/'));
    if (path.empty()) out += '/';
  }
  return out.empty() ? "/" : out;
}

/// Query and fragment are not compared, but have to be made of what a URL is made of.
bool is_rest_of_url(std::string_view text) {
  return normalize_characters(text, "!$&'()*+,;=:@/?#", Letters::as_written).has_value();
}

}  // namespace

std::optional<std::string> normalize_htu(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string out = ascii_lower(url.substr(0, colon));
  if (out != "https" && out != "http") return std::nullopt;
  const std::uint16_t own_port = out == "https" ? 443 : 80;

  url.remove_prefix(colon + 3);
  const std::size_t path_start = std::min(url.find_first_of("/?#"), url.size());
  const std::size_t path_end = std::min(url.find_first_of("?#", path_start), url.size());
  // An `@`, which would end user information, is not a character of a host.
  const auto authority = normalize_authority(url.substr(0, path_start), own_port);
  if (!authority || !is_rest_of_url(url.substr(path_end))) return std::nullopt;
  const auto path =
      normalize_characters(url.substr(path_start, path_end - path_start), "!$&'()*+,;=:@/", Letters::as_written);
  if (!path) return std::nullopt;
  return out + "://" + *authority + remove_dot_segments(*path);
}

}  // namespace certbound::proof
