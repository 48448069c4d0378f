#include "audit/denial_change.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/chain.hpp"

namespace certbound::audit {

namespace {

using nlohmann::json;

constexpr WallTime kChanged{std::chrono::seconds{1768478400}};  // 2026-01-15T12:00:00Z

DenialChange change_of(model::DenialKind kind, const std::string& subject) {
  DenialChange change;
  change.time = kChanged;
  change.denial.id = 7;
  change.denial.kind = kind;
  change.denial.subject = subject;
  change.denial.reason = "laptop lost";
  change.user = 1000;
  change.process = 4711;
  return change;
}

}  // namespace

TEST(RenderDenial, SaysWhoDidWhat) {
  DenialChange change = change_of(model::DenialKind::client, "etl");
  EXPECT_EQ(json::parse(render_denial(change)), (json{{"time", "2026-01-15T12:00:00Z"},
                                                      {"record", "denial"},
                                                      {"action", "added"},
                                                      {"uid", 1000},
                                                      {"pid", 4711},
                                                      {"denial", 7},
                                                      {"kind", "client"},
                                                      {"client_id", "etl"},
                                                      {"detail", "laptop lost"}}));
  change.action = DenialAction::removed;
  change.process = 0;
  change.denial.issued_before = kChanged - std::chrono::hours{1};
  change.denial.until = kChanged + std::chrono::hours{23};
  const json removed = json::parse(render_denial(change));
  EXPECT_EQ(removed["action"], "removed");
  EXPECT_EQ(removed["issued_before"], 1768474800);
  EXPECT_EQ(removed["until"], 1768561200);
  EXPECT_FALSE(removed.contains("pid"));
}

// Where the records of requests have it, so that one search finds both.
TEST(RenderDenial, NamesWhatIsDeniedAsRequestsDo) {
  EXPECT_EQ(json::parse(render_denial(change_of(model::DenialKind::jti, "j")))["jti"], "j");
  EXPECT_EQ(json::parse(render_denial(change_of(model::DenialKind::thumbprint, "T")))["certificate"]["x5t#S256"], "T");
  const json all = json::parse(render_denial(change_of(model::DenialKind::issued_before, "")));
  for (const char* member : {"jti", "certificate", "client_id"}) EXPECT_FALSE(all.contains(member)) << member;
}

TEST(RenderDenial, IsARecordOfTheChainWhateverTheTextsHold) {
  DenialChange change = change_of(model::DenialKind::client, "a\",\"jti\":\"b");
  change.denial.reason = "two\nlines\xff\"}";
  std::string line = render_denial(change);
  EXPECT_EQ(kind_of(line), RecordKind::denial);
  EXPECT_EQ(reason_of(line), "");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(json::parse(line)["client_id"], "a\",\"jti\":\"b");
  Head head;
  seal(line, 0, head);
  line.pop_back();
  EXPECT_TRUE(parse_link(line));
}

}  // namespace certbound::audit
