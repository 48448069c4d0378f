#include "oauth/health.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/store/coroutine_runner.hpp"

namespace certbound::oauth {

namespace {

Task<bool> answer_probe(bool is_healthy) { co_return is_healthy; }

http::Response readyz_of(const Health& health) {
  boost::asio::io_context context{1};
  std::optional<http::Response> response;
  store::start_task(context, health.render_readyz(), response);
  context.run();
  return response.value();
}

nlohmann::json body_of(const http::Response& response) { return nlohmann::json::parse(response.body); }

}  // namespace

TEST(Health, IsAliveWheneverItAnswers) {
  const Health health;
  EXPECT_EQ(health.render_healthz().status, 200);
  EXPECT_EQ(body_of(health.render_healthz())["status"], "ok");
}

TEST(Health, IsReadyBetweenStartAndDrain) {
  Health health;
  EXPECT_EQ(readyz_of(health).status, 503);
  EXPECT_EQ(body_of(readyz_of(health))["reasons"], nlohmann::json::array({"starting"}));
  health.set_ready(true);
  EXPECT_EQ(readyz_of(health).status, 200);
  EXPECT_EQ(body_of(readyz_of(health)), (nlohmann::json{{"status", "ready"}, {"generation", 0}}));
  health.set_draining();
  EXPECT_EQ(readyz_of(health).status, 503);
  EXPECT_EQ(body_of(readyz_of(health))["reasons"], nlohmann::json::array({"draining"}));
}

TEST(Health, AsksEveryProbeEachTime) {
  Health health;
  health.set_ready(true);
  bool is_audit_healthy = true;
  health.add_probe("audit", [&is_audit_healthy] { return answer_probe(is_audit_healthy); });
  health.add_probe("store", [] { return answer_probe(false); });
  EXPECT_EQ(body_of(readyz_of(health))["reasons"], nlohmann::json::array({"store"}));
  is_audit_healthy = false;
  EXPECT_EQ(body_of(readyz_of(health))["reasons"], (nlohmann::json{"audit", "store"}));
}

// lessons.md 1.21: the number of the configuration in use is part of the state.
TEST(Health, TellsTheGeneration) {
  Health health;
  health.set_generation(7);
  EXPECT_EQ(body_of(readyz_of(health))["generation"], 7);
}

// It serves what it had.
TEST(Health, TellsAFailedReloadAndStaysReady) {
  Health health;
  health.set_ready(true);
  health.set_reload_failed(true);
  EXPECT_EQ(readyz_of(health).status, 200);
  EXPECT_EQ(body_of(readyz_of(health))["last_reload"], "failed");
  health.set_reload_failed(false);
  EXPECT_FALSE(body_of(readyz_of(health)).contains("last_reload"));
}

TEST(Health, IsNotCached) {
  const http::Response response = Health{}.render_healthz();
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers.front().first, "Cache-Control");
  EXPECT_EQ(response.headers.front().second, "no-store");
}

}  // namespace certbound::oauth
