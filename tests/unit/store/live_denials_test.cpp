#include "store/live_denials.hpp"

#include <gtest/gtest.h>

namespace certbound::store {

namespace {

using model::Denial;
using model::DenialKind;
using model::DenialOrigin;
using std::chrono::seconds;

constexpr WallTime kAsked{seconds{1'700'000'000}};

Denial denial_of(DenialKind kind, const std::string& subject, std::optional<WallTime> until = kAsked + seconds{60}) {
  Denial denial;
  denial.kind = kind;
  denial.subject = subject;
  denial.reason = "lost";
  denial.created_at = kAsked;
  denial.until = until;
  return denial;
}

Denial revocation_of(const std::string& jti, const std::string& client) {
  Denial denial = denial_of(DenialKind::jti, jti);
  denial.origin = DenialOrigin::by_client;
  denial.revoked_by = client;
  return denial;
}

Denial found_revoked(const std::string& thumbprint, WallTime issued_before) {
  Denial denial = denial_of(DenialKind::thumbprint, thumbprint, issued_before + seconds{100});
  denial.origin = DenialOrigin::by_server;
  denial.issued_before = issued_before;
  return denial;
}

Denial older_than(Denial denial, WallTime issued_before) {
  denial.issued_before = issued_before;
  return denial;
}

/// With an id, as it is when it was stored.
Denial numbered(Denial denial, std::uint64_t id) {
  denial.id = id;
  return denial;
}

LiveDenials live_with(const std::vector<Denial>& denials, const DenialLimits& limits = {}) {
  LiveDenials live{limits};
  for (const Denial& denial : denials) live.put(denial);
  return live;
}

std::string fault_of(const LiveDenials& live, const Denial& asked) {
  const auto placement = live.place(asked);
  return placement ? std::string{} : placement.error().detail;
}

}  // namespace

TEST(LiveDenials, TakesWhatNamesTheSameForOne) {
  const auto live = live_with({numbered(revocation_of("a", "etl"), 7)});
  const auto again = live.place(revocation_of("a", "etl"));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->is_changed());
  EXPECT_EQ(again->after.id, 7U);
  const auto other = live.place(revocation_of("b", "etl"));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->before);
  EXPECT_EQ(other->after, revocation_of("b", "etl"));
}

TEST(LiveDenials, TakesTheLaterEnd) {
  const auto live = live_with({numbered(denial_of(DenialKind::client, "etl"), 7)});
  const auto sooner = live.place(denial_of(DenialKind::client, "etl", kAsked + seconds{59}));
  EXPECT_FALSE(sooner->is_changed());
  const auto later = live.place(denial_of(DenialKind::client, "etl", kAsked + seconds{61}));
  EXPECT_EQ(later->after, numbered(denial_of(DenialKind::client, "etl", kAsked + seconds{61}), 7));
  // None is the latest.
  const auto never = live.place(denial_of(DenialKind::client, "etl", std::nullopt));
  EXPECT_EQ(never->after.until, std::nullopt);
  const auto endless = live_with({denial_of(DenialKind::client, "etl", std::nullopt)});
  EXPECT_FALSE(endless.place(denial_of(DenialKind::client, "etl"))->is_changed());
}

TEST(LiveDenials, KeepsApartWhatDeniesOtherTokens) {
  const Denial all = denial_of(DenialKind::client, "etl");
  const auto live = live_with({numbered(all, 1), numbered(older_than(all, kAsked), 2)});
  EXPECT_EQ(live.place(all)->after.id, 1U);
  EXPECT_EQ(live.place(older_than(all, kAsked))->after.id, 2U);
  EXPECT_FALSE(live.place(older_than(all, kAsked - seconds{1}))->before);
  EXPECT_FALSE(live.place(denial_of(DenialKind::jti, "etl"))->before);
  EXPECT_FALSE(live.place(older_than(denial_of(DenialKind::issued_before, ""), kAsked))->before);
}

// Every ten minutes that it comes, for as long as its tokens live: still one row.
TEST(LiveDenials, MovesTheTimeOfACertificateThatIsFoundRevokedAgain) {
  const auto live = live_with({numbered(found_revoked("T", kAsked), 3)});
  const auto again = live.place(found_revoked("T", kAsked + seconds{600}));
  EXPECT_EQ(again->after, numbered(found_revoked("T", kAsked + seconds{600}), 3));
  // An operator's is another.
  EXPECT_FALSE(live.place(older_than(denial_of(DenialKind::thumbprint, "T"), kAsked))->before);
}

TEST(LiveDenials, LeavesACertificateThatComesAgainSoonAsItIs) {
  const auto live = live_with({numbered(found_revoked("T", kAsked), 3)});
  EXPECT_FALSE(live.place(found_revoked("T", kAsked + seconds{599}))->is_changed());
  // What an operator denies for a while is not what was found.
  const auto denied = live_with({denial_of(DenialKind::thumbprint, "T")});
  EXPECT_FALSE(denied.place(found_revoked("T", kAsked))->before);
}

// So that a denial that is taken back leaves what somebody else asked for.
TEST(LiveDenials, KeepsApartWhatAClientRevokedAndAnOperatorDenied) {
  auto live = live_with({numbered(revocation_of("a", "etl"), 7)});
  const Denial by_operator = denial_of(DenialKind::jti, "a", kAsked + seconds{10});
  const auto placed = live.place(by_operator);
  EXPECT_FALSE(placed->before);
  EXPECT_EQ(placed->after, by_operator);
  live.put(numbered(placed->after, 8));
  EXPECT_EQ(live.count_of(DenialOrigin::by_client), 1U);
  EXPECT_EQ(live.count_of(DenialOrigin::by_operator), 1U);
  live.remove(numbered(by_operator, 8));
  EXPECT_EQ(live.place(revocation_of("a", "etl"))->after.id, 7U);
}

// Many tokens, one by one, do not take the room of what denies them all at once.
TEST(LiveDenials, KeepsRoomForWhatDeniesMore) {
  const DenialLimits limits{25, 5, 5, 5};
  LiveDenials live{limits};
  for (int i = 0; i < 24; ++i) live.put(denial_of(DenialKind::jti, std::to_string(i)));
  EXPECT_EQ(fault_of(live, denial_of(DenialKind::jti, "more")).substr(0, 23), "24 denials of operators");
  EXPECT_EQ(fault_of(live, denial_of(DenialKind::client, "etl")), "");
}

TEST(LiveDenials, BoundsWhatOneClientRevokes) {
  const DenialLimits limits{10, 2, 10, 10};
  auto live = live_with({revocation_of("a", "etl"), revocation_of("b", "etl"), revocation_of("c", "other")}, limits);
  const auto full = live.place(revocation_of("d", "etl"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::temporarily_unavailable);
  EXPECT_EQ(full.error().reason, Reason::denials_full);
  EXPECT_EQ(full.error().detail, "2 denials of client etl are in force already");
  EXPECT_TRUE(live.place(revocation_of("b", "etl")));  // needs no room
  EXPECT_TRUE(live.place(revocation_of("d", "other")));
  live.remove(revocation_of("a", "etl"));
  EXPECT_TRUE(live.place(revocation_of("d", "etl")));
}

// Nobody takes the room of another.
TEST(LiveDenials, BoundsEachOriginByItself) {
  const DenialLimits limits{1, 5, 2, 1};
  const auto clients_full = live_with({revocation_of("a", "etl"), revocation_of("b", "other")}, limits);
  EXPECT_EQ(fault_of(clients_full, revocation_of("c", "third")), "2 denials of clients are in force already");
  EXPECT_EQ(fault_of(clients_full, denial_of(DenialKind::jti, "c")), "");
  EXPECT_EQ(fault_of(clients_full, found_revoked("T", kAsked)), "");
  const auto full = live_with({denial_of(DenialKind::client, "a"), found_revoked("T", kAsked)}, limits);
  EXPECT_EQ(fault_of(full, found_revoked("U", kAsked)),
            "1 denials of certificates that were found revoked are in force already");
  const auto refused = full.place(denial_of(DenialKind::client, "b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  EXPECT_NE(refused.error().detail.find("1 denials of operators are in force already"), std::string::npos);
  EXPECT_NE(refused.error().detail.find("deny remove"), std::string::npos);
  EXPECT_EQ(fault_of(full, revocation_of("c", "etl")), "");
}

}  // namespace certbound::store
