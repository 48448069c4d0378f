#include "cli/run.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/store/temporary_folder.hpp"

namespace certbound::cli {

namespace {

struct Ran {
  int status = 0;
  std::string out;
  std::string err;

  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

Ran run_words(std::vector<std::string> words) {
  words.insert(words.begin(), "certbound");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Ran ran;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  ran.status = run(static_cast<int>(words.size()), argv.data());
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

void expect_wrong_usage(const std::vector<std::string>& words) {
  const Ran ran = run_words(words);
  EXPECT_EQ(ran.status, 2) << ran.out << ran.err;
  EXPECT_TRUE(ran.out.empty()) << ran.out;
  EXPECT_FALSE(ran.err.empty());
}

}  // namespace

/// A starter directory in which no server has run.
class RunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new store::TemporaryFolder;  // NOLINT(cppcoreguidelines-owning-memory): for the whole suite
    made_ = run_words({"init", path("starter"), "--port", "18443"});
  }
  static void TearDownTestSuite() { delete folder_; }

  [[nodiscard]] static std::string path(const std::string& name) { return (folder_->path() / name).string(); }
  [[nodiscard]] static std::string config() { return path("starter/certbound.yaml"); }
  [[nodiscard]] static std::string client_certificate() { return path("starter/clients/client-1.crt"); }
  [[nodiscard]] static std::string write(const std::string& name, const std::string& text) {
    std::ofstream{path(name)} << text;
    return path(name);
  }

  static inline store::TemporaryFolder* folder_ = nullptr;
  static inline Ran made_;
};

TEST_F(RunTest, WrongUsageIs2) {
  expect_wrong_usage({});
  expect_wrong_usage({"nonsense"});
  expect_wrong_usage({"client"});
  expect_wrong_usage({"client", "nonsense"});
  expect_wrong_usage({"client", "show"});
  expect_wrong_usage({"client", "show", "a", "b"});
  expect_wrong_usage({"client", "show", "a\nb"});
  expect_wrong_usage({"client", "explain", "client-1"});
  expect_wrong_usage({"client", "explain", "client-1", "--cert", client_certificate(), "--time", "yesterday"});
  expect_wrong_usage({"check", "--nonsense"});
  expect_wrong_usage({"check", "--config", "a", "--config", "b"});
  expect_wrong_usage({"check", "--config"});
  expect_wrong_usage({"init", path("x"), "--port", "0"});
  expect_wrong_usage({"init", path("x"), "--port", "65536"});
  expect_wrong_usage({"init", path("x"), "--operations-port", "9090x"});
  expect_wrong_usage({"cert", "verify", "--anchors", "a"});
  expect_wrong_usage({"cert", "verify", "--anchors", "a", "--chain", "b", "--max-depth", "-1"});
  expect_wrong_usage({"cert", "verify", "--anchors", "a", "--chain", "b", "--time", "2026-13-01T00:00:00Z"});
  EXPECT_FALSE(std::filesystem::exists(path("x")));
}

TEST_F(RunTest, HelpAndVersionAreNoErrors) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                {"help"},
                                                {"help", "serve"},
                                                {"help", "client", "explain"},
                                                {"client", "--help"},
                                                {"cert", "verify", "--help"}}) {
    const Ran ran = run_words(words);
    EXPECT_EQ(ran.status, 0) << words.front();
    EXPECT_FALSE(ran.out.empty());
    EXPECT_TRUE(ran.err.empty()) << ran.err;
  }
  EXPECT_TRUE(run_words({"--version"}).out.starts_with("certbound "));
  EXPECT_NE(run_words({"help", "client", "explain"}).out.find("--cert"), std::string::npos);
}

TEST_F(RunTest, InitMakesAStarterAndSaysWhatToRunNext) {
  EXPECT_EQ(made_.status, 0) << made_.err;
  EXPECT_NE(made_.out.find("certbound serve --config " + config()), std::string::npos);
  EXPECT_NE(made_.out.find("https://localhost:18443/oauth2/token"), std::string::npos);
  const Ran again = run_words({"init", path("starter")});
  EXPECT_EQ(again.status, 3);
  EXPECT_NE(again.err.find("not empty"), std::string::npos);
}

TEST_F(RunTest, CheckAnswersYesOrNo) {
  const Ran valid = run_words({"check", "--config", config()});
  EXPECT_EQ(valid.status, 0) << valid.err;
  EXPECT_NE(valid.out.find("valid: 1 clients, 1 trust stores"), std::string::npos) << valid.out;
  EXPECT_EQ(run_words({"check", "--config", config(), "--json"}).json(),
            (nlohmann::json{{"valid", true}, {"problems", nlohmann::json::array()}}));

  const std::string invalid = write("invalid.yaml", "issuer: 1\nnonsense: 2\n");
  const Ran refused = run_words({"check", "--config", invalid});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.out.empty()) << refused.out;
  EXPECT_NE(refused.err.find(invalid + ":2:1: nonsense"), std::string::npos) << refused.err;
  const Ran json = run_words({"check", "--config", invalid, "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(json.json()["valid"], false);
  EXPECT_EQ(json.json()["problems"][0]["file"], invalid);
  EXPECT_EQ(run_words({"check", "--config", path("missing.yaml")}).status, 1);
}

// product.md section 2: 78, so that systemd does not restart it in a loop.
TEST_F(RunTest, ServeEndsWith78WhereItsConfigurationIsInvalid) {
  const Ran ran = run_words({"serve", "--config", write("broken.yaml", "issuer: [\n")});
  EXPECT_EQ(ran.status, 78);
  EXPECT_NE(ran.err.find("broken.yaml:"), std::string::npos) << ran.err;
}

TEST_F(RunTest, ClientListAndShowReadTheRegistry) {
  const Ran list = run_words({"client", "list", "--config", config()});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_TRUE(list.out.starts_with("client-1\ttls_client_auth\t")) << list.out;
  EXPECT_NE(list.out.find("from the configuration"), std::string::npos);
  const auto json = run_words({"client", "list", "--config", config(), "--json"}).json();
  EXPECT_EQ(json["registry"], "configuration");
  EXPECT_EQ(json["clients"][0]["client_id"], "client-1");

  EXPECT_EQ(run_words({"client", "show", "client-1", "--config", config(), "--json"}).json()["source"], "yaml");
  EXPECT_EQ(run_words({"client", "show", "client-1", "--config", config()}).status, 0);
  const Ran unknown = run_words({"client", "show", "nobody", "--config", config()});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.err.find("no client \"nobody\""), std::string::npos);
}

TEST_F(RunTest, ClientExplainAnswersYesOrNo) {
  const Ran accepted =
      run_words({"client", "explain", "client-1", "--cert", client_certificate(), "--config", config()});
  EXPECT_EQ(accepted.status, 0) << accepted.out << accepted.err;
  EXPECT_NE(accepted.out.find("[ok]   subject"), std::string::npos) << accepted.out;
  EXPECT_TRUE(accepted.out.ends_with("accepted\n"));

  const std::string server = path("starter/tls/server.crt");
  const Ran refused = run_words({"client", "explain", "client-1", "--cert", server, "--config", config()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.out.find("[FAIL] chain"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("refused: wrong_purpose"), std::string::npos) << refused.out;

  const auto json = run_words({"client", "explain", "client-1", "--cert", client_certificate(), "--time", "4102444800",
                               "--config", config(), "--json"})
                        .json();
  EXPECT_EQ(json["accepted"], false);
  EXPECT_EQ(json["reason"], "certificate_expired");
  EXPECT_EQ(json["steps"].back()["outcome"], "not_reached");
  EXPECT_EQ(run_words({"client", "explain", "client-1", "--cert", path("missing"), "--config", config()}).status, 3);
  EXPECT_EQ(run_words({"client", "explain", "nobody", "--cert", client_certificate(), "--config", config()}).status, 1);
}

TEST_F(RunTest, KeysListNeedsAServerThatHasRun) {
  const Ran ran = run_words({"keys", "list", "--config", config()});
  EXPECT_EQ(ran.status, 3);
  EXPECT_NE(ran.err.find("first start"), std::string::npos);
}

TEST_F(RunTest, CertInspectShowsACertificate) {
  const Ran shown = run_words({"cert", "inspect", client_certificate()});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_NE(shown.out.find("subject: CN=client-1,O=certbound development\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("tls_client_auth_subject_dn: \"CN=client-1,O=certbound development\""), std::string::npos);
  const auto json = run_words({"cert", "inspect", client_certificate(), "--json"}).json();
  EXPECT_EQ(json["x5t#S256"].get<std::string>().size(), 43U);
  EXPECT_EQ(json["jwk"]["x5c"].size(), 1U);

  EXPECT_EQ(run_words({"cert", "inspect", path("missing")}).status, 3);
  EXPECT_EQ(run_words({"cert", "inspect", write("text.txt", "no certificate")}).status, 1);
}

TEST_F(RunTest, CertVerifyAnswersYesOrNo) {
  const std::string anchors = path("starter/ca/dev-ca.crt");
  const Ran valid = run_words({"cert", "verify", "--anchors", anchors, "--chain", client_certificate(), "--json"});
  EXPECT_EQ(valid.status, 0) << valid.out << valid.err;
  EXPECT_EQ(valid.json()["path"].size(), 2U);
  const Ran refused =
      run_words({"cert", "verify", "--anchors", anchors, "--chain", path("starter/tls/server.crt"), "--json"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.json()["reason"], "wrong_purpose");
  EXPECT_EQ(run_words({"cert", "verify", "--anchors", path("missing"), "--chain", client_certificate()}).status, 3);
}

// RFC 7519 section 3.1 has the token.
TEST_F(RunTest, TokenInspectShowsHeaderAndClaims) {
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const Ran shown = run_words({"token", "inspect", token, "--json"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.json()["claims"]["iss"], "joe");
  EXPECT_EQ(shown.json()["verified"], false);
  EXPECT_NE(run_words({"token", "inspect", token}).out.find("2011-03-22T18:43:00Z (expired)"), std::string::npos);
  EXPECT_EQ(run_words({"token", "inspect", "a.b"}).status, 1);
}

TEST_F(RunTest, VersionNamesTheLibraries) {
  const auto json = run_words({"version", "--json"}).json();
  for (const char* library : {"openssl", "sqlite", "boost"}) {
    EXPECT_FALSE(json["libraries"][library].get<std::string>().empty()) << library;
  }
  EXPECT_TRUE(run_words({"version"}).out.starts_with("certbound "));
}

}  // namespace certbound::cli
