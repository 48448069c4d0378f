#pragma once

#include <memory>
#include <string>
#include <utility>

#include "http/request.hpp"
#include "unit/verifier/issuer.hpp"

namespace certbound::gate::test {

/// As nginx escapes it: everything but letters, digits and -._~ .
inline std::string escape(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool is_plain = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                          (octet >= 'a' && octet <= 'z') || std::string_view{"-._~"}.find(c) != std::string_view::npos;
    if (is_plain) {
      escaped.push_back(c);
      continue;
    }
    escaped += {'%', kDigits[octet >> 4U], kDigits[octet & 15U]};
  }
  return escaped;
}

/// `pem` without its lines and delimiters.
inline std::string base64_of(const std::string& pem) {
  std::string base64;
  const std::size_t begin = pem.find("-----\n") + 6;
  for (const char c : pem.substr(begin, pem.find("-----END") - begin)) {
    if (c != '\n') base64.push_back(c);
  }
  return base64;
}

/// `pem` as the value of `Client-Cert`.
inline std::string rfc9440(const std::string& pem) { return ":" + base64_of(pem) + ":"; }

inline http::Request make_request(std::vector<http::Header> headers, std::string path = "/verify",
                                  std::string query = "") {
  http::Request request;
  request.method = http::Method::get;
  request.path = std::move(path);
  request.query = std::move(query);
  request.headers = std::move(headers);
  request.id = "request-1";
  auto connection = std::make_shared<http::Connection>();
  connection->peer_address = "unix";
  request.connection = std::move(connection);
  return request;
}

}  // namespace certbound::gate::test
