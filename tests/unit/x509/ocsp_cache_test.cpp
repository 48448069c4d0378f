#include "x509/ocsp_cache.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using test::kNow;

OcspOutcome answer_of(OcspStatus status, WallTime until = kNow + hours{1}, WallTime since = kNow - hours{1}) {
  OcspAnswer answer;
  answer.status = status;
  answer.this_update = since;
  answer.valid_until = until;
  return OcspOutcome::of_answer(std::move(answer), kNow);
}

crypto::Sha256 key_of(const std::string& text) { return crypto::sha256(text); }

}  // namespace

TEST(OcspCache, KeepsAnAnswerUntilItEnds) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::good));
  EXPECT_NE(cache.find(key_of("a"), kNow), nullptr);
  EXPECT_NE(cache.find(key_of("a"), kNow + hours{1} - seconds{1}), nullptr);
  EXPECT_EQ(cache.find(key_of("a"), kNow + hours{1}), nullptr);
  EXPECT_EQ(cache.find(key_of("a"), kNow - hours{2}), nullptr);
  EXPECT_EQ(cache.find(key_of("b"), kNow), nullptr);
}

TEST(OcspCache, UsesAGoodAnswerNoLongerThanAnHour) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::good, kNow + hours{24}));
  cache.put(key_of("b"), answer_of(OcspStatus::revoked, kNow + hours{24}));
  EXPECT_NE(cache.find(key_of("a"), kNow + kOcspLongestUse - seconds{1}), nullptr);
  EXPECT_EQ(cache.find(key_of("a"), kNow + kOcspLongestUse), nullptr);
  EXPECT_NE(cache.find(key_of("b"), kNow + hours{24} - seconds{1}), nullptr);
}

TEST(OcspCache, FindsWhatIsRevokedAlsoWhereItHasEnded) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::revoked, kNow + seconds{1}));
  cache.put(key_of("b"), answer_of(OcspStatus::good));
  EXPECT_EQ(cache.find(key_of("a"), kNow + hours{1}), nullptr);
  EXPECT_NE(cache.find_revoked(key_of("a")), nullptr);
  EXPECT_EQ(cache.find_revoked(key_of("b")), nullptr);
  EXPECT_EQ(cache.find_revoked(key_of("c")), nullptr);
}

TEST(OcspCache, ForgetsSoonThatNobodyKnows) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::unknown));
  cache.put(key_of("b"), OcspOutcome::of_failure("down", kNow, seconds{10}));
  EXPECT_NE(cache.find(key_of("a"), kNow + kOcspPause - seconds{1}), nullptr);
  EXPECT_EQ(cache.find(key_of("a"), kNow + kOcspPause), nullptr);
  EXPECT_NE(cache.find(key_of("b"), kNow + seconds{9}), nullptr);
  EXPECT_EQ(cache.find(key_of("b"), kNow + seconds{10}), nullptr);
}

TEST(OcspCache, WhatWasRevokedStaysSoWhileNobodyTellsOtherwise) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::revoked));
  const WallTime later = kNow + hours{2};
  const auto silent = cache.put(key_of("a"), OcspOutcome::of_failure("down", later, seconds{10}));
  ASSERT_NE(silent->answer, nullptr);
  EXPECT_EQ(silent->answer->status, OcspStatus::revoked);
  EXPECT_EQ(cache.find(key_of("a"), later), silent);
  EXPECT_EQ(cache.find(key_of("a"), later + seconds{10}), nullptr);
  const auto again = cache.put(key_of("a"), OcspOutcome::of_failure("down", later + seconds{10}, seconds{10}));
  EXPECT_NE(again->answer, nullptr);
  const auto cleared = cache.put(key_of("a"), answer_of(OcspStatus::good, later + hours{1}));
  EXPECT_EQ(cleared->answer->status, OcspStatus::good);
}

TEST(OcspCache, AnOlderGoodAnswerEndsNoRevocation) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::revoked, kNow + seconds{10}));
  const auto replayed =
      cache.put(key_of("a"), answer_of(OcspStatus::good, kNow + hours{1}, kNow - hours{1} - seconds{1}));
  ASSERT_NE(replayed->answer, nullptr);
  EXPECT_EQ(replayed->answer->status, OcspStatus::revoked);
  EXPECT_EQ(replayed->failure, "the responder said good, which does not end it");
  // The responder is asked again soon, and may end it.
  EXPECT_EQ(cache.find(key_of("a"), kNow + kOcspPause - seconds{1}), replayed);
  EXPECT_EQ(cache.find(key_of("a"), kNow + kOcspPause), nullptr);
  const auto newer = cache.put(key_of("a"), answer_of(OcspStatus::good, kNow + hours{1}, kNow - hours{1}));
  EXPECT_EQ(newer->answer->status, OcspStatus::good);
}

TEST(OcspCache, AnOlderGoodAnswerShortensNoRevocation) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::revoked, kNow + hours{1}));
  cache.put(key_of("a"), answer_of(OcspStatus::good, kNow + hours{1}, kNow - hours{2}));
  const auto found = cache.find(key_of("a"), kNow + hours{1} - seconds{1});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->answer->status, OcspStatus::revoked);
}

TEST(OcspCache, AGoodAnswerThatHasEndedIsNone) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::good));
  EXPECT_EQ(cache.put(key_of("a"), OcspOutcome::of_failure("down", kNow + hours{2}, seconds{10}))->answer, nullptr);
}

TEST(OcspCache, IsBounded) {
  OcspCache cache{2};
  cache.put(key_of("a"), answer_of(OcspStatus::good));
  cache.put(key_of("b"), answer_of(OcspStatus::good));
  EXPECT_NE(cache.find(key_of("a"), kNow), nullptr);  // b is the oldest now
  cache.put(key_of("c"), answer_of(OcspStatus::good));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find(key_of("b"), kNow), nullptr);
  EXPECT_NE(cache.find(key_of("a"), kNow), nullptr);
}

// Else many certificates of the same CA would bring back one of them.
TEST(OcspCache, KeepsWhatIsRevokedWhenItIsFull) {
  OcspCache cache{2};
  cache.put(key_of("a"), answer_of(OcspStatus::revoked));
  for (const char* name : {"b", "c", "d"}) cache.put(key_of(name), answer_of(OcspStatus::good));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_NE(cache.find_revoked(key_of("a")), nullptr);
  EXPECT_NE(cache.find(key_of("d"), kNow), nullptr);
  cache.put(key_of("e"), answer_of(OcspStatus::revoked));
  cache.put(key_of("f"), answer_of(OcspStatus::revoked));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find_revoked(key_of("a")), nullptr);
  EXPECT_NE(cache.find_revoked(key_of("f")), nullptr);
}

TEST(OcspCache, ForgetsAllButWhatIsRevoked) {
  OcspCache cache;
  cache.put(key_of("a"), answer_of(OcspStatus::good));
  cache.put(key_of("b"), answer_of(OcspStatus::unknown));
  cache.put(key_of("c"), OcspOutcome::of_failure("down", kNow, seconds{10}));
  cache.put(key_of("d"), answer_of(OcspStatus::revoked));
  cache.forget_all_but_revoked();
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_NE(cache.find(key_of("d"), kNow), nullptr);
}

TEST(OcspKey, TellsCertificatesIssuersAndSourcesApart) {
  const test::Identity root = test::make_root("Root");
  const test::Identity leaf = test::make_client("client", root);
  const OcspQuestion question{leaf.certificate, root.certificate};
  OcspOptions options;
  options.source = OcspSource::responder;
  options.responder = "http://a.example/";
  const crypto::Sha256 key = ocsp_key(question, options);
  EXPECT_EQ(ocsp_key(question, options), key);
  EXPECT_NE(ocsp_key({test::make_client("client", root).certificate, root.certificate}, options), key);
  EXPECT_NE(ocsp_key({leaf.certificate, test::make_root("Root").certificate}, options), key);
  options.responder = "http://b.example/";
  EXPECT_NE(ocsp_key(question, options), key);
}

}  // namespace certbound::x509
