#include "config/client_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/digest.hpp"
#include "unit/config/memory_files.hpp"

namespace certbound::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSecretText(43, 'k');

/// Clients of a main file with one resource.
std::string with_secrets(const std::string& policy, const std::string& clients) {
  return std::string{kMinimal} + policy +
         "resources: [{identifier: https://a.example, scopes: [read]}]\n"
         "trust_stores: {partner: {anchors: [a.crt]}}\n"
         "clients:\n" +
         clients;
}

std::string secret_client(const std::string& more = {}, const std::string& method = "client_secret_basic") {
  return "  - {client_id: a, token_endpoint_auth_method: " + method + ", scope: read" + more + "}\n";
}

MemoryFiles secret_files(const std::string& content = kSecretText + "\n") {
  MemoryFiles files;
  files.files["a.secret"] = content;
  return files;
}

/// The problems of a client with this file.
std::vector<std::string> problems_with(const std::string& content) {
  return rendered(secret_files(content).load(
      with_secrets("client_secrets: allowed\n", secret_client(", client_secret_file: a.secret"))));
}

}  // namespace

TEST(CountSecretBits, TakesTheSmallestAlphabetThatHoldsAll) {
  EXPECT_DOUBLE_EQ(count_secret_bits(""), 0);
  EXPECT_DOUBLE_EQ(count_secret_bits("0123456789"), 33.2);
  EXPECT_DOUBLE_EQ(count_secret_bits("0123456789abcdef"), 64);
  EXPECT_DOUBLE_EQ(count_secret_bits("0123456789ABCDEF"), 64);
  EXPECT_DOUBLE_EQ(count_secret_bits("aF"), 2 * 5.95) << "of two cases";
  EXPECT_DOUBLE_EQ(count_secret_bits("abcxyz0189"), 51.7);
  EXPECT_DOUBLE_EQ(count_secret_bits("ABCXYZ2347"), 51.7);
  EXPECT_DOUBLE_EQ(count_secret_bits("aZ9"), 3 * 5.95);
  EXPECT_DOUBLE_EQ(count_secret_bits("aZ9-"), 26);
}

TEST(ReadSecretLine, TakesOneLine) {
  for (const char* end : {"", "\n", "\r\n"}) {
    const auto read = read_secret_line(kSecretText + end);
    ASSERT_TRUE(read) << read.error().detail;
  }
  EXPECT_EQ(*read_secret_line(kSecretText + "\n"), kSecretText);
  EXPECT_EQ(*read_secret_line("four words of a person, all in one\n"), "four words of a person, all in one");
  EXPECT_TRUE(read_secret_line(std::string(512, 'a')));
}

// The smallest that hold 128 bits, and one less.
TEST(ReadSecretLine, Wants128Bits) {
  constexpr std::pair<char, std::size_t> kSmallest[] = {{'7', 39}, {'f', 32}, {'F', 32},
                                                        {'z', 25}, {'Z', 25}, {'-', 20}};
  for (const auto& [character, length] : kSmallest) {
    EXPECT_TRUE(read_secret_line(std::string(length, character))) << character;
    EXPECT_FALSE(read_secret_line(std::string(length - 1, character))) << character;
  }
  EXPECT_TRUE(read_secret_line("aZ" + std::string(20, 'a')));
  EXPECT_FALSE(read_secret_line("aZ" + std::string(19, 'a')));
}

// RFC 6749 appendix A.2: VSCHAR.
TEST(ReadSecretLine, RefusesWhatNoClientCanSend) {
  for (const std::string& content : {std::string{}, std::string{"\n"}, kSecretText + "\n\n", kSecretText + "\nx\n",
                                     kSecretText + " ", " " + kSecretText, kSecretText + "\t", kSecretText + "\xc3\xa4",
                                     kSecretText + '\0', kSecretText + "\x7f", std::string(513, 'a')}) {
    const auto read = read_secret_line(content);
    ASSERT_FALSE(read) << content;
    EXPECT_EQ(read.error().detail.find("kkk"), std::string::npos) << "the secret is in no message";
  }
}

TEST(LoadClientSecrets, AreOffUnlessAllowed) {
  for (const char* policy : {"", "client_secrets: off\n"}) {
    for (const char* method : {"client_secret_basic", "client_secret_post"}) {
      const MemoryFiles files;
      const auto problems = rendered(files.load(with_secrets(policy, secret_client("", method))));
      ASSERT_EQ(problems.size(), 1U);
      EXPECT_THAT(problems[0], HasSubstr("clients[0] (a): token_endpoint_auth_method: secrets are off"));
      EXPECT_THAT(problems[0], HasSubstr("write client_secrets: allowed"));
    }
  }
}

TEST(LoadClientSecrets, KeepsTheMethodAndTheDigestOfTheFile) {
  const Loaded loaded = secret_files().load(
      with_secrets("client_secrets: allowed\n", secret_client(", client_secret_file: a.secret", "client_secret_post")));
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->client_secrets, ClientSecrets::allowed);
  const model::Client& client = loaded.config->clients.at(0);
  EXPECT_EQ(client.token_endpoint_auth_method, model::AuthMethod::client_secret_post);
  EXPECT_EQ(client.declared_secret_sha256, crypto::sha256(kSecretText).to_base64url());
}

// A changed file is a reload where they are watched.
TEST(LoadClientSecrets, NameTheFileToWhoWatches) {
  const Loaded loaded = secret_files().load(
      with_secrets("client_secrets: allowed\nwatch: true\n", secret_client(", client_secret_file: a.secret")));
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->named.files, testing::Contains(std::filesystem::path{"a.secret"}));
}

TEST(LoadClientSecrets, NeedNoFile) {
  const MemoryFiles files;
  const Loaded loaded = files.load(with_secrets("client_secrets: allowed\n", secret_client()));
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->clients.at(0).declared_secret_sha256, "");
}

TEST(LoadClientSecrets, RefuseTheOptionsOfOtherMethods) {
  for (const char* option :
       {"trust_store: partner", "tls_client_auth_san_dns: a.example", "tls_client_auth_subject_dn_pattern: \"CN=*\"",
        "certificates: [a.crt]", "jwks: {keys: []}", "jwks_uri: \"https://a.example/jwks\""}) {
    const MemoryFiles files;
    const auto problems =
        rendered(files.load(with_secrets("client_secrets: allowed\n", secret_client(std::string{", "} + option))));
    ASSERT_EQ(problems.size(), 1U) << option;
    EXPECT_THAT(problems[0], HasSubstr("not used with client_secret_basic"));
  }
}

TEST(LoadClientSecrets, RefuseAFileBesideACertificate) {
  const auto problems = rendered(secret_files().load(with_secrets(
      "client_secrets: allowed\n",
      secret_client(", trust_store: partner, tls_client_auth_san_dns: a.example, client_secret_file: a.secret",
                    "tls_client_auth"))));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("client_secret_file: not used with tls_client_auth"));
}

TEST(LoadClientSecrets, NameTheFileAndNeverWhatIsInIt) {
  EXPECT_THAT(
      problems_with("hunter2\n"),
      ElementsAre(HasSubstr("clients[0] (a): client_secret_file: a.secret: too short: a random secret of 7 such "
                            "characters has 36 bits")));
  EXPECT_THAT(problems_with("kkkk\nkkkk"), ElementsAre(HasSubstr("a.secret: holds several lines")));
  EXPECT_THAT(problems_with(kSecretText), IsEmpty());
  const MemoryFiles none;
  EXPECT_THAT(
      rendered(none.load(with_secrets("client_secrets: allowed\n", secret_client(", client_secret_file: missing")))),
      ElementsAre(HasSubstr("client_secret_file: missing: no such file")));
}

TEST(LoadClientSecrets, WarnOfAFileThatOthersMayRead) {
  const MemoryFiles files = secret_files();
  Surroundings surroundings = files.surroundings();
  for (const unsigned mode : {0600U, 0400U, 0640U, 0604U, 0602U}) {
    surroundings.find_mode = [mode](const std::filesystem::path& path) {
      EXPECT_EQ(path, "a.secret");
      return std::optional{mode};
    };
    const Loaded loaded = load_text(
        "main.yaml", with_secrets("client_secrets: allowed\n", secret_client(", client_secret_file: a.secret")),
        surroundings);
    EXPECT_TRUE(loaded.config) << "a warning";
    EXPECT_EQ(rendered(loaded).empty(), (mode & 077U) == 0) << mode;
    for (const Problem& problem : loaded.problems) EXPECT_THAT(render(problem), HasSubstr("chmod 600"));
  }
}

// Who needs no certificate needs no listener that asks for one.
TEST(LoadClientSecrets, NeedNoListenerThatAsksForCertificates) {
  const std::string listener = "listeners: [{address: 0.0.0.0:8443, client_certificate: none}]\n";
  std::string text = with_secrets("client_secrets: allowed\n", secret_client());
  const std::string before = "listeners: [{address: 0.0.0.0:8443}]\n";
  text.replace(text.find(before), before.size(), listener);
  const MemoryFiles files;
  EXPECT_THAT(rendered(files.load(text)), IsEmpty());
  text +=
      "  - {client_id: b, token_endpoint_auth_method: tls_client_auth, trust_store: partner, scope: read, "
      "tls_client_auth_san_dns: b.example}\n";
  EXPECT_THAT(rendered(files.load(text)), ElementsAre(HasSubstr("no listener asks for a client certificate")));
}

}  // namespace certbound::config
