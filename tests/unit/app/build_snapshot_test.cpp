#include "app/build_snapshot.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "jose/jwk.hpp"
#include "store/memory/memory_store.hpp"
#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;
using model::SigningAlgorithm;

std::unique_ptr<store::Store> make_empty_store() {
  auto made = store::memory::make_memory_store();
  if (!made) throw std::runtime_error{made.error().detail};
  return *std::move(made);
}

std::vector<oauth::SigningKey> load_keys(store::Store& store, SigningAlgorithm algorithm) {
  auto keys = load_signing_keys(store.keys(), algorithm, kNow);
  if (!keys) throw std::runtime_error{keys.error().detail};
  return *std::move(keys);
}

config::Config config_of(const std::string& issuer) {
  config::Config config;
  config.issuer = issuer;
  config.listeners.resize(1);
  return config;
}

std::shared_ptr<const oauth::Snapshot> build(const config::Config& config) {
  const auto store = make_empty_store();
  auto snapshot = build_snapshot(config, Materials{}, load_keys(*store, config.signing.algorithm), 7);
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

// Product section 6: made on the first start, kept in the store.
TEST(LoadSigningKeys, MakesAKeyOnceAndThenUsesIt) {
  const auto store = make_empty_store();
  const auto first = load_keys(*store, SigningAlgorithm::es256);
  const auto second = load_keys(*store, SigningAlgorithm::es256);

  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].record.kid, second[0].record.kid);
  EXPECT_EQ(first[0].record.state, model::KeyState::active);
  EXPECT_EQ(first[0].record.created_at, kNow);
  EXPECT_EQ(EVP_PKEY_eq(first[0].private_key.get(), second[0].private_key.get()), 1);
  EXPECT_EQ(first[0].record.kid, jose::key_thumbprint(*first[0].private_key)->to_base64url());
}

// A token of the old algorithm is still verified.
TEST(LoadSigningKeys, MakesAKeyForEachAlgorithmAndKeepsTheOthers) {
  const auto store = make_empty_store();
  for (const auto algorithm : {SigningAlgorithm::es256, SigningAlgorithm::eddsa, SigningAlgorithm::ps256,
                               SigningAlgorithm::rs256, SigningAlgorithm::es256}) {
    const auto keys = load_keys(*store, algorithm);
    const auto fits = [algorithm](const oauth::SigningKey& key) { return key.record.algorithm == algorithm; };
    EXPECT_EQ(std::count_if(keys.begin(), keys.end(), fits), 1) << name(algorithm);
  }
  EXPECT_EQ(load_keys(*store, SigningAlgorithm::es256).size(), 4U);
}

TEST(LoadSigningKeys, RefusesAKeyThatCannotBeRead) {
  const auto store = make_empty_store();
  const model::SigningKeyRecord record{"damaged", SigningAlgorithm::es256, model::KeyState::active, kNow};
  ASSERT_TRUE(store->keys().insert_key(store::StoredKey{record, crypto::Secret{Bytes{0x30, 0x00}}}));
  const auto keys = load_signing_keys(store->keys(), SigningAlgorithm::es256, kNow);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, ErrorCode::server_error);
}

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
  const auto store = make_empty_store();
  const auto snapshot = build_snapshot(config, *materials.materials, load_keys(*store, SigningAlgorithm::es256), 7);

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
  const auto store = make_empty_store();
  auto keys = load_keys(*store, SigningAlgorithm::es256);
  keys.front().private_key = certbound::test::make_key(certbound::test::KeyKind::ed25519);
  const auto snapshot = build_snapshot(config_of("https://as.example"), Materials{}, std::move(keys), 1);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::server_error);
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
