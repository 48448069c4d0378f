#include "verifier/refusal.hpp"

#include <array>
#include <set>

#include <gtest/gtest.h>

namespace certbound::verifier {

namespace {

constexpr auto kLast = static_cast<int>(RefusalReason::internal);

constexpr const char* kBearer = R"(Bearer realm="https://api.example.com")";
constexpr const char* kDpop = R"(DPoP algs="ES256 PS256")";

Refusal refusal_for(RefusalReason reason, std::span<const std::string_view> scopes = {}) {
  return make_refusal({reason, "why"}, Scheme::bearer, {"https://api.example.com", {}}, scopes);
}

/// Of a verifier that understands both schemes.
Refusal refusal_of_both(RefusalReason reason, Scheme used, std::span<const std::string_view> scopes = {}) {
  return make_refusal({reason, "why", "nonce"}, used, {"https://api.example.com", "ES256 PS256"}, scopes);
}

}  // namespace

// RFC 6750 section 3.1: no error where no credentials came; a challenge has a parameter all the same (section 3).
TEST(MakeRefusal, ChallengesWithoutAnErrorWhereNoTokenCame) {
  const Refusal refusal = refusal_for(RefusalReason::token_missing);
  EXPECT_EQ(refusal.status, 401);
  EXPECT_EQ(refusal.www_authenticate, R"(Bearer realm="https://api.example.com")");
}

TEST(MakeRefusal, SaysInvalidTokenAndNothingElseOfEveryBadToken) {
  for (int i = static_cast<int>(RefusalReason::token_malformed); i <= static_cast<int>(RefusalReason::proof_missing);
       ++i) {
    const Refusal refusal = refusal_for(static_cast<RefusalReason>(i));
    EXPECT_EQ(refusal.status, 401) << i;
    EXPECT_EQ(refusal.www_authenticate, R"(Bearer realm="https://api.example.com", error="invalid_token")") << i;
    EXPECT_EQ(refusal.detail, "why");
  }
}

// RFC 9449 section 7.1.
TEST(MakeRefusal, SaysOfABadProofThatItIsThat) {
  for (int i = static_cast<int>(RefusalReason::proof_missing); i <= static_cast<int>(RefusalReason::proof_replayed);
       ++i) {
    const Refusal refusal = refusal_of_both(static_cast<RefusalReason>(i), Scheme::dpop);
    EXPECT_EQ(refusal.status, 401) << i;
    EXPECT_EQ(refusal.challenges.front(), std::string{kDpop} + R"(, error="invalid_dpop_proof")") << i;
  }
  const Refusal mismatch = refusal_of_both(RefusalReason::proof_key_mismatch, Scheme::dpop);
  EXPECT_EQ(mismatch.challenges.front(), std::string{kDpop} + R"(, error="invalid_token")");
}

// RFC 9449 section 9.
TEST(MakeRefusal, AsksForANonce) {
  for (const auto reason : {RefusalReason::proof_nonce_missing, RefusalReason::proof_nonce_wrong}) {
    const Refusal refusal = refusal_of_both(reason, Scheme::dpop);
    EXPECT_EQ(refusal.status, 401);
    EXPECT_EQ(refusal.challenges.front(), std::string{kDpop} + R"(, error="use_dpop_nonce")");
    EXPECT_EQ(refusal.dpop_nonce, "nonce");
  }
}

// RFC 9449 section 7.2, conformance 9449-7-5; 6750-3-1b: no parameter twice in the field.
TEST(MakeRefusal, OffersBothSchemesAndBlamesTheOneThatWasUsed) {
  using Challenges = std::vector<std::string>;
  EXPECT_EQ(refusal_of_both(RefusalReason::token_missing, Scheme::bearer).challenges, (Challenges{kBearer, kDpop}));
  const Refusal bearer = refusal_of_both(RefusalReason::scheme_wrong, Scheme::bearer);
  EXPECT_EQ(bearer.challenges, (Challenges{std::string{kBearer} + R"(, error="invalid_token")", kDpop}));
  EXPECT_EQ(bearer.www_authenticate, std::string{kBearer} + R"(, error="invalid_token", )" + kDpop);
  const Refusal dpop = refusal_of_both(RefusalReason::expired, Scheme::dpop);
  EXPECT_EQ(dpop.challenges, (Challenges{std::string{kDpop} + R"(, error="invalid_token")", kBearer}));
  // Another scheme would not help.
  constexpr std::array<std::string_view, 1> kScope{"orders.read"};
  EXPECT_EQ(refusal_of_both(RefusalReason::scope_missing, Scheme::dpop, kScope).challenges,
            (Challenges{std::string{kDpop} + R"(, error="insufficient_scope", scope="orders.read")"}));
  EXPECT_EQ(refusal_of_both(RefusalReason::request_malformed, Scheme::bearer).challenges,
            (Challenges{std::string{kBearer} + R"(, error="invalid_request")"}));
  // Where only one is understood there is one.
  EXPECT_EQ(refusal_for(RefusalReason::expired).challenges,
            (Challenges{std::string{kBearer} + R"(, error="invalid_token")"}));
}

TEST(MakeRefusal, NamesTheScopesThatAreNeeded) {
  constexpr std::array<std::string_view, 2> kScopes{"orders.read", "orders.write"};
  const Refusal refusal = refusal_for(RefusalReason::scope_missing, kScopes);
  EXPECT_EQ(refusal.status, 403);
  EXPECT_EQ(refusal.www_authenticate,
            R"(Bearer realm="https://api.example.com", error="insufficient_scope", scope="orders.read orders.write")");
  // Only that refusal tells them.
  EXPECT_EQ(refusal_for(RefusalReason::expired, kScopes).www_authenticate.find("scope"), std::string::npos);
}

// RFC 6750 section 3: what a quoted string may hold.
TEST(MakeRefusal, LeavesOutAScopeThatAChallengeCannotHold) {
  constexpr std::array<std::string_view, 6> kScopes{"a\"b", "a\r\nSet-Cookie: x", "", "a b", "\xc3\xa9", "good"};
  EXPECT_EQ(refusal_for(RefusalReason::scope_missing, kScopes).www_authenticate,
            R"(Bearer realm="https://api.example.com", error="insufficient_scope", scope="good")");
}

TEST(MakeRefusal, TellsTheOtherStatuses) {
  EXPECT_EQ(refusal_for(RefusalReason::request_malformed).status, 400);
  EXPECT_EQ(refusal_for(RefusalReason::request_malformed).www_authenticate,
            R"(Bearer realm="https://api.example.com", error="invalid_request")");
  EXPECT_EQ(refusal_for(RefusalReason::keys_unavailable).status, 503);
  EXPECT_EQ(refusal_for(RefusalReason::keys_unavailable).www_authenticate, "");
  EXPECT_EQ(refusal_for(RefusalReason::proofs_unavailable).status, 503);
  EXPECT_EQ(refusal_for(RefusalReason::internal).status, 500);
  EXPECT_EQ(refusal_for(RefusalReason::internal).www_authenticate, "");
}

TEST(RefusalReasonName, IsThereOnceForEach) {
  std::set<std::string_view> names;
  for (int i = 0; i <= kLast; ++i) names.insert(name(static_cast<RefusalReason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kLast) + 1);
}

TEST(QuoteShort, CutsAndEscapes) {
  EXPECT_EQ(quote_short("a\"\n\x1b"), R"("a\"\n\u001b")");
  EXPECT_EQ(quote_short(std::string(1000, 'x')), "\"" + std::string(128, 'x') + "\"");
}

TEST(MakeLogLine, IsOneLineOfPrintableAscii) {
  EXPECT_EQ(make_log_line("a \"b\" ~"), "a \"b\" ~");
  EXPECT_EQ(make_log_line("a\r\nb\tc\x1b[2J\x7f\xc2\x85"), "a??b?c?[2J???");
  EXPECT_EQ(make_log_line(std::string{"a\0b", 3}), "a?b");
  EXPECT_EQ(make_log_line(std::string(1000, 'x')), std::string(512, 'x'));
}

TEST(IsQuotable, IsWhatRfc6750Permits) {
  EXPECT_TRUE(is_quotable("https://api.example.com/a b?c=d#e!~"));
  for (const auto* text : {"a\"", "a\\", "a\n", "\x7f", "\xc3\xa9"}) EXPECT_FALSE(is_quotable(text)) << text;
}

}  // namespace certbound::verifier
