// A resource server: HTTPS with mutual TLS. Every request needs an access token that is bound to the certificate of its
// connection (RFC 8705 section 3), to the key of its DPoP proof (RFC 9449 section 7), or to both. See README.md.
#include <certbound/token_verifier.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Stream = beast::ssl_stream<beast::tcp_stream>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::chrono::seconds kPatience{30};
constexpr auto kResume = asio::as_tuple(asio::use_awaitable);

Response make_response(const Request& request, http::status status, std::string body) {
  Response response{status, request.version()};
  response.set(http::field::content_type, "text/plain");
  response.set(http::field::cache_control, "no-store");
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

/// Reading needs one scope, writing another.
std::span<const std::string_view> scopes_for(const Request& request) {
  static constexpr std::string_view kRead[] = {"orders.read"};
  static constexpr std::string_view kWrite[] = {"orders.write"};
  return request.method() == http::verb::get ? kRead : kWrite;
}

/// All of them: that a request has exactly one is the library's to judge.
std::vector<std::string_view> values_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  const auto [first, last] = request.equal_range(name);
  for (auto field = first; field != last; ++field) values.emplace_back(field->value().data(), field->value().size());
  return values;
}

/// What the library has to know of this API: who judges, and where clients call it.
struct Api {
  const certbound::TokenVerifier& verifier;
  std::string origin;  // https://HOST[:PORT] as it is published, never from the request
};

Response refuse(const Request& request, const certbound::Refusal& refusal) {
  std::cerr << "refused: " << certbound::name(refusal.reason) << ": " << refusal.detail << '\n';
  Response response = make_response(request, http::int_to_status(static_cast<unsigned>(refusal.status)), "refused\n");
  if (!refusal.www_authenticate.empty()) response.set(http::field::www_authenticate, refusal.www_authenticate);
  if (!refusal.dpop_nonce.empty()) response.set("DPoP-Nonce", refusal.dpop_nonce);
  return response;
}

Response answer(const Request& request, const Api& api, const certbound::PresentedCertificate& certificate) {
  // A target that is no path has no place behind the origin; then no proof is for it.
  const std::string url = request.target().starts_with('/') ? api.origin + std::string{request.target()} : "";
  // A token in the URL or the body is none.
  const auto authorization = values_of(request, "Authorization");
  const auto dpop = values_of(request, "DPoP");
  const certbound::PresentedRequest presented{request.method_string(), url, authorization, dpop};
  const auto decision = api.verifier.verify_request(presented, certificate, scopes_for(request));
  if (!decision) return refuse(request, decision.refusal());
  return make_response(request, http::status::ok, "orders of " + decision.token().client_id + "\n");
}

asio::awaitable<void> run_session(tcp::socket socket, asio::ssl::context& tls, const Api& api) {
  Stream stream{std::move(socket), tls};
  auto& connection = beast::get_lowest_layer(stream);
  connection.expires_after(kPatience);
  const auto [handshake_error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kResume);
  if (handshake_error) co_return;
  // Once: every request of this connection is judged with the certificate whose key the handshake has proved.
  const auto certificate =
      certbound::PresentedCertificate::from_x509(SSL_get0_peer_certificate(stream.native_handle()));
  beast::flat_buffer buffer{64UL * 1024};
  bool keep_alive = true;
  while (keep_alive) {
    connection.expires_after(kPatience);
    Request request;
    const auto [read_error, read_bytes] = co_await http::async_read(stream, buffer, request, kResume);
    if (read_error) break;
    Response response = answer(request, api, certificate);
    keep_alive = response.keep_alive();
    const auto [write_error, written_bytes] = co_await http::async_write(stream, response, kResume);
    if (write_error) co_return;
  }
  connection.expires_after(kPatience);
  co_await stream.async_shutdown(kResume);
}

void report_end(const std::exception_ptr& failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    std::cerr << "ended: " << exception.what() << '\n';
  }
}

asio::awaitable<void> run_listener(tcp::acceptor& acceptor, asio::ssl::context& tls, const Api& api) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), run_session(std::move(socket), tls, api), &report_end);
  }
}

/// Asks for a certificate and takes any: the handshake proves that the peer has its key, and whether that is enough the
/// token says. A peer without one is heard too, so that it gets an answer.
void configure(asio::ssl::context& tls, const char* certificate_file, const char* key_file) {
  tls.use_certificate_chain_file(certificate_file);
  tls.use_private_key_file(key_file, asio::ssl::context::pem);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
  // A resumed session would carry the identity of another handshake.
  SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(tls.native_handle(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(tls.native_handle(), 0);
}

tcp::endpoint local_endpoint(const std::string& port) {
  const unsigned long number = std::stoul(port);
  if (number > 65535) throw std::out_of_range{port + " is no port"};
  return {asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(number)};
}

int serve(std::span<char*> arguments) {
  certbound::VerifierOptions options;
  options.issuer = arguments[4];
  options.audiences = {arguments[5]};
  options.fetch_keys = certbound::fetch_from_file(arguments[6]);
  const certbound::TokenVerifier verifier{std::move(options)};
  const Api api{verifier, arguments[7]};

  asio::io_context loop{1};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  configure(tls, arguments[2], arguments[3]);
  tcp::acceptor acceptor{loop, local_endpoint(arguments[1])};
  std::cerr << "listening on " << acceptor.local_endpoint() << '\n';
  asio::co_spawn(loop, run_listener(acceptor, tls, api), &report_end);
  asio::signal_set signals{loop, SIGINT, SIGTERM};
  signals.async_wait([&loop](const boost::system::error_code&, int) { loop.stop(); });
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "usage: resource_server PORT CERTIFICATE KEY ISSUER AUDIENCE JWKS-FILE ORIGIN\n";
    return 2;
  }
  try {
    return serve({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& exception) {
    std::cerr << "resource_server: " << exception.what() << '\n';
    return 3;
  }
}
