#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fetch/client.hpp"
#include "support/pki.hpp"
#include "unit/fetch/hostile_server.hpp"

namespace certbound::fetch {

/// Answers from a table, at once, on the caller's thread; `never` is never answered.
class TableResolver final : public Resolver {
 public:
  void resolve(const std::string& host, Done done) override {
    ++calls;
    if (host == "never.test") return;
    Resolution resolution;
    const auto found = table.find(host);
    if (found == table.end()) resolution.error = "no such host";
    if (found != table.end()) {
      for (const std::string& text : found->second) {
        resolution.addresses.push_back(boost::asio::ip::make_address(text));
      }
    }
    done(std::move(resolution));
  }

  std::map<std::string, std::vector<std::string>> table{{"server.test", {"127.0.0.1"}}};
  std::atomic<int> calls{0};
};

/// Until `is_so`, or five seconds.
template <typename Predicate>
bool comes_true(Predicate is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

/// A client that trusts the fixture's CA, knows server.test as 127.0.0.1 and may go there.
class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    std::ofstream{ca_file} << root.certificate.to_pem();
    options.allow = {"server.test", "never.test", "127.0.0.1"};
    options.ca_file = ca_file;
    options.resolve_timeout = std::chrono::milliseconds{500};
    options.connect_timeout = std::chrono::milliseconds{500};
    options.handshake_timeout = std::chrono::milliseconds{500};
  }
  ~FetchTest() override { std::filesystem::remove(ca_file); }

  static test::Identity make_server(const test::Identity& issuer, const std::string& names = "DNS:server.test",
                                    WallTime not_after = test::kNow + std::chrono::hours{24}) {
    test::Shape shape;
    shape.role = x509::CertificateRole::server;
    shape.subject = {{"CN", "server.test"}};
    shape.not_after = not_after;
    shape.extensions = {{"subjectAltName", names}};
    return test::make_identity(shape, &issuer);
  }
  [[nodiscard]] ServerContext server_context() const { return make_server_context(make_server(root)); }

  [[nodiscard]] std::unique_ptr<Client> make_client() {
    auto settings = make_settings(options);
    if (!settings) throw std::runtime_error{settings.error().detail};
    Surroundings surroundings;
    surroundings.clock = [] { return test::kNow; };
    surroundings.resolver = resolver;
    surroundings.random = [] { return 0.0; };
    return std::make_unique<Client>(*std::move(settings), registry, std::move(surroundings));
  }

  static Request request_for(const std::string& url) {
    Request request;
    request.url = url;
    request.timeout = std::chrono::milliseconds{1500};
    request.content_types = {"application/json"};
    return request;
  }
  static Request request_to(const HostileServer& server, const std::string& path = "/") {
    return request_for("https://server.test:" + server.port() + path);
  }

  static std::future<Outcome> begin(Client& client, Request request) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    client.fetch(std::move(request), [promise](const Outcome& outcome) { promise->set_value(outcome); });
    return future;
  }

  /// The outcome, which has to come well within ten times the request's own deadline.
  static Outcome wait_for(std::future<Outcome> future) {
    if (future.wait_for(std::chrono::seconds{5}) != std::future_status::ready) {
      ADD_FAILURE() << "the fetch did not end";
      return {};
    }
    return future.get();
  }

  Outcome fetch(Request request) {
    if (!client) client = make_client();
    return wait_for(begin(*client, std::move(request)));
  }

  /// The outcome of fetching from a TLS server that behaves so.
  Outcome fetch_from(const HostileServer::Behaviour& behaviour) {
    const HostileServer server{server_context(), behaviour};
    return fetch(request_to(server));
  }

  static std::string ok_json(const std::string& body, const std::string& more = "") {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  const std::filesystem::path ca_file =
      std::filesystem::path{testing::TempDir()} / ("certbound_fetch_" + std::to_string(::getpid()) + ".pem");
  const test::Identity root = test::make_root("Fetch Test CA");
  metrics::Registry registry;
  std::shared_ptr<TableResolver> resolver = std::make_shared<TableResolver>();
  Options options;
  std::unique_ptr<Client> client;
};

}  // namespace certbound::fetch
