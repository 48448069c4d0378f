#include "oauth/key_set.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "jose/jwk.hpp"
#include "support/pki.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;

test::Identity self_signed(const std::string& common_name) {
  test::Shape shape;
  shape.subject = {{"CN", common_name}};
  return test::make_identity(shape);
}

Json bare_key(const test::Identity& identity) {
  auto jwk = jose::to_jwk(*identity.key);
  if (!jwk) throw std::runtime_error{jwk.error().detail};
  return *std::move(jwk);
}

std::string set_text(const std::vector<Json>& keys) { return Json{{"keys", keys}}.dump(); }

crypto::Sha256 key_of(const test::Identity& identity) {
  const auto thumbprint = jose::key_thumbprint(*identity.key);
  if (!thumbprint) throw std::runtime_error{thumbprint.error().detail};
  return *thumbprint;
}

std::string refusal(std::string_view body) {
  const auto parsed = parse_key_set(body);
  return parsed ? "" : parsed.error().detail;
}

}  // namespace

// RFC 8705 section 2.2.2: x5t#S256 names a certificate, a bare key every certificate with it.
TEST(ParseKeySet, TakesCertificatesAndKeys) {
  const test::Identity first = self_signed("first");
  const test::Identity second = self_signed("second");
  Json named = bare_key(first);
  named["x5t#S256"] = x509::x5t_s256(first.certificate);
  const auto parsed = parse_key_set(set_text({named, bare_key(second), bare_key(second)}));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->set.certificates, std::vector{x509::thumbprint(first.certificate)});
  EXPECT_EQ(parsed->set.keys, std::vector{key_of(second)});
  EXPECT_TRUE(parsed->skipped.empty());
}

// RFC 7517 sections 4.2 to 4.4: for assertions those that may verify; a certificate beside the key is no obstacle.
TEST(ParseKeySet, TellsWhichKeysVerify) {
  const test::Identity plain = self_signed("plain");
  const test::Identity certified = self_signed("certified");
  const test::Identity encrypting = self_signed("encrypting");
  const test::Identity signing_only = self_signed("signing only");
  Json named = bare_key(plain);
  named["kid"] = "one";
  named["use"] = "sig";
  named["key_ops"] = {"verify"};
  Json with_certificate = bare_key(certified);
  with_certificate["x5t#S256"] = x509::x5t_s256(certified.certificate);
  Json not_for_signatures = bare_key(encrypting);
  not_for_signatures["use"] = "enc";
  Json not_for_verifying = bare_key(signing_only);
  not_for_verifying["key_ops"] = {"sign"};
  const auto parsed = parse_key_set(set_text({named, with_certificate, not_for_signatures, not_for_verifying}));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  ASSERT_TRUE(parsed->set.verifying);
  const auto& verifying = *parsed->set.verifying;
  ASSERT_EQ(verifying.size(), 2U);
  EXPECT_EQ(verifying[0].thumbprint, key_of(plain));
  EXPECT_EQ(verifying[0].kid, "one");
  EXPECT_EQ(verifying[1].thumbprint, key_of(certified));
  // As before they stand for certificates, whatever they are for.
  EXPECT_EQ(parsed->set.keys.size(), 3U);
  EXPECT_EQ(parsed->set.certificates.size(), 1U);
}

TEST(ParseKeySet, HasNoKeyThatVerifiesWhereAllAreWithdrawn) {
  const auto parsed = parse_key_set(set_text({}));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  ASSERT_TRUE(parsed->set.verifying);
  EXPECT_TRUE(parsed->set.verifying->empty());
}

TEST(ParseKeySet, LeavesOutWhatIsNotUsable) {
  const test::Identity good = self_signed("good");
  Json damaged = bare_key(good);
  damaged["y"] = damaged["x"];
  const auto parsed = parse_key_set(set_text({damaged, bare_key(good), Json{{"kty", "AKP"}, {"pub", "AA"}}}));
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->set.keys.size(), 1U);
  ASSERT_EQ(parsed->skipped.size(), 1U);
  EXPECT_EQ(parsed->skipped.front().find("keys[0]: "), 0U);
}

// So a partner withdraws all his keys.
TEST(ParseKeySet, TakesAnEmptySetThatRegistersNobody) {
  const auto parsed = parse_key_set(R"({"keys":[]})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_TRUE(parsed->set.certificates.empty() && parsed->set.keys.empty());
  EXPECT_TRUE(parsed->skipped.empty());
}

TEST(ParseKeySet, RefusesASetOfUnusableKeys) {
  EXPECT_EQ(refusal(R"({"keys":[{"kty":"AKP","pub":"AA"}]})"), "no usable key");
  Json damaged = bare_key(self_signed("bad"));
  damaged["y"] = damaged["x"];
  EXPECT_EQ(refusal(set_text({damaged})).find("no usable key: keys[0]: "), 0U);
}

TEST(ParseKeySet, RefusesWhatIsNoSet) {
  for (const char* body : {"", "[]", "{}", R"({"keys":1})", "<html>", R"({"keys":[],"keys":[]})"}) {
    EXPECT_NE(refusal(body), "") << body;
  }
  EXPECT_NE(refusal(std::string(100000, '[')), "");
}

// A secret that was published must be heard of.
TEST(ParseKeySet, RefusesAPrivateKey) {
  Json secret = bare_key(self_signed("secret"));
  secret["d"] = "AAAA";
  EXPECT_NE(refusal(set_text({bare_key(self_signed("good")), secret})).find("private"), std::string::npos);
}

TEST(ParseKeySet, RefusesTooManyKeys) {
  const Json key = bare_key(self_signed("many"));
  EXPECT_TRUE(parse_key_set(set_text(std::vector<Json>(kMaximumKeys, key))));
  EXPECT_EQ(refusal(set_text(std::vector<Json>(kMaximumKeys + 1, key))), "more than 256 keys");
  EXPECT_EQ(refusal(set_text(std::vector<Json>(20000, Json{{"kty", "EC"}}))), "more than 256 keys");
}

}  // namespace certbound::oauth
