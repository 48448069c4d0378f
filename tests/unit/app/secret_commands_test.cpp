#include "app/secret_commands.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/digest.hpp"
#include "store/memory/memory_store.hpp"
#include "unit/app/key_fixture.hpp"
#include "unit/app/secret_fixture.hpp"
#include "unit/audit/file_size_limit.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using nlohmann::json;

constexpr WallTime kMade{std::chrono::seconds{1'700'000'000}};

}  // namespace

TEST(ParseSecretEnd, TakesADurationOrNever) {
  EXPECT_EQ(*parse_secret_end("90d", kMade), kMade + std::chrono::hours{24 * 90});
  EXPECT_EQ(*parse_secret_end("1s", kMade), kMade + std::chrono::seconds{1});
  EXPECT_EQ(*parse_secret_end("3650d", kMade), kMade + std::chrono::hours{24 * 3650});
  EXPECT_EQ(*parse_secret_end("never", kMade), std::nullopt);
  for (const char* text : {"", "0s", "3651d", "-1d", "90", "soon", "Never", "90d ", "99999999999999999999d"}) {
    const auto end = parse_secret_end(text, kMade);
    ASSERT_FALSE(end) << text;
    EXPECT_EQ(end.error().code, ErrorCode::invalid_request);
  }
}

TEST(SecretJson, TellsTheEndAndNeverTheDigest) {
  const model::ClientSecret secret{7, std::string(43, 'A'), kMade, kMade + std::chrono::hours{1}};
  EXPECT_EQ(secret_json(secret, kMade), (json{{"id", 7},
                                              {"created_at", "2023-11-14T22:13:20Z"},
                                              {"expires_at", "2023-11-14T23:13:20Z"},
                                              {"expired", false}}));
  EXPECT_EQ(secret_json(secret, kMade + std::chrono::hours{1})["expired"], true);
  EXPECT_EQ(secret_json({7, std::string(43, 'A'), kMade, std::nullopt}, kMade)["expires_at"], nullptr);
}

/// The commands over a memory store and an audit log in a folder.
class SecretCommandsTest : public testing::Test {
 protected:
  SecretCommandsTest() {
    const std::vector clients{secret_client("legacy"), certificate_client("tls")};
    if (!store_->clients().reconcile_clients(clients, kMade)) throw std::runtime_error{"not reconciled"};
    audit_ = take_or_throw(audit::Writer::open(log_, audit::Options{}, registry_));
    add_secret_commands(commands_, {store_->client_secrets(), *audit_, [this](std::string_view client_id) {
                                      changed_.emplace_back(client_id);
                                      valid_then_ = stored().size();
                                    }});
  }

  [[nodiscard]] json run(const std::string& verb, const json& arguments) {
    return json::parse(commands_.answer(control::render_request(verb, arguments), {1000, 4711}));
  }
  [[nodiscard]] std::vector<model::ClientSecret> stored() {
    return store_->clients().find_client(*model::ClientId::parse("legacy"))->value().secrets;
  }
  [[nodiscard]] std::string log_text() const {
    std::ifstream file{log_};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  [[nodiscard]] std::vector<json> records() const {
    std::vector<json> found;
    std::ifstream file{log_};
    for (std::string line; std::getline(file, line);) {
      if (audit::kind_of(line) == audit::RecordKind::client_secret) found.push_back(json::parse(line));
    }
    return found;
  }

  store::TemporaryFolder folder_;
  std::filesystem::path log_ = folder_.path() / "audit.jsonl";
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  std::unique_ptr<audit::Writer> audit_;
  control::Commands commands_;
  std::vector<std::string> changed_;  // as workers were told
  std::size_t valid_then_ = 0;        // in the store when they were
};

TEST_F(SecretCommandsTest, MakeASecretOf256BitsThatOnlyTheAnswerHolds) {
  testing::internal::CaptureStderr();
  const json answer = run("client.secret.new", {{"client_id", "legacy"}, {"expires", "1h"}});
  const std::string logged = testing::internal::GetCapturedStderr();
  ASSERT_EQ(answer["ok"], true) << answer;
  const std::string secret = answer["result"]["client_secret"];
  EXPECT_EQ(base64url_decode(secret)->size(), 32U);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].sha256, crypto::sha256(secret).to_base64url());
  EXPECT_EQ(*stored()[0].expires_at - stored()[0].created_at, std::chrono::hours{1});
  EXPECT_EQ(changed_, std::vector<std::string>{"legacy"});
  EXPECT_EQ(valid_then_, 1U) << "workers are told when it is stored";
  for (const std::string& text : {logged, log_text()}) {
    EXPECT_NE(text.find("legacy"), std::string::npos);
    EXPECT_EQ(text.find(secret), std::string::npos);
    EXPECT_EQ(text.find(stored()[0].sha256), std::string::npos);
  }
  const json other = run("client.secret.new", {{"client_id", "legacy"}});
  EXPECT_NE(other["result"]["client_secret"], answer["result"]["client_secret"]);
  EXPECT_EQ(*stored()[1].expires_at - stored()[1].created_at, std::chrono::hours{24 * 90});
}

TEST_F(SecretCommandsTest, AreInTheAuditLogWithWhoAsked) {
  const json answer = run("client.secret.new", {{"client_id", "legacy"}, {"expires", "never"}});
  EXPECT_EQ(answer["result"]["expires_at"], nullptr);
  const json removed = run("client.secret.remove", {{"client_id", "legacy"}, {"id", answer["result"]["id"]}});
  ASSERT_EQ(removed["ok"], true) << removed;
  EXPECT_FALSE(removed["result"].contains("client_secret"));
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(changed_.size(), 2U);
  ASSERT_EQ(records().size(), 2U);
  const char* const actions[] = {"added", "removed"};
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(records()[i]["action"], actions[i]);
    EXPECT_EQ(records()[i]["client_id"], "legacy");
    EXPECT_EQ(records()[i]["secret"], answer["result"]["id"]);
    EXPECT_EQ(records()[i]["uid"], 1000);
    EXPECT_EQ(records()[i]["pid"], 4711);
  }
}

TEST_F(SecretCommandsTest, RefuseWhatCannotBe) {
  for (const json& arguments :
       {json::object(), json{{"client_id", 7}}, json{{"client_id", "\n"}}, json{{"client_id", "nobody"}},
        json{{"client_id", "tls"}}, json{{"client_id", "legacy"}, {"expires", "soon"}}}) {
    EXPECT_EQ(run("client.secret.new", arguments)["error"]["code"], "invalid_request") << arguments;
  }
  for (const json& arguments :
       {json{{"client_id", "legacy"}}, json{{"client_id", "legacy"}, {"id", "1"}},
        json{{"client_id", "legacy"}, {"id", -1}}, json{{"client_id", "legacy"}, {"id", 1}}, json{{"id", 1}}}) {
    EXPECT_EQ(run("client.secret.remove", arguments)["error"]["code"], "invalid_request") << arguments;
  }
  EXPECT_TRUE(records().empty());
  EXPECT_TRUE(changed_.empty());
}

TEST_F(SecretCommandsTest, RefuseAThirdOne) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(run("client.secret.new", {{"client_id", "legacy"}})["ok"], true);
  const json refused = run("client.secret.new", {{"client_id", "legacy"}});
  EXPECT_EQ(refused["error"]["code"], "invalid_request");
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("number 1, number 2"), std::string::npos) << refused;
  EXPECT_EQ(stored().size(), 2U);
  EXPECT_EQ(records().size(), 2U);
}

// A secret without a record is none; but a full disk keeps nobody from ending one that has leaked.
TEST_F(SecretCommandsTest, MakeNothingThatCannotBeRecordedAndEndItAllTheSame) {
  const json kept = run("client.secret.new", {{"client_id", "legacy"}});
  ASSERT_EQ(kept["ok"], true);
  const audit::FileSizeLimit limit{std::filesystem::file_size(log_)};
  const json refused = run("client.secret.new", {{"client_id", "legacy"}});
  EXPECT_EQ(refused["error"]["code"], "temporarily_unavailable");
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("no secret was made"), std::string::npos);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].id, kept["result"]["id"]);
  EXPECT_EQ(changed_.size(), 1U);
  const json removed = run("client.secret.remove", {{"client_id", "legacy"}, {"id", kept["result"]["id"]}});
  EXPECT_NE(removed["error"]["message"].get<std::string>().find("is removed and works no more"), std::string::npos);
  EXPECT_TRUE(stored().empty());
  EXPECT_EQ(changed_.size(), 2U);
}

}  // namespace certbound::app
