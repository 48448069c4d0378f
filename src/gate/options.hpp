#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "certbound/token_verifier.hpp"

namespace certbound::gate {

/// How a proxy hands on the certificate that its client presented.
enum class CertificateFormat : std::uint8_t {
  rfc9440,  ///< `Client-Cert: :base64 of the DER:` (RFC 9440)
  nginx,    ///< PEM, percent-encoded: `$ssl_client_escaped_cert`
  base64,   ///< base64 of the DER and nothing else: PEM without its lines and delimiters, as Traefik writes it
  xfcc,     ///< `Cert="…"` of Envoy's X-Forwarded-Client-Cert: PEM, percent-encoded, in one element
};

/// The header that carries it where the configuration names none, in lower case.
[[nodiscard]] std::string_view usual_header(CertificateFormat format);

/// The same of the method and the URI of the client's request.
inline constexpr std::string_view kMethodHeader = "x-original-method";
inline constexpr std::string_view kUriHeader = "x-original-uri";

/// One entry of `verifiers`: where proxies ask whether a request may pass.
struct Options {
  Options() = default;

  std::string address;                         ///< `unix:` and an absolute path, or IP:port, [IPv6]:port
  unsigned socket_mode = 0660;                 ///< of a Unix socket: who may connect may ask
  std::vector<std::filesystem::path> proxies;  ///< PEM; of IP:port: the certificates that may ask, and no others
  std::string audience;                        ///< the resource behind the proxy
  CertificateFormat certificate_format = CertificateFormat::rfc9440;
  std::string certificate_header;  ///< lower case; empty: usual_header()
  std::string scope;               ///< tokens with blanks between them, which every request needs
  Binding binding = Binding::required;
  std::vector<std::string> dpop_algorithms;  ///< of proofs: what the token endpoint takes; empty: the library's

  /// The https origin under which clients reach the API: what DPoP proofs are made for. Empty: no proof is looked at,
  /// so tokens that are bound to a DPoP key are refused.
  std::string url;
  std::string method_header;  ///< lower case: the method of the client's request; empty: kMethodHeader
  std::string uri_header;     ///< lower case: its path, with the query or without; empty: kUriHeader

  [[nodiscard]] bool is_local() const { return address.starts_with("unix:"); }
};

}  // namespace certbound::gate
