#include "oauth/deny_list.hpp"

#include <gtest/gtest.h>

#include "oauth/active.hpp"

namespace certbound::oauth {

namespace {

using model::DenialKind;
using std::chrono::seconds;

constexpr WallTime kIssuedAt{seconds{1'700'000'000}};
constexpr WallTime kLater = kIssuedAt + seconds{100};

Claims make_claims_of(const std::string& jti) {
  Claims claims;
  claims.jti = jti;
  claims.client_id = "etl";
  claims.confirmation.x5t_s256 = std::string(43, 'A');
  claims.issued_at = kIssuedAt;
  claims.expires_at = kIssuedAt + seconds{300};
  return claims;
}

model::Denial make_denial(std::uint64_t id, DenialKind kind, const std::string& subject) {
  model::Denial denial;
  denial.id = id;
  denial.kind = kind;
  denial.subject = subject;
  denial.until = kLater + seconds{1};
  return denial;
}

model::Denial with_issued_before(model::Denial denial, WallTime time) {
  denial.issued_before = time;
  return denial;
}

std::shared_ptr<const DenyList> list_of(std::vector<model::Denial> denials) { return DenyList::make(denials); }

}  // namespace

TEST(DenyList, DeniesNothingWhereItIsEmpty) {
  EXPECT_EQ(DenyList{}.find(make_claims_of("a"), kLater), std::nullopt);
  EXPECT_FALSE(DenyList{}.denies_client("etl", kLater));
}

TEST(DenyList, FindsATokenByWhateverNamesIt) {
  const Claims claims = make_claims_of("a");
  for (const auto& [kind, subject] :
       {std::pair{DenialKind::jti, claims.jti}, std::pair{DenialKind::thumbprint, claims.confirmation.x5t_s256},
        std::pair{DenialKind::client, claims.client_id}}) {
    EXPECT_EQ(list_of({make_denial(1, kind, subject)})->find(claims, kLater), kind) << name(kind);
    EXPECT_EQ(list_of({make_denial(1, kind, subject + "x")})->find(claims, kLater), std::nullopt) << name(kind);
  }
}

// For whoever has to say why.
TEST(DenyList, NamesTheDenialThatItFound) {
  const Claims claims = make_claims_of("a");
  const auto list = list_of({make_denial(7, DenialKind::client, "etl"), make_denial(8, DenialKind::jti, "b"),
                             with_issued_before(make_denial(9, DenialKind::issued_before, ""), kLater)});
  EXPECT_EQ(list->find_id(claims, kLater), 7U);
  EXPECT_EQ(list->find_id(make_claims_of("b"), kLater), 8U);
  EXPECT_EQ(list->with({}, std::vector{make_denial(7, DenialKind::client, "etl")})->find_id(claims, kLater), 9U);
  EXPECT_EQ(list->find_id(claims, kLater + seconds{1}), std::nullopt);
}

// A client may have the name of a token.
TEST(DenyList, KeepsTheKindsApart) {
  EXPECT_EQ(list_of({make_denial(1, DenialKind::jti, "etl")})->find(make_claims_of("a"), kLater), std::nullopt);
  EXPECT_FALSE(list_of({make_denial(1, DenialKind::jti, "etl")})->denies_client("etl", kLater));
}

// An unbound token has no thumbprint, and no denial has an empty one.
TEST(DenyList, DoesNotTakeAnUnboundTokenForABoundOne) {
  Claims unbound = make_claims_of("a");
  unbound.confirmation.x5t_s256.clear();
  EXPECT_EQ(list_of({make_denial(1, DenialKind::thumbprint, std::string(43, 'A'))})->find(unbound, kLater),
            std::nullopt);
}

TEST(DenyList, DeniesOnlyWhatIsOlder) {
  const Claims claims = make_claims_of("a");
  for (const auto& [kind, subject] : {std::pair{DenialKind::client, "etl"}, std::pair{DenialKind::issued_before, ""}}) {
    const auto denial = make_denial(1, kind, subject);
    EXPECT_EQ(list_of({with_issued_before(denial, kIssuedAt)})->find(claims, kLater), std::nullopt);
    EXPECT_EQ(list_of({with_issued_before(denial, kIssuedAt + seconds{1})})->find(claims, kLater), kind);
  }
}

TEST(DenyList, DeniesNothingFromItsEndOn) {
  const auto list = list_of({make_denial(1, DenialKind::jti, "a"), make_denial(2, DenialKind::client, "etl")});
  const WallTime end = kLater + seconds{1};
  EXPECT_TRUE(list->find(make_claims_of("a"), end - seconds{1}));
  EXPECT_EQ(list->find(make_claims_of("a"), end), std::nullopt);
  EXPECT_TRUE(list->denies_client("etl", end - seconds{1}));
  EXPECT_FALSE(list->denies_client("etl", end));
}

// A client whose older tokens are denied gets new ones.
TEST(DenyList, StopsIssuingOnlyWhereNoTimeIsNamed) {
  const auto older = list_of({with_issued_before(make_denial(1, DenialKind::client, "etl"), kLater)});
  EXPECT_FALSE(older->denies_client("etl", kLater));
  const auto all = list_of({make_denial(1, DenialKind::client, "etl"), make_denial(2, DenialKind::thumbprint, "T")});
  EXPECT_TRUE(all->denies_client("etl", kLater));
  EXPECT_FALSE(all->denies_client("other", kLater));
  EXPECT_TRUE(all->denies_certificate("T", kLater));
  EXPECT_FALSE(all->denies_certificate("etl", kLater));
}

TEST(DenyList, RemovesOneOfSeveralThatNameTheSame) {
  const auto first = with_issued_before(make_denial(1, DenialKind::client, "etl"), kIssuedAt - seconds{1});
  const auto second = make_denial(2, DenialKind::client, "etl");
  const auto both = list_of({first, second});
  EXPECT_EQ(both->size(), 2U);
  const std::vector<model::Denial> removed{second};
  const auto left = both->with({}, removed);
  EXPECT_EQ(left->size(), 1U);
  EXPECT_EQ(left->find(make_claims_of("a"), kLater), std::nullopt);
  EXPECT_EQ(left->with({}, removed)->size(), 1U);  // once more changes nothing
}

TEST(DenyList, ChangesOneInItsPlace) {
  const auto before = make_denial(1, DenialKind::jti, "a");
  auto after = before;
  after.until = kLater + seconds{100};
  const std::vector<model::Denial> added{after};
  const std::vector<model::Denial> removed{before};
  const auto changed = list_of({before})->with(added, removed);
  EXPECT_EQ(changed->size(), 1U);
  EXPECT_TRUE(changed->find(make_claims_of("a"), kLater + seconds{99}));
  EXPECT_EQ(changed->with({}, added)->size(), 0U);
}

TEST(DenyList, DeniesForEverWhereThereIsNoEnd) {
  auto endless = make_denial(1, DenialKind::client, "etl");
  endless.until.reset();
  auto far = make_denial(2, DenialKind::thumbprint, "T");
  far.until = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  const auto list = list_of({endless, far});
  const WallTime late = std::chrono::sys_days{std::chrono::year{9999} / 12 / 30};
  EXPECT_TRUE(list->find(make_claims_of("a"), late));
  EXPECT_TRUE(list->denies_client("etl", late + std::chrono::hours{1000}));
  EXPECT_TRUE(list->denies_certificate("T", late));
  EXPECT_FALSE(list->denies_certificate("T", late + std::chrono::hours{24}));
}

TEST(DenyList, LeavesTheListThatItWasMadeFromAsItWas) {
  const auto before = list_of({make_denial(1, DenialKind::jti, "a")});
  const std::vector<model::Denial> added{make_denial(2, DenialKind::jti, "b"),
                                         with_issued_before(make_denial(3, DenialKind::issued_before, ""), kLater)};
  const auto after = before->with(added, {});
  EXPECT_EQ(before->size(), 1U);
  EXPECT_EQ(before->find(make_claims_of("b"), kLater), std::nullopt);
  EXPECT_EQ(after->find(make_claims_of("b"), kLater), DenialKind::jti);
  EXPECT_EQ(after->with({}, added)->find(make_claims_of("b"), kLater), std::nullopt);
}

TEST(DenyList, FindsEachOfMany) {
  std::vector<model::Denial> denials;
  for (std::uint64_t id = 1; id <= 5000; ++id) {
    denials.push_back(make_denial(id, DenialKind::jti, "token-" + std::to_string(id)));
  }
  const auto list = DenyList::make(denials);
  for (const model::Denial& denial : denials) EXPECT_TRUE(list->find(make_claims_of(denial.subject), kLater));
  const auto emptied = list->with({}, denials);
  EXPECT_EQ(emptied->size(), 0U);
  for (const model::Denial& denial : denials) EXPECT_FALSE(emptied->find(make_claims_of(denial.subject), kLater));
}

// RFC 7519 section 4.1.4.
TEST(JudgeToken, TakesATokenUpToTheLastSecondBeforeItExpires) {
  const Claims claims = make_claims_of("a");
  EXPECT_EQ(judge_token(claims, DenyList{}, claims.expires_at - seconds{1}), TokenState::active);
  EXPECT_EQ(judge_token(claims, DenyList{}, claims.expires_at), TokenState::expired);
}

TEST(JudgeToken, AsksTheDenyList) {
  const Claims claims = make_claims_of("a");
  const auto denied = list_of({make_denial(1, DenialKind::jti, "a")});
  EXPECT_EQ(judge_token(claims, *denied, kLater), TokenState::denied);
  EXPECT_FALSE(is_active(claims, *denied, kLater));
  EXPECT_TRUE(is_active(make_claims_of("b"), *denied, kLater));
}

}  // namespace certbound::oauth
