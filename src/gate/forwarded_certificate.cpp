#include "gate/forwarded_certificate.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "gate/forwarded_header.hpp"
#include "http/percent.hpp"

namespace certbound::gate {

namespace {

/// A value that no format reads, so that what is wrong stays wrong.
PresentedCertificate refuse() { return PresentedCertificate::from_pem("no certificate"); }

PresentedCertificate read_escaped_pem(std::string_view text) {
  const auto pem = http::decode_percent(text, http::Plus::plus);  // base64 has pluses
  return pem ? PresentedCertificate::from_pem(*pem) : refuse();
}

/// The octets of RFC 9440 without its colons. A comma, with which Traefik lists the chain behind the leaf, is none of
/// base64: only one certificate is taken.
PresentedCertificate read_base64(std::string_view text) {
  return PresentedCertificate::from_client_cert(":" + std::string{text} + ":");
}

/// One `key=value` of an element of X-Forwarded-Client-Cert.
struct Pair {
  std::string_view key;
  std::string value;
};

/// Takes a pair off `rest`; what follows it is left, with its separator. A value in quotes may hold separators, and a
/// backslash before a quote.
std::optional<Pair> take_pair(std::string_view& rest) {
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Pair pair{rest.substr(0, equals), {}};
  if (pair.key.find_first_of(";,\"") != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(equals + 1);
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find_first_of(";,"), rest.size());
    pair.value = rest.substr(0, end);
    if (pair.value.find('"') != std::string::npos) return std::nullopt;
    rest.remove_prefix(end);
    return pair;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return pair;
    }
    if (rest[i] == '\\' && ++i == rest.size()) return std::nullopt;
    pair.value.push_back(rest[i]);
  }
  return std::nullopt;
}

/// Of several elements each is a proxy on the way, and which of them is to be believed nothing says.
PresentedCertificate read_xfcc(std::string_view text) {
  std::optional<std::string> certificate;
  for (;;) {
    auto pair = take_pair(text);
    if (!pair) return refuse();
    if (ascii_iequals(pair->key, "cert")) {
      if (certificate) return refuse();
      certificate = std::move(pair->value);
    }
    if (text.empty()) break;
    if (text.front() != ';') return refuse();
    text.remove_prefix(1);
  }
  return certificate ? read_escaped_pem(*certificate) : refuse();
}

}  // namespace

std::string_view usual_header(CertificateFormat format) {
  switch (format) {
    case CertificateFormat::rfc9440:
      return "client-cert";
    case CertificateFormat::nginx:
      return "x-ssl-client-cert";
    case CertificateFormat::base64:
      return "x-forwarded-tls-client-cert";
    case CertificateFormat::xfcc:
      return "x-forwarded-client-cert";
  }
  return {};
}

PresentedCertificate read_forwarded_certificate(const http::Request& request, std::string_view name,
                                                CertificateFormat format) {
  const auto found = find_forwarded(request, name);
  if (!found) return refuse();
  const std::optional<std::string_view>& value = *found;
  if (!value || value->empty()) return PresentedCertificate::none();
  switch (format) {
    case CertificateFormat::rfc9440:
      return PresentedCertificate::from_client_cert(*value);
    case CertificateFormat::nginx:
      return read_escaped_pem(*value);
    case CertificateFormat::base64:
      return read_base64(*value);
    case CertificateFormat::xfcc:
      return read_xfcc(*value);
  }
  return refuse();
}

}  // namespace certbound::gate
