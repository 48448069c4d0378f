#include "app/build_snapshot.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;
using model::SigningAlgorithm;

/// One, active.
SnapshotKeys make_keys(SigningAlgorithm algorithm) {
  oauth::SigningKey key;
  key.key = *crypto::make_key(jose::key_type_for(algorithm));
  key.record = {jose::key_thumbprint(*key.key)->to_base64url(), algorithm, model::KeyState::active, kNow};
  SnapshotKeys keys;
  keys.signing.push_back(std::move(key));
  return keys;
}

config::Config config_of(const std::string& issuer) {
  config::Config config;
  config.issuer = issuer;
  config.listeners.resize(1);
  return config;
}

std::shared_ptr<const oauth::Snapshot> build(const config::Config& config) {
  auto snapshot = build_snapshot(config, Materials{}, make_keys(config.signing.algorithm), 7);
  if (!snapshot) throw std::runtime_error{snapshot.error().detail};
  return *std::move(snapshot);
}

nlohmann::json metadata_of(const config::Config& config) { return nlohmann::json::parse(build(config)->metadata.body); }

/// Two listeners: the first asks for no certificate, the second does, under `url`.
config::Config split_config(const std::string& url) {
  config::Config config = config_of("https://as.example:8443/t1");
  config.listeners.resize(2);
  config.listeners[0].client_certificate = net::ClientCertificate::none;
  config.listeners[1].url = url;
  return config;
}

}  // namespace

// V8414: the issuer's path without its terminating slash.
TEST(BuildSnapshot, TakesThePathOfTheIssuer) {
  const std::pair<const char*, const char*> issuers[] = {{"https://as.example", ""},
                                                         {"https://as.example/", ""},
                                                         {"https://as.example:8443", ""},
                                                         {"https://as.example/t1", "/t1"},
                                                         {"https://as.example:8443/a/b/", "/a/b"}};
  for (const auto& [issuer, path] : issuers) {
    const auto snapshot = build(config_of(issuer));
    EXPECT_EQ(snapshot->issuer_path, path) << issuer;
    EXPECT_EQ(snapshot->issuer, issuer);
  }
}

TEST(BuildSnapshot, HasWhatTheConfigurationHas) {
  const Files files;
  config::Config config = files.config();
  config.tokens.lifetime = std::chrono::seconds{77};
  config.limits.chain = {.certificates = 3, .bytes = 5000, .depth = 2};
  config.resources = {{"https://a.example", *model::Scope::parse("read")}};
  const LoadedMaterials materials = load_materials(config, kNow);
  ASSERT_TRUE(materials.materials);
  const auto snapshot = build_snapshot(config, *materials.materials, make_keys(SigningAlgorithm::es256), 7);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ((*snapshot)->generation, 7U);
  EXPECT_EQ((*snapshot)->tokens.lifetime, std::chrono::seconds{77});
  EXPECT_EQ((*snapshot)->chain_limits.certificates, 3U);
  EXPECT_EQ((*snapshot)->chain_limits.bytes, 5000U);
  EXPECT_EQ((*snapshot)->chain_limits.depth, 2);
  EXPECT_TRUE((*snapshot)->resources.contains("https://a.example"));
  EXPECT_TRUE((*snapshot)->trust_stores.contains("partner"));
  EXPECT_EQ((*snapshot)->active_key().record.kid, (*snapshot)->keys.front().record.kid);
  const auto jwks = nlohmann::json::parse((*snapshot)->jwks.body);
  EXPECT_EQ(jwks["keys"][0]["kid"], (*snapshot)->keys.front().record.kid);
}

TEST(BuildSnapshot, TriesTheKeyThatSigns) {
  SnapshotKeys keys = make_keys(SigningAlgorithm::es256);
  keys.signing.front().key = certbound::test::make_key(certbound::test::KeyKind::ed25519);
  const auto snapshot = build_snapshot(config_of("https://as.example"), Materials{}, std::move(keys), 1);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::server_error);
}

// FAPI 2.0 section 5.4.1: also where signing.algorithm has changed and the old key still signs.
TEST(BuildSnapshot, RefusesAKeyThatTheProfileForbids) {
  config::Config config = config_of("https://as.example");
  config.profile = oauth::Profile::fapi2;
  const auto forbidden = build_snapshot(config, Materials{}, make_keys(SigningAlgorithm::rs256), 1);
  ASSERT_FALSE(forbidden);
  EXPECT_NE(forbidden.error().detail.find("RS256"), std::string::npos) << forbidden.error().detail;
  EXPECT_TRUE(build_snapshot(config, Materials{}, make_keys(SigningAlgorithm::ps256), 1));
}

// product.md section 3: what a proof's URL is compared with.
TEST(BuildSnapshot, KnowsUnderWhichOriginEachListenerIsReached) {
  EXPECT_EQ(build(split_config("https://mtls.as.example"))->urls.listener_origins,
            (std::vector<std::string>{"https://as.example:8443", "https://mtls.as.example"}));
}

TEST(BuildSnapshot, SaysForHowLongItsKeysMayBeCached) {
  config::Config config = config_of("https://as.example");
  config.signing.jwks_max_age = std::chrono::seconds{77};
  EXPECT_EQ(build(config)->jwks.max_age, std::chrono::seconds{77});
}

TEST(ReplaceKeys, ChangesTheKeysAndTheirDocumentsOnly) {
  const auto before = build(config_of("https://as.example"));
  SnapshotKeys keys = make_keys(SigningAlgorithm::eddsa);
  keys.sealing.push_back({"s", crypto::Secret{Bytes(32, 1)}});
  const std::string kid = keys.signing.front().record.kid;
  const auto after = replace_keys(*before, keys);
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->active_key().record.kid, kid);
  EXPECT_EQ((*after)->sealing_keys.size(), 1U);
  EXPECT_NE((*after)->jwks.etag, before->jwks.etag);
  EXPECT_EQ((*after)->jwks.max_age, before->jwks.max_age);
  nlohmann::json metadata = nlohmann::json::parse(before->metadata.body);
  metadata["introspection_signing_alg_values_supported"] = {"EdDSA"};
  EXPECT_EQ(nlohmann::json::parse((*after)->metadata.body), metadata);
  EXPECT_EQ((*after)->generation, before->generation);

  keys.signing.front().key = certbound::test::make_key(certbound::test::KeyKind::ec_p256);
  EXPECT_FALSE(replace_keys(*before, keys));  // it cannot sign
}

TEST(MakeKeyPolicy, IsWhatTheConfigurationSays) {
  config::Config config = config_of("https://as.example");
  config.signing.algorithm = SigningAlgorithm::rs256;
  config.signing.rotation_interval = std::chrono::seconds{7};
  config.signing.jwks_max_age = std::chrono::seconds{3};
  config.tokens.lifetime = std::chrono::seconds{11};
  const KeyPolicy policy = make_key_policy(config);
  EXPECT_EQ(policy.algorithm, SigningAlgorithm::rs256);
  EXPECT_EQ(policy.rotation_interval, std::chrono::seconds{7});
  EXPECT_EQ(policy.cache_lifetime, std::chrono::seconds{3});
  EXPECT_EQ(policy.token_lifetime, std::chrono::seconds{11});
  EXPECT_FALSE(policy.seals);
}

// What keeps a retired key published is the longest token that it can have made.
TEST(MakeKeyPolicy, HasTheLongestLifetimeOfAnyResource) {
  config::Config config = config_of("https://as.example");
  config.tokens.lifetime = std::chrono::seconds{11};
  config.resources = {{"https://a.example", {}}, {"https://b.example", {}}};
  config.resources[1].lifetime = std::chrono::seconds{17};
  EXPECT_EQ(make_key_policy(config).token_lifetime, std::chrono::seconds{17});
  EXPECT_FALSE(make_key_policy(config).seals);
  config.resources[0].token_format = model::TokenFormat::opaque;
  config.resources[0].lifetime = std::chrono::seconds{23};
  EXPECT_EQ(make_key_policy(config).token_lifetime, std::chrono::seconds{23});
  EXPECT_TRUE(make_key_policy(config).seals);
  for (model::Resource& resource : config.resources) resource.lifetime = std::chrono::seconds{5};
  EXPECT_EQ(make_key_policy(config).token_lifetime, std::chrono::seconds{11});  // fail closed: the default is possible
}

// RFC 8705 section 5.
TEST(BuildSnapshot, PublishesAliasesWhereTheListenersAreSplit) {
  const auto aliases = metadata_of(split_config("https://mtls.as.example:9443"))["mtls_endpoint_aliases"];
  EXPECT_EQ(aliases["token_endpoint"], "https://mtls.as.example:9443/t1/oauth2/token");
  EXPECT_EQ(metadata_of(split_config("https://as.example:9443/"))["mtls_endpoint_aliases"]["token_endpoint"],
            "https://as.example:9443/t1/oauth2/token");
}

TEST(BuildSnapshot, PublishesNoAliasWhereItWouldSayTheSame) {
  for (const char* url : {"", "https://as.example:8443", "https://as.example:8443/"}) {
    EXPECT_FALSE(metadata_of(split_config(url)).contains("mtls_endpoint_aliases")) << url;
  }
}

TEST(BuildSnapshot, PublishesNoMethodWhereNoListenerAsksForACertificate) {
  config::Config config = config_of("https://as.example");
  config.listeners[0].client_certificate = net::ClientCertificate::none;
  EXPECT_EQ(metadata_of(config).dump().find("tls_client"), std::string::npos);
}

}  // namespace certbound::app
