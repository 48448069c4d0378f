#include "cli/starter.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "app/generation.hpp"
#include "base/file.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::cli {

namespace {

constexpr WallTime kStart{std::chrono::seconds{1768478400}};

std::vector<x509::Certificate> load_pem(const std::filesystem::path& path) {
  const auto text = load_file(path);
  if (!text) throw std::runtime_error{text.error().detail};
  auto certificates = x509::parse_pem_certificates(*text);
  if (!certificates) throw std::runtime_error{certificates.error().detail};
  return *std::move(certificates);
}

}  // namespace

class StarterTest : public testing::Test {
 protected:
  StarterTest() { options_.directory = folder_.path() / "new" / "starter"; }
  store::TemporaryFolder folder_;
  StarterOptions options_;
};

// A configuration of our own that our own check refuses would be the first thing that a user sees.
TEST_F(StarterTest, WritesAConfigurationThatIsValid) {
  options_.port = 18443;
  options_.operations_port = 19090;
  const auto written = write_starter(options_, kStart);
  ASSERT_TRUE(written) << written.error().detail;

  const app::Checked checked = app::check_configuration(options_.directory / "certbound.yaml", kStart);
  for (const config::Problem& problem : checked.problems) ADD_FAILURE() << config::render(problem);
  ASSERT_TRUE(checked.is_valid());
  EXPECT_EQ(checked.config->issuer, "https://localhost:18443");
  EXPECT_EQ(checked.config->listeners.front().address, "127.0.0.1:18443");
  EXPECT_EQ(checked.config->operations.address, "127.0.0.1:19090");
  ASSERT_EQ(checked.config->clients.size(), 1U);
  EXPECT_EQ(checked.config->clients.front().client_id.text(), "client-1");
}

TEST_F(StarterTest, WritesAClientThatTheTrustStoreAccepts) {
  ASSERT_TRUE(write_starter(options_, kStart));
  const app::Checked checked = app::check_configuration(options_.directory / "certbound.yaml", kStart);
  ASSERT_TRUE(checked.is_valid());
  const auto chain = load_pem(options_.directory / "clients" / "client-1.crt");
  const auto& store = checked.materials->trust_stores.at("development");
  const auto verified = store->verify(chain.front(), {}, {.now = kStart});
  EXPECT_TRUE(verified) << verified.error().detail;
  // A server's certificate is none for a client.
  const auto server = load_pem(options_.directory / "tls" / "server.crt");
  EXPECT_FALSE(store->verify(server.front(), {}, {.now = kStart}));
}

TEST_F(StarterTest, KeepsPrivateKeysPrivate) {
  ASSERT_TRUE(write_starter(options_, kStart));
  for (const char* key : {"ca/dev-ca.key", "tls/server.key", "clients/client-1.key"}) {
    EXPECT_EQ(std::filesystem::status(options_.directory / key).permissions(), std::filesystem::perms{0600}) << key;
  }
}

TEST_F(StarterTest, AcceptsAnEmptyDirectory) {
  std::filesystem::create_directories(options_.directory);
  EXPECT_TRUE(write_starter(options_, kStart));
}

TEST_F(StarterTest, OverwritesNothing) {
  std::filesystem::create_directories(options_.directory);
  std::ofstream{options_.directory / "notes.txt"} << "mine";
  const auto written = write_starter(options_, kStart);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::invalid_request);
  EXPECT_NE(written.error().detail.find("not empty"), std::string::npos) << written.error().detail;
  const auto entries = std::filesystem::directory_iterator{options_.directory};
  EXPECT_EQ(std::distance(entries, std::filesystem::directory_iterator{}), 1);
}

TEST_F(StarterTest, RefusesAPathThatIsNoDirectory) {
  options_.directory = folder_.path() / "file";
  std::ofstream{options_.directory} << "mine";
  const auto written = write_starter(options_, kStart);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().detail.find("not a directory"), std::string::npos) << written.error().detail;
}

}  // namespace certbound::cli
