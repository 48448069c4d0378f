#pragma once

#include <filesystem>
#include <memory>

#include <openssl/ssl.h>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/handle.hpp"
#include "fetch/response.hpp"
#include "fetch/url.hpp"

namespace certbound::fetch {

using SslHandle = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;

/// TLS 1.2 and 1.3 towards servers: their certificates verify against the CAs of `ca_file`, or the system's where it is
/// empty; no resumption, no renegotiation, ALPN `http/1.1`. These CAs are for outbound connections only, never for
/// clients. Errors: `invalid_request` where the file is unreadable or holds no certificate, so that a bad file never
/// means another set of CAs; `server_error` where OpenSSL refuses a setting.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> make_tls_client_context(const std::filesystem::path& ca_file);

/// One connection's TLS state: sends the host as server name (not an address, RFC 6066 section 3) and accepts a
/// certificate for it alone, valid at `now`. Errors: `server_error`.
[[nodiscard]] Result<SslHandle> make_tls_client(SSL_CTX& context, const Url& url, WallTime now);

/// Why the handshake of `ssl` failed, `otherwise` being what the stream said of it.
[[nodiscard]] Problem handshake_problem(const SSL& ssl, std::string otherwise);

}  // namespace certbound::fetch
