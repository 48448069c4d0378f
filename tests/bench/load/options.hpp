#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace certbound::load {

/// What one connection is used for.
enum class Mode : std::uint8_t {
  keepalive,       ///< many requests, one after the other
  new_connection,  ///< full handshake, one request, close
  idle,            ///< handshake and one request, then it rests while the server's memory is read
};

/// What must hold for an answer to count, beside a well-formed HTTP response with Options::status and
/// Options::contains.
enum class Check : std::uint8_t {
  none,
  /// An access token that names the client and is bound to the certificate and the DPoP key that the generator has, to
  /// both, or to nothing where it has neither.
  token,
};

/// How the result is printed.
enum class Format : std::uint8_t { text, json };

enum class Transport : std::uint8_t { tls, plain };

/// A loopback address or a Unix socket: the generator loads nobody else's server.
struct Endpoint {
  std::string text;  ///< as given
  std::string ip;    ///< of AF_UNIX: the path
  std::uint16_t port = 0;
  int family = 0;
};

/// A token that requests carry, and the `jti` that answers about it must name; empty where it is not known.
struct Token {
  std::string text;
  std::string id;
};

struct Options {
  Endpoint endpoint;
  Transport transport = Transport::tls;
  std::string host = "localhost";  ///< SNI, the name in the server certificate, the Host field
  std::string path = "/oauth2/token";
  std::string method = "POST";
  // In headers, body and contains `{client_id}` stands for the next of client_ids, `{token}` and `{token_id}` for the
  // next of tokens and its id; in headers and body `{assertion}` and `{proof}` for ones that are made for the request.
  std::vector<std::string> headers;  ///< `Name: value`
  std::string body;
  std::vector<std::string> client_ids;
  std::vector<Token> tokens;
  int status = 200;                   ///< what is expected
  std::vector<std::string> contains;  ///< texts that must stand in every response, header or body
  std::string certificate_file;
  std::string key_file;
  std::string ca_file;
  std::string assertion_key_file;  ///< of client assertions, PEM
  std::string audience;            ///< of client assertions: the server's issuer
  std::string dpop_key_file;       ///< of DPoP proofs, PEM
  Mode mode = Mode::keepalive;
  Check check = Check::none;
  Format format = Format::text;
  std::size_t connections = 16;
  std::size_t threads = 1;
  std::uint64_t requests = 0;  ///< 0: until `duration` is over
  std::chrono::duration<double> duration{5};
  std::uint64_t warmup = 0;  ///< requests before the sample begins
  double rate = 0;           ///< requests per second on a schedule; 0: the next as soon as one is answered
  std::chrono::duration<double> timeout{10};  ///< of one connect, handshake and request together
  std::chrono::duration<double> max_time{120};
  std::vector<pid_t> server_pids;
};

/// Options, or the exit status with which the program ends (0 after --help, 2 for wrong usage, 3 for an unreadable
/// file); what is wrong was printed.
struct ParsedOptions {
  std::optional<Options> options;
  int status = 0;
};
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

/// `127.0.0.1:8443`, `[::1]:8443` or `unix:/path`. Errors: `invalid_request` for anything but a numeric loopback
/// address with a port or an absolute path.
[[nodiscard]] Result<Endpoint> parse_endpoint(const std::string& text);

}  // namespace certbound::load
