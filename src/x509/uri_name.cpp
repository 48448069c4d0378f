#include <algorithm>

#include "base/text.hpp"
#include "x509/string_prep.hpp"
#include "x509/subject_alt_name.hpp"

namespace certbound::x509 {

namespace {

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || std::string_view{"-._~"}.find(c) != std::string_view::npos;
}
bool is_reserved(char c) { return std::string_view{":/?#[]@!$&'()*+,;="}.find(c) != std::string_view::npos; }

/// Schemes whose normal form has no default port and "/" for the empty path (RFC 3986 section 6.2.3, RFC 5280
/// section 7.4).
struct SchemePort {
  std::string_view scheme;
  std::string_view port;
};
constexpr SchemePort kSchemePorts[] = {{"http", "80"}, {"https", "443"}, {"ftp", "21"}, {"ldap", "389"}};

const SchemePort* find_scheme(std::string_view scheme) {
  const auto* const found = std::find_if(std::begin(kSchemePorts), std::end(kSchemePorts),
                                         [scheme](const SchemePort& row) { return row.scheme == scheme; });
  return found == std::end(kSchemePorts) ? nullptr : found;
}

/// RFC 3986 sections 6.2.2.1 and 6.2.2.2: unreserved characters decoded, other triplets in upper case. Nothing where a
/// character may not stand in a URI.
std::optional<std::string> normalize_percent(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!is_unreserved(text[i]) && !is_reserved(text[i])) return std::nullopt;
      out.push_back(text[i]);
      continue;
    }
    const auto octet = hex_decode(text.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    i += 2;
    const char decoded = static_cast<char>(octet->front());
    if (is_unreserved(decoded)) {
      out.push_back(decoded);
    } else {
      out.push_back('%');
      out.push_back(kDigits[octet->front() >> 4U]);
      out.push_back(kDigits[octet->front() & 15U]);
    }
  }
  return out;
}

/// Lower case but for the digits of percent-encoded triplets.
std::string lower_host(std::string_view host) {
  std::string out;
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      out += host.substr(i, 3);
      i += 2;
    } else {
      out.push_back(ascii_lower(host[i]));
    }
  }
  return out;
}

/// RFC 3986 section 5.2.4 for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool is_last = i + 1 == segments.size();
    const bool is_up = segments[i] == "..";
    if (is_up && !kept.empty()) kept.pop_back();
    if (!is_up && segments[i] != ".") {
      kept.push_back(segments[i]);
    } else if (is_last) {
      kept.push_back({});
    }
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out.push_back('/');
    out += segment;
  }
  return out.empty() ? "/" : out;
}

/// RFC 3986 section 3.2.2 as far as a host could be read in two ways.
bool is_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.back() == ']' && host.find_first_of("[]", 1) == host.size() - 1;
  return host.find_first_of(":[]@") == std::string_view::npos;
}

/// Nothing where the host is empty for a scheme that needs one, or where the authority is malformed.
std::optional<std::string> normalize_authority(std::string_view authority, const SchemePort* scheme) {
  const std::size_t at = authority.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view{} : authority.substr(0, at + 1);
  std::string_view host = authority.substr(user.size());
  std::string_view port;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (!std::all_of(port.begin(), port.end(), is_ascii_digit)) return std::nullopt;
  if (!is_host(host) || user.find('@') != user.rfind('@') || user.find_first_of("[]") != std::string_view::npos)
    return std::nullopt;
  if (scheme != nullptr && host.empty()) return std::nullopt;
  std::string out{user};
  out += lower_host(host);
  if (port.empty() || (scheme != nullptr && port == scheme->port)) return out;
  return out + ':' + std::string{port};
}

}  // namespace

std::optional<std::string> normalize_uri(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_ascii_letter(uri.front())) return std::nullopt;
  const std::string scheme = ascii_lower(uri.substr(0, colon));
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
  });
  const auto normal = normalize_percent(uri.substr(colon + 1));
  if (!is_scheme || !normal) return std::nullopt;

  // Percent-encoding is normal already, and no reserved character was decoded: the parts are found where they were.
  std::string_view rest = *normal;
  const std::size_t path_end = std::min(rest.find_first_of("?#"), rest.size());
  const std::string_view tail = rest.substr(path_end);
  rest = rest.substr(0, path_end);
  const SchemePort* known = find_scheme(scheme);
  std::string out = scheme + ':';
  const bool has_authority = rest.substr(0, 2) == "//";
  if (known != nullptr && !has_authority) return std::nullopt;
  if (has_authority) {
    rest.remove_prefix(2);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const auto authority = normalize_authority(rest.substr(0, slash), known);
    if (!authority) return std::nullopt;
    out += "//" + *authority;
    rest.remove_prefix(slash);
  }
  std::string path = !rest.empty() && rest.front() == '/' ? remove_dot_segments(rest) : std::string{rest};
  if (path.empty() && known != nullptr) path = "/";
  // `x:/a/..//b` would become `x://b`, in which b is a host.
  if (!has_authority && path.substr(0, 2) == "//") return std::nullopt;
  return out + path + std::string{tail};
}

Result<UriName> parse_uri_name(std::string_view registered) {
  if (registered.empty()) return invalid_input("the URI is empty");
  if (!is_printable_ascii(registered)) {
    return invalid_input("the URI is not ASCII; write the host in its xn-- form and the rest percent-encoded");
  }
  if (registered.find(' ') != std::string_view::npos)
    return invalid_input("the URI holds a blank; write %20 where it is meant");
  auto normalized = normalize_uri(registered);
  if (!normalized) {
    return invalid_input(
        "not an absolute URI (RFC 3986); write for example https://client.example/etl or spiffe://example.org/etl");
  }
  return UriName{std::move(*normalized)};
}

}  // namespace certbound::x509
