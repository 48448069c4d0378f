#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/config/memory_files.hpp"

namespace certbound::config {
namespace {

std::filesystem::path fixture_directory(const std::string& name) {
  return std::filesystem::path{CERTBOUND_FIXTURES} / "config" / name;
}

std::string read_fixture(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> list_fixtures(const std::string& name) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator{fixture_directory(name)}) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The real files below the directory, under names that do not tell where it is.
Surroundings rooted_surroundings(const std::filesystem::path& root) {
  const MemoryFiles variables{{},
                              {{"HOST", "as.example.com"},
                               {"PORT", "8443"},
                               {"MODE", "require"},
                               {"DIRECTORY", "tls"},
                               {"WORKERS", "3"},
                               {"SIZE", "32KiB"}},
                              kReadAt};
  const Surroundings real = system_surroundings();
  return {[variables](const std::string& name) { return variables.surroundings().environment(name); },
          [root, real](const std::filesystem::path& path) -> Result<std::string> {
            auto text = real.load_file(root / path);
            if (text) return text;
            std::string detail = text.error().detail;
            detail.erase(0, root.string().size() + 1);
            return invalid_input(detail);
          },
          [root, real](const std::filesystem::path& directory,
                       const std::string& pattern) -> Result<std::vector<std::filesystem::path>> {
            auto found = real.find_files(root / directory, pattern);
            if (!found) return found;
            for (std::filesystem::path& path : *found) path = path.lexically_relative(root);
            return found;
          },
          kReadAt};
}

Loaded load_fixture(const std::string& directory, const std::string& name) {
  const std::filesystem::path root = fixture_directory(directory);
  const Surroundings surroundings = rooted_surroundings(root);
  return load_text(name, read_fixture(root / name), surroundings);
}

std::string expected_problems(const std::string& directory, std::string name) {
  name.replace(name.size() - 5, 5, ".txt");
  return read_fixture(fixture_directory(directory) / name);
}

std::string all_problems(const Loaded& loaded) {
  std::string out;
  for (const std::string& line : rendered(loaded)) out += line + "\n";
  return out;
}

TEST(ConfigFixtures, EveryValidFileLoadsWithTheWarningsThatStandBesideIt) {
  const auto names = list_fixtures("valid");
  ASSERT_GE(names.size(), 6U);
  for (const std::string& name : names) {
    const Loaded loaded = load_fixture("valid", name);
    EXPECT_TRUE(loaded.config) << name;
    EXPECT_EQ(all_problems(loaded), expected_problems("valid", name)) << name;
  }
}

TEST(ConfigFixtures, EveryInvalidFileHasTheProblemsThatStandBesideIt) {
  const auto names = list_fixtures("invalid");
  ASSERT_GE(names.size(), 17U);
  for (const std::string& name : names) {
    const Loaded loaded = load_fixture("invalid", name);
    EXPECT_FALSE(loaded.config) << name;
    EXPECT_NE(expected_problems("invalid", name), "") << name;
    EXPECT_EQ(all_problems(loaded), expected_problems("invalid", name)) << name;
  }
}

TEST(ConfigFixtures, FullFileFillsEveryMember) {
  const Loaded loaded = load_fixture("valid", "full.yaml");
  ASSERT_TRUE(loaded.config);
  const Config& config = *loaded.config;
  EXPECT_EQ(config.issuer, "https://as.example.com:8443");
  ASSERT_EQ(config.listeners.size(), 3U);
  EXPECT_EQ(config.listeners[0].client_certificate, net::ClientCertificate::request);
  EXPECT_EQ(config.listeners[1].client_certificate, net::ClientCertificate::require);
  EXPECT_EQ(config.listeners[1].url, "https://mtls.as.example.com:9443");
  EXPECT_EQ(config.listeners[2].client_certificate, net::ClientCertificate::none);
  EXPECT_EQ(config.operations.address, "none");
  EXPECT_EQ(config.tls.certificate, "tls/server.crt");
  EXPECT_EQ(config.tls.private_key, "/etc/certbound/server.key");
  EXPECT_EQ(config.state_dir, "state");
  EXPECT_EQ(config.signing.algorithm, model::SigningAlgorithm::ps256);
  EXPECT_EQ(config.signing.rotation_interval, std::chrono::hours{7 * 24});
  EXPECT_EQ(config.signing.jwks_max_age, std::chrono::minutes{10});
  EXPECT_EQ(config.signing.key_encryption_key, "keys/at-rest.key");
  EXPECT_EQ(config.tokens.lifetime, std::chrono::hours{1});
  EXPECT_EQ(config.audit.file, "audit.jsonl");
  EXPECT_EQ(config.audit.durability, audit::Durability::fsync);
  EXPECT_EQ(config.audit.rotate_size, 100U << 20);
  EXPECT_EQ(config.log.format, log::Format::text);
  EXPECT_EQ(config.log.level, log::Level::debug);
  EXPECT_EQ(config.workers, 4U);
  EXPECT_EQ(config.fetch.allow, (std::vector<std::string>{"jwks.partner.internal:8443", "[fd00::5]"}));
  EXPECT_EQ(config.fetch.ca_file, "ca/outbound.crt");
}

TEST(ConfigFixtures, FullFileFillsTheLimits) {
  const Loaded loaded = load_fixture("valid", "full.yaml");
  ASSERT_TRUE(loaded.config);
  const net::Limits& limits = loaded.config->limits;
  EXPECT_EQ(limits.header_bytes, 8192U);
  EXPECT_EQ(limits.body_bytes, 1U << 20);
  EXPECT_EQ(limits.chain.certificates, 9U);
  EXPECT_EQ(limits.chain.bytes, 65536U);
  EXPECT_EQ(limits.chain.depth, 7);
  EXPECT_EQ(limits.connections_per_worker, 500U);
  EXPECT_EQ(limits.handshake_timeout, std::chrono::seconds{5});
  EXPECT_EQ(limits.header_timeout, std::chrono::seconds{6});
  EXPECT_EQ(limits.body_timeout, std::chrono::seconds{7});
  EXPECT_EQ(limits.idle_timeout, std::chrono::minutes{2});
  EXPECT_EQ(limits.drain_timeout, std::chrono::seconds{0});
}

TEST(ConfigFixtures, IncludedFilesAddClientsResourcesAndTrustStores) {
  const Loaded loaded = load_fixture("valid", "full.yaml");
  ASSERT_TRUE(loaded.config);
  const Config& config = *loaded.config;
  ASSERT_EQ(config.resources.size(), 3U);
  EXPECT_EQ(config.resources[2].identifier, "https://more.example.com");
  ASSERT_EQ(config.trust_stores.size(), 2U);
  EXPECT_FALSE(config.trust_stores[0].strict);
  EXPECT_EQ(config.trust_stores[0].revocation.mode, x509::RevocationMode::soft_fail);
  EXPECT_EQ(config.trust_stores[0].revocation.crls,
            (std::vector<x509::CrlSource>{{"ca/partner.crl", ""}, {"", "http://crl.partner.example/root.crl"}}));
  EXPECT_EQ(config.trust_stores[0].revocation.ocsp.source, x509::OcspSource::from_certificate);
  ASSERT_EQ(config.verifiers.size(), 2U);
  EXPECT_TRUE(config.verifiers[0].is_local());
  EXPECT_EQ(config.verifiers[0].socket_mode, 0600U);
  EXPECT_EQ(config.verifiers[0].certificate_format, gate::CertificateFormat::nginx);
  EXPECT_EQ(config.verifiers[0].scope, "orders.read");
  EXPECT_EQ(config.verifiers[0].binding, Binding::required);
  EXPECT_EQ(config.verifiers[0].url, "https://api.example.com");
  EXPECT_EQ(config.verifiers[0].method_header, "x-forwarded-method");
  EXPECT_EQ(config.verifiers[0].uri_header, "x-forwarded-uri");
  EXPECT_EQ(config.verifiers[1].url, "");
  EXPECT_FALSE(config.verifiers[1].is_local());
  EXPECT_EQ(config.verifiers[1].proxies.size(), 1U);
  EXPECT_EQ(config.verifiers[1].certificate_header, "x-cert");
  EXPECT_EQ(config.verifiers[1].binding, Binding::when_bound);
  EXPECT_EQ(config.trust_stores[0].revocation.ocsp.hosts,
            (std::vector<std::string>{"ocsp.example.com:8080", "b.example"}));
  EXPECT_EQ(config.trust_stores[1].revocation.mode, x509::RevocationMode::off);
  EXPECT_FALSE(config.trust_stores[1].revocation.ocsp.is_on());
  EXPECT_EQ(config.trust_stores[1].name, "more");
  EXPECT_EQ(config.trust_stores[1].anchors.front(), "clients.d/more.crt");
  ASSERT_EQ(config.clients.size(), 4U);
  EXPECT_EQ(config.clients[3].client_id.text(), "more-01");
  EXPECT_EQ(config.clients[3].origin.source, "yaml");
  EXPECT_EQ(config.clients[3].origin.place, "clients.d/more.yaml:8");
}

TEST(ConfigFixtures, PlacesAreFoundByPath) {
  const Loaded loaded = load_fixture("valid", "full.yaml");
  ASSERT_TRUE(loaded.config);
  const auto shown = [&](const char* path) {
    const auto place = loaded.config->find_place(path);
    return place ? place->file + ":" + std::to_string(place->line) + ":" + std::to_string(place->column) : "nowhere";
  };
  EXPECT_EQ(shown("tls.certificate"), "full.yaml:14:16");
  EXPECT_EQ(shown("listeners[1].address"), "full.yaml:6:14");
  EXPECT_EQ(shown("trust_stores.partner-corp.anchors[0]"), "full.yaml:41:15");
  EXPECT_EQ(shown("trust_stores.more.anchors[0]"), "clients.d/more.yaml:6:15");
  EXPECT_EQ(shown("trust_stores.partner-corp.revocation.crls"), "full.yaml:44:41");
  EXPECT_EQ(shown("trust_stores.partner-corp.revocation.crls[1]"), "full.yaml:44:58");
  EXPECT_EQ(shown("clients.partner-etl"), "full.yaml:46:5");
  EXPECT_EQ(shown("clients.more-01"), "clients.d/more.yaml:8:5");
  EXPECT_EQ(shown("clients.nobody"), "nowhere");
  EXPECT_EQ(shown("tls.nothing"), "nowhere");
}

TEST(ConfigFixtures, ValuesComeFromTheEnvironment) {
  const Loaded loaded = load_fixture("valid", "environment.yaml");
  ASSERT_TRUE(loaded.config);
  const Config& config = *loaded.config;
  EXPECT_EQ(config.issuer, "https://as.example.com:8443");
  EXPECT_EQ(config.listeners[0].address, "[::]:8443");
  EXPECT_EQ(config.listeners[0].client_certificate, net::ClientCertificate::require);
  EXPECT_EQ(config.tls.certificate, "tls/server.crt");
  EXPECT_EQ(config.tls.private_key, "cost-$5-${NOT_EXPANDED}.key");
  EXPECT_EQ(config.workers, 3U);
  EXPECT_EQ(config.limits.connections_per_worker, 8443U);
  EXPECT_EQ(config.limits.body_bytes, 32768U);
  EXPECT_EQ(config.tokens.lifetime, std::chrono::minutes{3});
}

}  // namespace
}  // namespace certbound::config
