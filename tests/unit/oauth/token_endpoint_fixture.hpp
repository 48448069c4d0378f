#pragma once

#include <map>
#include <string>

#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

/// Clients `etl` and `other`, whose tokens are for orders, and `orders-api` and `stock-api`, the servers of the two
/// resources. Each has the certificate of its name.
class TokenEndpointFixture : public ServiceFixture {
 protected:
  TokenEndpointFixture() {
    snapshot_.resources.find(kOrders)->second.introspection_clients = {"orders-api"};
    snapshot_.resources.find(kStock)->second.introspection_clients = {"stock-api"};
    start({make_registration("etl"), make_registration("other"), make_registration("orders-api"),
           make_registration("stock-api")});
    peers_["etl"] = present(etl_);
  }

  [[nodiscard]] PeerChain peer_of(const std::string& client_id) {
    PeerChain& peer = peers_[client_id];
    if (!peer) peer = present(test::make_client(client_id, root_));
    return peer;
  }
  [[nodiscard]] static std::string token_of(const Answer& answer) { return answer.body.value("access_token", ""); }

  [[nodiscard]] Answer introspect(const std::string& caller, const std::string& token, std::string_view accept = {}) {
    http::Request request = make_client_request("/oauth2/introspect", caller, peer_of(caller), "&token=" + token);
    if (!accept.empty()) request.headers.emplace_back("accept", std::string{accept});
    return ask(request);
  }
  [[nodiscard]] Answer revoke(const std::string& caller, const std::string& token, const std::string& more = "") {
    return ask(make_client_request("/oauth2/revoke", caller, peer_of(caller), "&token=" + token + more));
  }
  [[nodiscard]] bool is_active_for_orders(const std::string& token) {
    return introspect("orders-api", token).body["active"] == true;
  }
  /// Adds a denial as an operator does, and waits for its number.
  std::uint64_t deny(model::DenialKind kind, const std::string& subject, std::optional<WallTime> issued_before = {}) {
    model::Denial denial;
    denial.kind = kind;
    denial.subject = subject;
    denial.issued_before = issued_before;
    denial.created_at = FakeClock::now;
    denial.until = FakeClock::now + std::chrono::hours{24};
    const auto done = std::make_shared<std::promise<std::uint64_t>>();
    denials_->add(std::move(denial), [done](const Result<model::Denial>& added) { done->set_value(added->id); });
    return done->get_future().get();
  }
  /// Takes it back, and waits for that.
  void take_back(std::uint64_t id) {
    const auto done = std::make_shared<std::promise<void>>();
    denials_->remove(id, [done](const Result<model::Denial>&) { done->set_value(); });
    done->get_future().get();
  }

 private:
  std::map<std::string, PeerChain> peers_;
};

}  // namespace certbound::oauth
