#include "app/reload_check.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace certbound::app {

namespace {

using Change = std::function<void(config::Config&)>;
using Keys = std::vector<std::string>;

Keys keys_after(const Change& change) {
  config::Config running;
  running.listeners.resize(2);
  running.listeners[1].address = "0.0.0.0:9443";
  config::Config wanted = running;
  change(wanted);
  return keys_that_need_restart(running, wanted);
}

}  // namespace

TEST(KeysThatNeedRestart, AreNoneWhereNothingChanged) {
  EXPECT_TRUE(keys_after([](config::Config&) {}).empty());
}

TEST(KeysThatNeedRestart, AreThoseThatABoundSocketOrAnOpenFileDependsOn) {
  EXPECT_EQ(keys_after([](config::Config& c) { c.listeners[1].address = "0.0.0.0:1"; }), Keys{"listeners[].address"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.listeners.resize(1); }), Keys{"listeners[].address"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.listeners.resize(3); }), Keys{"listeners[].address"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.operations.address = "none"; }), Keys{"operations.address"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.state_dir = "/other"; }), Keys{"state_dir"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.audit.file = "b.jsonl"; }), Keys{"audit.file"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.audit.durability = audit::Durability::fsync; }),
            Keys{"audit.durability"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.workers = 3; }), Keys{"workers"});
  EXPECT_EQ(keys_after([](config::Config& c) { c.signing.key_encryption_key = "k"; }),
            Keys{"signing.key_encryption_key"});
}

// They are of the TLS contexts and the snapshot, which a reload makes anew.
TEST(KeysThatNeedRestart, AreNotTheLimitsOfChains) {
  EXPECT_TRUE(
      keys_after([](config::Config& c) { c.limits.chain = {.certificates = 2, .bytes = 5000, .depth = 1}; }).empty());
}

TEST(KeysThatNeedRestart, AreTheLimits) {
  const Change changes[] = {[](config::Config& c) { ++c.limits.header_bytes; },
                            [](config::Config& c) { ++c.limits.body_bytes; },
                            [](config::Config& c) { ++c.limits.connections_per_worker; },
                            [](config::Config& c) { ++c.limits.handshake_timeout; },
                            [](config::Config& c) { ++c.limits.header_timeout; },
                            [](config::Config& c) { ++c.limits.body_timeout; },
                            [](config::Config& c) { ++c.limits.idle_timeout; },
                            [](config::Config& c) { ++c.limits.drain_timeout; }};
  for (const Change& change : changes) EXPECT_EQ(keys_after(change), Keys{"limits"});
}

TEST(KeysThatNeedRestart, AreAllOfThemAtOnce) {
  const Keys keys = keys_after([](config::Config& c) {
    c.workers = 3;
    c.state_dir = "/other";
  });
  EXPECT_EQ(keys, (Keys{"state_dir", "workers"}));
}

TEST(KeysThatNeedRestart, AreNotThoseThatAReloadTakes) {
  const Keys keys = keys_after([](config::Config& c) {
    c.issuer = "https://other.example";
    c.tokens.lifetime = std::chrono::seconds{20};
    c.tls.certificate = "other.crt";
    c.signing.algorithm = model::SigningAlgorithm::ps256;
    c.log.level = log::Level::debug;
    c.listeners[0].client_certificate = net::ClientCertificate::none;
    c.listeners[0].url = "https://mtls.example";
    c.trust_stores.resize(1);
    c.resources.resize(1);
  });
  EXPECT_TRUE(keys.empty());
}

}  // namespace certbound::app
