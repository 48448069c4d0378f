#include "app/deny_commands.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "store/memory/memory_store.hpp"
#include "unit/app/key_fixture.hpp"
#include "unit/audit/file_size_limit.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kAsked{seconds{1'700'000'000}};
const std::string kThumbprint(43, 'A');

Result<model::Denial> parse(json arguments) {
  arguments["reason"] = "lost";
  return parse_denial(arguments, kAsked);
}

std::string text_of(WallTime time) { return std::to_string(unix_seconds(time)); }

}  // namespace

TEST(ParseDenial, EndsWhenNothingThatItCanMatchIsAlive) {
  EXPECT_EQ(parse({{"jti", "a"}})->until, kAsked + hours{24} + model::kVerifierSlack);
  const auto older = parse({{"client", "a"}, {"issued_before", text_of(kAsked - hours{1})}});
  EXPECT_EQ(older->until, kAsked + hours{23} + model::kVerifierSlack);
  EXPECT_EQ(older->issued_before, kAsked - hours{1});
}

// Whoever denies a client or a certificate means it until he takes it back.
TEST(ParseDenial, DoesNotEndWhereLaterTokensMatchToo) {
  EXPECT_EQ(parse({{"client", "a"}})->until, std::nullopt);
  EXPECT_EQ(parse({{"thumbprint", kThumbprint}})->until, std::nullopt);
  EXPECT_TRUE(parse({{"thumbprint", kThumbprint}, {"issued_before", text_of(kAsked)}})->until);
  EXPECT_TRUE(parse({{"issued_before", text_of(kAsked)}})->until);
  EXPECT_EQ(denial_json(*parse({{"client", "a"}}))["until"], nullptr);
  const auto last = parse({{"client", "a"}, {"until", "9999-12-31T23:59:59Z"}});
  EXPECT_EQ(denial_json(*last)["until"], "9999-12-31T23:59:59Z");
  EXPECT_FALSE(parse({{"client", "a"}, {"until", "10000-01-01T00:00:00Z"}}));
}

TEST(ParseDenial, TakesAnEarlierEnd) {
  for (const char* kind : {"jti", "client"}) {
    EXPECT_EQ(parse({{kind, "a"}, {"until", text_of(kAsked + seconds{1})}})->until, kAsked + seconds{1});
  }
}

// Later tokens match too where no time is named.
TEST(ParseDenial, TakesALaterEndOnlyWhereThatMeansSomething) {
  const std::string later = text_of(kAsked + hours{1000});
  EXPECT_EQ(parse({{"client", "a"}, {"until", later}})->until, kAsked + hours{1000});
  EXPECT_EQ(parse({{"thumbprint", kThumbprint}, {"until", later}})->until, kAsked + hours{1000});
  EXPECT_FALSE(parse({{"jti", "a"}, {"until", later}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"until", later}, {"issued_before", text_of(kAsked)}}));
  EXPECT_FALSE(parse({{"until", later}, {"issued_before", text_of(kAsked)}}));
}

TEST(ParseDenial, WantsOneThingToDeny) {
  EXPECT_FALSE(parse(json::object()));
  EXPECT_FALSE(parse({{"jti", "a"}, {"client", "b"}}));
  EXPECT_EQ(parse({{"issued_before", text_of(kAsked)}})->kind, model::DenialKind::issued_before);
  EXPECT_EQ(parse({{"thumbprint", kThumbprint}})->kind, model::DenialKind::thumbprint);
}

TEST(ParseDenial, RefusesWhatCannotBeMeant) {
  EXPECT_FALSE(parse({{"jti", "a"}, {"issued_before", text_of(kAsked)}}));
  EXPECT_FALSE(parse({{"jti", std::string(256, 'a')}}));
  EXPECT_FALSE(parse({{"jti", "a b"}}));
  EXPECT_FALSE(parse({{"jti", "\xc3\xa4"}}));
  EXPECT_FALSE(parse({{"thumbprint", std::string(42, 'A')}}));
  EXPECT_FALSE(parse({{"thumbprint", std::string(64, 'a')}}));
  EXPECT_FALSE(parse({{"client", "\n"}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", text_of(kAsked + seconds{1})}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", text_of(kAsked - hours{24} - model::kVerifierSlack)}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", "yesterday"}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"until", text_of(kAsked)}}));
  EXPECT_FALSE(parse_denial({{"client", "a"}}, kAsked));
  EXPECT_FALSE(parse_denial({{"client", "a"}, {"reason", std::string(501, 'x')}}, kAsked));
}

/// The commands over a memory store and an audit log in a folder.
class DenyCommandsTest : public testing::Test {
 protected:
  DenyCommandsTest() {
    audit_ = take_or_throw(audit::Writer::open(log_, audit::Options{}, registry_));
    recorder_ = std::make_unique<store::DenialRecorder>(
        take_or_throw(store_->make_denial_store()), std::span<const model::Denial>{}, [](auto, auto) {}, registry_,
        store::DenialLimits{2, 1, 1, 1});
    add_deny_commands(commands_, {*recorder_, store_->denials(), *audit_});
  }

  [[nodiscard]] json run(const std::string& verb, const json& arguments) {
    return json::parse(commands_.answer(control::render_request(verb, arguments), {1000, 4711}));
  }
  [[nodiscard]] std::vector<json> records() const {
    std::vector<json> found;
    std::ifstream file{log_};
    for (std::string line; std::getline(file, line);) {
      if (audit::kind_of(line) == audit::RecordKind::denial) found.push_back(json::parse(line));
    }
    return found;
  }

  store::TemporaryFolder folder_;
  std::filesystem::path log_ = folder_.path() / "audit.jsonl";
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_ = take_or_throw(store::memory::make_memory_store());
  std::unique_ptr<audit::Writer> audit_;
  std::unique_ptr<store::DenialRecorder> recorder_;
  control::Commands commands_;
};

TEST_F(DenyCommandsTest, AreInTheAuditLogWithWhoAskedAndWhy) {
  const json added = run("deny.add", {{"client", "etl"}, {"reason", "left"}});
  ASSERT_EQ(added["ok"], true) << added;
  ASSERT_EQ(records().size(), 1U);
  const json record = records().front();
  EXPECT_EQ(record["action"], "added");
  EXPECT_EQ(record["client_id"], "etl");
  EXPECT_EQ(record["detail"], "left");
  EXPECT_EQ(record["uid"], 1000);
  EXPECT_EQ(record["pid"], 4711);
  EXPECT_EQ(record["denial"], added["result"]["id"]);
  EXPECT_EQ(run("deny.remove", {{"id", added["result"]["id"]}})["result"], added["result"]);
  ASSERT_EQ(records().size(), 2U);
  EXPECT_EQ(records().back()["action"], "removed");
  EXPECT_EQ(run("deny.remove", {{"id", added["result"]["id"]}})["error"]["message"], "there is no denial 1");
  EXPECT_EQ(run("deny.remove", {{"id", 0}})["error"]["message"], "there is no denial 0");
  EXPECT_EQ(records().size(), 2U);
}

// Before anything is stored or recorded.
TEST_F(DenyCommandsTest, RefuseWhatTheFeedHasNoRoomFor) {
  for (const char* jti : {"a", "b"}) EXPECT_EQ(run("deny.add", {{"jti", jti}, {"reason", "x"}})["ok"], true);
  const json refused = run("deny.add", {{"jti", "c"}, {"reason", "x"}});
  EXPECT_EQ(refused["error"]["code"], "invalid_request");
  EXPECT_EQ(store::load_denials(store_->denials())->size(), 2U);
  EXPECT_EQ(records().size(), 2U);
}

// What takes effect again has its record. But a full disk keeps nobody from denying.
TEST_F(DenyCommandsTest, EndNothingThatCannotBeRecorded) {
  ASSERT_EQ(run("deny.add", {{"jti", "a"}, {"reason", "x"}})["ok"], true);
  {
    const audit::FileSizeLimit limit{std::filesystem::file_size(log_)};
    EXPECT_NE(run("deny.remove", {{"id", 1}})["error"]["message"].get<std::string>().find("nothing was removed"),
              std::string::npos);
    const json added = run("deny.add", {{"jti", "b"}, {"reason", "x"}});
    EXPECT_EQ(added["error"]["code"], "temporarily_unavailable");
    EXPECT_NE(added["error"]["message"].get<std::string>().find("denial 2 is in force, but has no audit record"),
              std::string::npos);
  }
  EXPECT_EQ(store::load_denials(store_->denials())->size(), 2U);
  EXPECT_EQ(records().size(), 1U);
  EXPECT_EQ(run("deny.add", {{"jti", "b"}, {"reason", "x"}})["result"]["id"], 2);
  EXPECT_EQ(records().back()["denial"], 2);
}

}  // namespace certbound::app
