#include "audit/secret_change.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/chain.hpp"

namespace certbound::audit {

namespace {

using nlohmann::json;

constexpr WallTime kSecretChanged{std::chrono::seconds{1768478400}};  // 2026-01-15T12:00:00Z

SecretChange secret_change(const std::string& client_id) {
  SecretChange change;
  change.time = kSecretChanged;
  change.client_id = client_id;
  change.secret = {7, std::string(43, 'A'), kSecretChanged, kSecretChanged + std::chrono::hours{24}};
  change.user = 1000;
  change.process = 4711;
  return change;
}

}  // namespace

TEST(RenderSecretChange, SaysWhoDidWhatAndNeverTheDigest) {
  SecretChange change = secret_change("etl");
  EXPECT_EQ(json::parse(render_secret_change(change)), (json{{"time", "2026-01-15T12:00:00Z"},
                                                             {"record", "client_secret"},
                                                             {"action", "added"},
                                                             {"uid", 1000},
                                                             {"pid", 4711},
                                                             {"client_id", "etl"},
                                                             {"secret", 7},
                                                             {"expires_at", 1768564800}}));
  change.action = SecretAction::removed;
  change.process = 0;
  change.secret.expires_at = std::nullopt;
  const json removed = json::parse(render_secret_change(change));
  EXPECT_EQ(removed["action"], "removed");
  EXPECT_FALSE(removed.contains("expires_at"));
  EXPECT_FALSE(removed.contains("pid"));
}

TEST(RenderSecretChange, IsARecordOfTheChainWhateverTheClientIdHolds) {
  std::string line = render_secret_change(secret_change("a\",\"client_id\":\"b\nc\xff"));
  EXPECT_EQ(kind_of(line), RecordKind::client_secret);
  EXPECT_EQ(reason_of(line), "");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  Head head;
  seal(line, 0, head);
  line.pop_back();
  EXPECT_TRUE(parse_link(line));
}

}  // namespace certbound::audit
