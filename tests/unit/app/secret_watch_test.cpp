#include "app/secret_watch.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "store/memory/memory_store.hpp"
#include "unit/app/key_fixture.hpp"
#include "unit/app/secret_fixture.hpp"

namespace certbound::app {

namespace {

using std::chrono::hours;

constexpr std::chrono::steady_clock::time_point kFirstLook{hours{100'000}};

}  // namespace

class SecretWatchTest : public testing::Test {
 protected:
  void declare(const std::vector<model::Client>& clients) {
    ASSERT_TRUE(store_->clients().reconcile_clients(clients, wall_now()));
  }

  std::uint64_t add(const std::string& client_id, std::optional<hours> lifetime) {
    model::ClientSecret secret;
    secret.sha256 = std::string(43, 'A');
    secret.created_at = wall_now();
    if (lifetime) secret.expires_at = secret.created_at + *lifetime;
    return take_or_throw(store_->client_secrets().add_secret(*model::ClientId::parse(client_id), secret)).id;
  }

  [[nodiscard]] std::vector<nlohmann::json> look(std::chrono::steady_clock::time_point now) {
    testing::internal::CaptureStderr();
    watch_.look(store_->client_secrets(), now);
    std::istringstream lines{testing::internal::GetCapturedStderr()};
    std::vector<nlohmann::json> logged;
    for (std::string line; std::getline(lines, line);) logged.push_back(nlohmann::json::parse(line));
    return logged;
  }

  [[nodiscard]] bool shows(const std::string& series) {
    return registry_.render_text().find(series + "\n") != std::string::npos;
  }

  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  metrics::Registry registry_;
  SecretWatch watch_{registry_};
};

TEST_F(SecretWatchTest, CountsEveryMethodAndSecretsThatEndWithin30Days) {
  for (const model::AuthMethod method : model::kAuthMethods) {
    EXPECT_TRUE(shows("certbound_clients_by_method{method=\"" + std::string{name(method)} + "\"} 0"));
  }
  declare({certificate_client("a"), certificate_client("b"), secret_client("s")});
  add("s", hours{24 * 29});
  add("s", hours{24 * 31});
  watch_.show(store_->client_secrets());
  EXPECT_TRUE(shows("certbound_clients_by_method{method=\"tls_client_auth\"} 2"));
  EXPECT_TRUE(shows("certbound_clients_by_method{method=\"client_secret_basic\"} 1"));
  EXPECT_TRUE(shows("certbound_client_secrets_expiring 1"));
}

TEST_F(SecretWatchTest, NamesThemOnceADay) {
  declare({certificate_client("a"), secret_client("s"), secret_client("t")});
  const std::uint64_t soon = add("s", hours{24 * 13});
  add("s", hours{24 * 15});
  add("t", std::nullopt);

  const auto first = look(kFirstLook);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0]["event"], "clients_with_secrets");
  EXPECT_EQ(first[0]["level"], "warning");
  EXPECT_EQ(first[0]["count"], 2);
  EXPECT_EQ(first[0]["client_ids"], "s t");
  EXPECT_EQ(first[1]["event"], "client_secret_ends");
  EXPECT_EQ(first[1]["client_id"], "s");
  EXPECT_EQ(first[1]["id"], soon);
  EXPECT_TRUE(look(kFirstLook + hours{23}).empty());
  EXPECT_EQ(look(kFirstLook + hours{24}).size(), 2U);
}

TEST_F(SecretWatchTest, SaysNothingWhereNobodyHasASecret) {
  declare({certificate_client("a")});
  EXPECT_TRUE(look(kFirstLook).empty());
}

TEST_F(SecretWatchTest, NamesNoMoreThanAHundred) {
  std::vector<model::Client> clients;
  for (int i = 0; i < 120; ++i) clients.push_back(secret_client("c" + std::to_string(1000 + i)));
  declare(clients);
  const auto logged = look(kFirstLook);
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0]["count"], 120);
  const std::string ids = logged[0]["client_ids"];
  EXPECT_TRUE(ids.starts_with("c1000 c1001 "));
  EXPECT_TRUE(ids.ends_with(" c1099"));
}

}  // namespace certbound::app
