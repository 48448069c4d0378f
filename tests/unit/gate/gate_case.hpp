#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "gate/service.hpp"
#include "unit/gate/proxy_request.hpp"
#include "unit/store/coroutine_runner.hpp"

namespace certbound::gate::test {

using verifier::test::Issuer;
using verifier::test::kAudience;
using verifier::test::kIssuer;
using verifier::test::load_pem;

inline WallTime fake_now() { return verifier::test::kNow; }

inline std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(absent)";
}

/// One service, an issuer whose tokens it knows, and one opaque token.
class GateTest : public testing::Test {
 protected:
  GateTest() {
    options_.address = "unix:/run/verify.sock";
    options_.audience = kAudience;
    options_.certificate_format = CertificateFormat::nginx;
    service_.publish_denied([](const AccessToken&) { return false; });
    service_.publish_opener([this](std::string_view token) { return open(token); });
    publish();
  }
  /// The one opaque token that there is.
  [[nodiscard]] std::variant<std::string, verifier::Fault> open(std::string_view token) {
    ++opened_;
    if (token != kOpaque) return verifier::Fault{RefusalReason::signature_wrong, "another"};
    return opaque_claims_.dump();
  }
  void publish(std::vector<crypto::Sha256> proxies = {}) {
    auto published = make_published(options_, std::move(proxies), kIssuer, issuer_.jwks(), proofs_, &fake_now);
    ASSERT_TRUE(published) << published.error().detail;
    service_.publish(*std::move(published));
  }
  [[nodiscard]] http::Response ask(const http::Request& request) {
    boost::asio::io_context context{1};
    std::optional<http::Response> response;
    store::start_task(context, service_.handle(request), response);
    context.run();
    if (!response) throw std::runtime_error{"no answer"};
    return *std::move(response);
  }
  [[nodiscard]] http::Response ask(const std::string& token, const std::string& certificate = "appendix-a",
                                   const std::string& query = "") {
    std::vector<http::Header> headers;
    if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
    if (!certificate.empty()) headers.emplace_back("x-ssl-client-cert", escape(load_pem(certificate)));
    return ask(make_request(std::move(headers), "/verify", query));
  }
  [[nodiscard]] double refused(RefusalReason reason) const {
    return metrics_.refused[static_cast<std::size_t>(reason)].value();
  }

  static constexpr const char* kOpaque = "a..b.c.d";
  nlohmann::json opaque_claims_ = verifier::test::good_claims();
  int opened_ = 0;
  const Issuer issuer_;
  const std::shared_ptr<ProofMemory> proofs_ = std::make_shared<ProofMemory>(&fake_now);
  Options options_;
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Service service_{metrics_};
};

}  // namespace certbound::gate::test
