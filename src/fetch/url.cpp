#include "fetch/url.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/text.hpp"

namespace certbound::fetch {

namespace {

constexpr std::size_t kMaximumUrlBytes = 2048;
constexpr std::size_t kMaximumHostBytes = 253;
constexpr std::size_t kMaximumLabelBytes = 63;

bool is_url_digit(char c) { return c >= '0' && c <= '9'; }
bool is_url_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_url_hex(char c) { return is_url_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

Error url_error(std::string what) { return invalid_input("URL: " + std::move(what)); }

/// The number of a label that a resolver could take for part of an address: decimal, or hexadecimal after `0x`.
bool is_number(std::string_view label) {
  if (std::all_of(label.begin(), label.end(), is_url_digit)) return true;
  return label.starts_with("0x") && std::all_of(label.begin() + 2, label.end(), is_url_hex);
}

bool is_label(std::string_view label) {
  const auto is_permitted = [](char c) { return is_url_letter(c) || is_url_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kMaximumLabelBytes && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_permitted);
}

struct ParsedHost {
  std::string text;
  bool is_literal = false;
};

Result<ParsedHost> parse_v6_host(std::string_view inner) {
  if (inner.find('%') != std::string_view::npos) return url_error("an IPv6 address with a zone is not reachable");
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v6(std::string{inner}, error);
  if (error) return url_error("what stands in brackets is not an IPv6 address");
  return ParsedHost{address.to_string(), true};
}

/// Four decimal numbers; a leading zero would be octal for some.
bool is_dotted_v4(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           int number = 0;
           const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
           const bool is_whole = error == std::errc{} && end == part.data() + part.size();
           return is_whole && number <= 255 && (part.size() == 1 || part.front() != '0') && is_url_digit(part.front());
         });
}

Result<ParsedHost> parse_host_part(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return url_error("a bracket is not closed");
    return parse_v6_host(text.substr(1, text.size() - 2));
  }
  std::string host = ascii_lower(text);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty()) return url_error("there is no host");
  if (host.size() > kMaximumHostBytes) return url_error("the host is too long");
  const auto labels = split(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_label)) {
    return url_error("the host is not a name of letters, digits and hyphens; write other scripts as xn--");
  }
  if (!is_number(labels.back())) return ParsedHost{std::move(host), false};
  if (!is_dotted_v4(host)) return url_error("the host is a number, but not an IPv4 address as 192.0.2.1");
  return ParsedHost{std::move(host), true};
}

/// RFC 3986 section 3.3 and 3.4: what path and query are made of.
bool is_target(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c == '%') {
      if (i + 2 >= target.size() || !is_url_hex(target[i + 1]) || !is_url_hex(target[i + 2])) return false;
      i += 2;
    } else if (!is_url_letter(c) && !is_url_digit(c) &&
               std::string_view{"-._~!$&'()*+,;=:@/?"}.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return url_error("the port is not a number from 1 to 65535");
  }
  return port;
}

Result<void> parse_authority(std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) return url_error("a user name or password is not permitted");
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    host_end = bracket == std::string_view::npos ? bracket : bracket + 1;
  }
  auto host = parse_host_part(authority.substr(0, host_end));
  if (!host) return std::move(host).error();
  url.host = std::move(host->text);
  url.is_literal = host->is_literal;
  if (host_end == std::string_view::npos || host_end == authority.size()) return {};
  if (authority[host_end] != ':') return url_error("something stands between the host and the port");
  const auto port = parse_port(authority.substr(host_end + 1));
  if (!port) return port.error();
  url.port = *port;
  return {};
}

std::uint16_t default_port(Scheme scheme) { return scheme == Scheme::https ? 443 : 80; }

}  // namespace

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaximumUrlBytes) return url_error("longer than 2048 octets");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return url_error("not an absolute http or https URL");
  const std::string scheme = ascii_lower(text.substr(0, colon));
  if (scheme != "https" && scheme != "http") return url_error("the scheme is neither https nor http");

  Url url;
  url.scheme = scheme == "https" ? Scheme::https : Scheme::http;
  url.port = default_port(url.scheme);
  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return url_error("a fragment is not permitted");
  const std::size_t target = rest.find_first_of("/?");
  if (auto done = parse_authority(rest.substr(0, target), url); !done) return std::move(done).error();
  rest = target == std::string_view::npos ? std::string_view{} : rest.substr(target);
  if (!is_target(rest)) return url_error("path or query hold a character that has to be percent-encoded");
  url.target = rest.starts_with('/') ? std::string{rest} : "/" + std::string{rest};
  return url;
}

std::string render_authority(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  std::string text = is_v6 ? "[" + url.host + "]" : url.host;
  if (url.port != default_port(url.scheme)) text += ":" + std::to_string(url.port);
  return text;
}

std::string render_for_log(const Url& url) {
  return (url.scheme == Scheme::https ? "https://" : "http://") + render_authority(url) +
         url.target.substr(0, url.target.find('?'));
}

}  // namespace certbound::fetch
