#include "app/generation.hpp"

#include <gmock/gmock.h>

#include "store/memory/memory_store.hpp"
#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;

std::string valid_configuration() {
  return "issuer: https://as.example:8443\n"
         "listeners:\n"
         "  - address: 127.0.0.1:0\n"
         "    client_certificate: none\n"
         "  - address: 127.0.0.1:0\n"
         "    url: https://mtls.example\n"
         "tls:\n"
         "  certificate: server.crt\n"
         "  private_key: server.key\n"
         "state_dir: state\n"
         "trust_stores:\n"
         "  partner:\n"
         "    anchors: [partner.crt]\n"
         "resources:\n"
         "  - identifier: https://api.example\n"
         "    scopes: [read]\n";
}

std::string render_all(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const config::Problem& problem : problems) text += config::render(problem) + "\n";
  return text;
}

}  // namespace

class GenerationTest : public testing::Test {
 protected:
  [[nodiscard]] Checked check(const std::string& text) {
    files_.write("certbound.yaml", text);
    return check_configuration(files_.path("certbound.yaml"), kNow);
  }
  Files files_;
};

TEST_F(GenerationTest, ChecksAConfigurationWithItsFiles) {
  const Checked checked = check(valid_configuration());
  EXPECT_TRUE(checked.is_valid()) << render_all(checked.problems);
  EXPECT_TRUE(checked.problems.empty()) << render_all(checked.problems);
}

// Whoever mends what was refused has to be heard.
TEST_F(GenerationTest, NamesTheFilesAlsoWhereSomethingIsWrong) {
  std::filesystem::remove(files_.path("partner.crt"));
  const Checked checked = check(valid_configuration() + "watch: true\ntokens: {lifetime: 300}\n");
  EXPECT_FALSE(checked.is_valid());
  EXPECT_THAT(checked.named.files, testing::Contains(files_.path("partner.crt")));
  EXPECT_TRUE(check(valid_configuration()).named.files.empty());
}

TEST_F(GenerationTest, SaysWhatIsWrongInTheConfigurationAndInItsFiles) {
  std::filesystem::remove(files_.path("partner.crt"));
  const Checked checked = check(valid_configuration() + "tokens: {lifetime: 300}\n");
  EXPECT_FALSE(checked.is_valid());
  const std::string text = render_all(checked.problems);
  EXPECT_NE(text.find("tokens.lifetime"), std::string::npos) << text;
  EXPECT_NE(text.find("certbound.yaml:13:15: trust_stores.partner.anchors[0]"), std::string::npos) << text;
}

TEST_F(GenerationTest, SaysThatThereIsNoConfiguration) {
  const Checked checked = check_configuration(files_.path("missing.yaml"), kNow);
  EXPECT_FALSE(checked.is_valid());
  EXPECT_FALSE(checked.problems.empty());
}

// Start and reload make one in the same way.
TEST_F(GenerationTest, HasAContextForEachWorkerAndListenerAndASnapshot) {
  const auto libraries = make_libraries(2);
  auto store = store::memory::make_memory_store();
  ASSERT_TRUE(store);
  const auto ring = KeyRing::load((*store)->keys(), {}, read_key_clock());
  ASSERT_TRUE(ring);
  const auto plan = ring->plan(KeyPolicy{}, read_key_clock(), Rotation::due);
  ASSERT_TRUE(plan);
  const GenerationContext context{plan->snapshot_keys(), libraries, std::make_shared<gate::ProofMemory>()};
  const auto first = make_generation(check(valid_configuration()), context, 1);
  ASSERT_TRUE(first) << first.error().detail;
  ASSERT_EQ(first->tls.size(), 2U);
  for (const auto& of_worker : first->tls) {
    ASSERT_EQ(of_worker.size(), 2U);
    EXPECT_EQ(SSL_CTX_get_verify_mode(of_worker[0].get()), SSL_VERIFY_NONE);
    EXPECT_EQ(SSL_CTX_get_verify_mode(of_worker[1].get()), SSL_VERIFY_PEER);
  }
  EXPECT_EQ(first->snapshot->generation, 1U);

  const auto second = make_generation(check(valid_configuration()), context, 2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->snapshot->generation, 2U);
  EXPECT_EQ(second->snapshot->jwks.body, first->snapshot->jwks.body);  // the same key
}

}  // namespace certbound::app
