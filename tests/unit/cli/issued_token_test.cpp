#include "cli/issued_token.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::cli {

namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr WallTime kIssued{seconds{1768478400}};  // 2026-01-15T12:00:00Z
constexpr WallTime kNow = kIssued + seconds{60};
constexpr WallTime kEnd = kIssued + seconds{300};

json make_record() {
  return {{"time", "2026-01-15T12:00:00Z"},
          {"endpoint", "token"},
          {"outcome", "granted"},
          {"client_id", "etl"},
          {"certificate", {{"x5t#S256", std::string(43, 'A')}}},
          {"jti", "j-1"},
          {"kid", "k-1"},
          {"confirmation", "x5t#S256"},
          {"expires_at", unix_seconds(kEnd)}};
}

model::Denial make_denial_of(model::DenialKind kind, const std::string& subject) {
  model::Denial denial;
  denial.id = 4;
  denial.kind = kind;
  denial.subject = subject;
  denial.reason = "stolen";
  denial.created_at = kNow - seconds{9};
  denial.until = kEnd + seconds{1000};
  return denial;
}

Result<TokenKnowledge> know(const std::vector<model::Denial>& denials = {},
                            model::KeyState state = model::KeyState::active) {
  TokenKnowledge known;
  known.as_of = kNow;
  known.denied = oauth::DenyList::make(denials);
  for (const model::Denial& denial : denials) known.denials.emplace(denial.id, denial);
  model::KeyRecord key;
  key.kid = "k-1";
  key.state = state;
  known.keys.emplace(key.kid, key);
  return known;
}

}  // namespace

TEST(JudgeIssued, CallsATokenActiveThatNothingEnds) {
  const auto known = know();
  const IssuedStatus status = judge_issued(make_record(), known, kNow);
  EXPECT_EQ(name(status.state), "active");
  EXPECT_EQ(describe_status(status), "alive until 2026-01-15T12:05:00Z");
  EXPECT_EQ(status_json(status), (json{{"state", "active"}, {"key_state", "active"}}));
  const auto retired = know({}, model::KeyState::retired);
  const IssuedStatus later = judge_issued(make_record(), retired, kNow);
  EXPECT_EQ(describe_status(later), "alive until 2026-01-15T12:05:00Z (its key is retired)");
  EXPECT_EQ(status_json(later)["key_state"], "retired");
}

TEST(JudgeIssued, SaysThatATokenHasExpired) {
  const auto known = know();
  EXPECT_EQ(describe_status(judge_issued(make_record(), known, kEnd)), "expired 2026-01-15T12:05:00Z");
  EXPECT_EQ(judge_issued(make_record(), known, kEnd - seconds{1}).state, IssuedState::active);
  const Result<TokenKnowledge> nothing{invalid_input("no registry")};
  EXPECT_EQ(judge_issued(make_record(), nothing, kEnd).state, IssuedState::expired);
  // … and that it had been denied before, as long as that is known.
  const auto denied = know({make_denial_of(model::DenialKind::jti, "j-1")});
  const IssuedStatus status = judge_issued(make_record(), denied, kEnd);
  EXPECT_EQ(status.state, IssuedState::expired);
  EXPECT_EQ(status_json(status)["denial"]["reason"], "stolen");
}

TEST(JudgeIssued, NamesTheDenial) {
  for (const auto& [kind, subject] :
       {std::pair{model::DenialKind::jti, std::string{"j-1"}}, std::pair{model::DenialKind::client, std::string{"etl"}},
        std::pair{model::DenialKind::thumbprint, std::string(43, 'A')}}) {
    const auto known = know({make_denial_of(kind, subject)});
    const IssuedStatus status = judge_issued(make_record(), known, kNow);
    EXPECT_EQ(status.state, IssuedState::denied) << name(kind);
    EXPECT_EQ(status_json(status)["denial"]["id"], 4) << name(kind);
    EXPECT_EQ(describe_status(status), "denied (denial 4 of " + std::string{name(kind)} + " " + subject +
                                           " since 2026-01-15T12:00:51Z until 2026-01-15T12:21:40Z: stolen) ends "
                                           "2026-01-15T12:05:00Z");
  }
}

// The time of issue is the record's; a token that was made in the second that is named is no older one.
TEST(JudgeIssued, HeedsTheTimeOfIssue) {
  model::Denial denial = make_denial_of(model::DenialKind::issued_before, "");
  denial.issued_before = kIssued;
  EXPECT_EQ(judge_issued(make_record(), know({denial}), kNow).state, IssuedState::active);
  denial.issued_before = kIssued + seconds{1};
  EXPECT_EQ(judge_issued(make_record(), know({denial}), kNow).state, IssuedState::denied);
}

TEST(JudgeIssued, DoesNotTakeTheCertificateOfAnUnboundToken) {
  json record = make_record();
  record.erase("confirmation");
  const auto known = know({make_denial_of(model::DenialKind::thumbprint, std::string(43, 'A'))});
  EXPECT_EQ(judge_issued(record, known, kNow).state, IssuedState::active);
}

TEST(JudgeIssued, SaysThatNobodyCanVerifyATokenOfAKeyThatIsGone) {
  json record = make_record();
  record["kid"] = "k-2";
  auto known = know();
  const IssuedStatus status = judge_issued(record, known, kNow);
  EXPECT_EQ(status.state, IssuedState::key_removed);
  EXPECT_NE(describe_status(status).find("k-2"), std::string::npos);
  // A key that was made after the store was read is not gone.
  known->as_of = kIssued;
  EXPECT_EQ(judge_issued(record, known, kNow).state, IssuedState::unknown);
}

// Never "alive" where that is not known.
TEST(JudgeIssued, SaysThatItDoesNotKnow) {
  const Result<TokenKnowledge> nothing{invalid_input("no registry")};
  const IssuedStatus status = judge_issued(make_record(), nothing, kNow);
  EXPECT_EQ(describe_status(status), "not known whether alive (no registry) ends 2026-01-15T12:05:00Z");
  EXPECT_EQ(status_json(status), (json{{"state", "unknown"}, {"detail", "no registry"}}));
  for (const char* member : {"time", "kid", "certificate"}) {
    json record = make_record();
    record.erase(member);
    const auto known = know();
    const IssuedStatus vague = judge_issued(record, known, kNow);
    EXPECT_EQ(vague.state, IssuedState::unknown) << member;
    EXPECT_FALSE(vague.why.empty()) << member;
  }
}

TEST(IsIssue, IsWhatHasATokenAndItsEnd) {
  EXPECT_TRUE(is_issue(make_record()));
  for (const char* member : {"outcome", "jti", "expires_at"}) {
    json record = make_record();
    record.erase(member);
    EXPECT_FALSE(is_issue(record)) << member;
  }
  json refused = make_record();
  refused["outcome"] = "refused";
  EXPECT_FALSE(is_issue(refused));
}

TEST(LoadTokenKnowledge, SaysWhereThereIsNone) {
  const auto known = load_token_knowledge("/nonexistent");
  ASSERT_FALSE(known);
  EXPECT_NE(known.error().detail.find("/nonexistent"), std::string::npos);
}

}  // namespace certbound::cli
