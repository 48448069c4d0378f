#include "cli/run.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
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
  expect_wrong_usage({"audit", "show", "audit.jsonl"});
  expect_wrong_usage({"audit", "verify", "audit.jsonl", "--expect", "17"});
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
  expect_wrong_usage({"cert", "verify", "--anchors", "a", "--chain", "b", "--ocsp", "from_certificate"});
  expect_wrong_usage({"cert", "verify", "--anchors", "a", "--chain", "b", "--ocsp-host", "ocsp.example.com"});
  expect_wrong_usage({"cert", "verify", "--anchors", "a", "--chain", "b", "--ocsp", "ocsp.example.com"});
  expect_wrong_usage({"help", "nonsense"});
  expect_wrong_usage({"help", "cert", "nonsense"});
  expect_wrong_usage({"help", "inspect"});
  expect_wrong_usage({"help", "cert", "inspect", "more"});
  expect_wrong_usage({"help", "client", "secret", "nonsense"});
  expect_wrong_usage({"help", "secret", "new"});
  expect_wrong_usage({"help", "client secret"});
  expect_wrong_usage({"client", "secret"});
  expect_wrong_usage({"secret", "new", "a"});
  expect_wrong_usage({"help", "--nonsense"});
  EXPECT_FALSE(std::filesystem::exists(path("x")));
  EXPECT_NE(run_words({"help", "cert", "nonsense"}).err.find("cert nonsense"), std::string::npos);
}

TEST_F(RunTest, HelpAndVersionAreNoErrors) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                {"help"},
                                                {"help", "serve"},
                                                {"help", "client"},
                                                {"help", "client", "explain"},
                                                {"help", "client", "secret"},
                                                {"help", "client", "secret", "new"},
                                                {"client", "secret", "remove", "--help"},
                                                {"client", "--help"},
                                                {"cert", "verify", "--help"}}) {
    const Ran ran = run_words(words);
    EXPECT_EQ(ran.status, 0) << words.front();
    EXPECT_FALSE(ran.out.empty());
    EXPECT_TRUE(ran.err.empty()) << ran.err;
  }
  EXPECT_TRUE(run_words({"--version"}).out.starts_with("certbound "));
  EXPECT_NE(run_words({"help", "client", "explain"}).out.find("--cert"), std::string::npos);
  EXPECT_NE(run_words({"help", "client", "secret", "new"}).out.find("90d"), std::string::npos);
}

TEST_F(RunTest, InitMakesAStarterAndSaysWhatToRunNext) {
  EXPECT_EQ(made_.status, 0) << made_.err;
  EXPECT_NE(made_.out.find("certbound serve --config " + config()), std::string::npos);
  EXPECT_NE(made_.out.find("https://localhost:18443/oauth2/token"), std::string::npos);
  const Ran again = run_words({"init", path("starter")});
  EXPECT_EQ(again.status, 3);
  EXPECT_NE(again.err.find("not empty"), std::string::npos);
}

// What it prints is pasted into a shell.
TEST_F(RunTest, InitQuotesItsCommands) {
  const Ran ran = run_words({"init", path("my dir's")});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const std::string start = "--config '" + path("my dir") + "'\\''s/certbound.yaml'\n";
  EXPECT_NE(ran.out.find(start), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("'\\''s/clients/client-1.key' \\\n"), std::string::npos) << ran.out;
}

TEST_F(RunTest, CheckAnswersYesOrNo) {
  const Ran valid = run_words({"check", "--config", config()});
  EXPECT_EQ(valid.status, 0) << valid.err;
  EXPECT_NE(valid.out.find("valid: 1 clients, 1 trust stores"), std::string::npos) << valid.out;
  EXPECT_EQ(
      run_words({"check", "--config", config(), "--json"}).json(),
      (nlohmann::json{{"valid", true}, {"problems", nlohmann::json::array()}, {"fetched", nlohmann::json::array()}}));

  const std::string invalid = write("invalid.yaml", "issuer: 1\nnonsense: 2\n");
  const Ran refused = run_words({"check", "--config", invalid});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(refused.out.empty()) << refused.out;
  EXPECT_NE(refused.err.find(invalid + ":2:1: nonsense"), std::string::npos) << refused.err;
  const Ran json = run_words({"check", "--config", invalid, "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(json.json()["valid"], false);
  EXPECT_EQ(json.json()["problems"][0]["file"], invalid);
}

// Product section 2: 3 is a file that cannot be read.
TEST_F(RunTest, AConfigurationThatCannotBeReadIs3) {
  const std::string missing = path("missing.yaml");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"check"},
                                                {"check", "--json"},
                                                {"client", "list"},
                                                {"client", "show", "a"},
                                                {"keys", "list"},
                                                {"client", "explain", "client-1", "--cert", client_certificate()}}) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--config", missing});
    const Ran ran = run_words(all);
    EXPECT_EQ(ran.status, 3) << words.front();
    EXPECT_NE((ran.out + ran.err).find("missing.yaml"), std::string::npos) << ran.err;
  }
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

// Who asks for a partner need not be who may read the server's key.
TEST_F(RunTest, ClientExplainNeedsNoPrivateKeyButTheTrustStores) {
  const auto explain_with = [](const std::string& file, const std::string& replacement) {
    std::ifstream in{config()};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    text.replace(text.find(file), file.size(), replacement);
    return run_words({"client", "explain", "client-1", "--cert", client_certificate(), "--config",
                      write("starter/changed.yaml", text)});
  };
  const Ran without_key = explain_with("tls/server.key", "tls/gone.key");
  EXPECT_EQ(without_key.status, 0) << without_key.out << without_key.err;
  EXPECT_EQ(without_key.err, "");
  const Ran without_anchors = explain_with("ca/dev-ca.crt", "ca/gone.crt");
  EXPECT_EQ(without_anchors.status, 1);
  EXPECT_NE(without_anchors.err.find("trust_stores.development.anchors[0]"), std::string::npos) << without_anchors.err;
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

  const auto registrations = json["registrations"].get<std::vector<std::string>>();
  ASSERT_EQ(registrations.size(), 5U);
  EXPECT_NE(registrations[1].find("certificates: [\"/"), std::string::npos) << registrations[1];
  EXPECT_NE(registrations[2].find("\"x5c\":"), std::string::npos) << registrations[2];
  EXPECT_NE(registrations[3].find("\"x5t#S256\":"), std::string::npos) << registrations[3];
  EXPECT_EQ(registrations[4].find("\"x5"), std::string::npos) << registrations[4];
  EXPECT_FALSE(json.contains("no_registration_because"));

  EXPECT_EQ(run_words({"cert", "inspect", path("missing")}).status, 3);
  EXPECT_EQ(run_words({"cert", "inspect", write("text.txt", "no certificate")}).status, 1);
}

// Subject and subjectAltName do not hide one another, nor the rest.
TEST_F(RunTest, CertInspectShowsWhatItCanOfADamagedCertificate) {
  const auto inspect = [](const std::string& label) {
    return run_words({"cert", "inspect", CERTBOUND_FIXTURES "/names/certificates/" + label + ".pem", "--json"});
  };
  for (const char* label : {"broken_san", "two_sans", "nul_in_dns"}) {
    const Ran ran = inspect(label);
    ASSERT_EQ(ran.status, 0) << label << ran.err;
    EXPECT_TRUE(ran.json()["subject_alt_names"][0].get<std::string>().starts_with("(unusable: ")) << ran.out;
    EXPECT_EQ(ran.json()["no_registration_because"].size(), 1U) << ran.out;
    EXPECT_NE(ran.json()["registrations"][0].get<std::string>().find("subject_dn"), std::string::npos) << ran.out;
  }
  const Ran damaged_subject = inspect("nul_in_cn");
  ASSERT_EQ(damaged_subject.status, 0) << damaged_subject.err;
  EXPECT_EQ(damaged_subject.json()["no_registration_because"].size(), 1U);
  EXPECT_EQ(damaged_subject.json()["registrations"].size(), 4U) << "self-signed, which asks for no name";
  const Ran weak = run_words({"cert", "inspect", CERTBOUND_FIXTURES "/config/certificates/weak.crt", "--json"});
  ASSERT_EQ(weak.status, 0) << weak.err;
  EXPECT_TRUE(weak.json()["registrations"].empty()) << weak.out;
  EXPECT_TRUE(weak.json().contains("unusable_because"));
  const Ran shown = run_words({"cert", "inspect", CERTBOUND_FIXTURES "/names/certificates/broken_san.pem"});
  EXPECT_NE(shown.out.find("subject_alt_name: (unusable: "), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("no_registration_because: the certificate's subjectAltName"), std::string::npos)
      << shown.out;
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
  const std::string text = write("text.txt", "no certificate");
  for (const auto& [first, second] : {std::pair{text, client_certificate()}, {anchors, text}}) {
    const Ran no_certificate = run_words({"cert", "verify", "--anchors", first, "--chain", second, "--json"});
    EXPECT_EQ(no_certificate.status, 1);
    EXPECT_EQ(no_certificate.json()["valid"], false);
    EXPECT_EQ(no_certificate.json()["reason"], "invalid_input");
    EXPECT_NE(no_certificate.json()["detail"].get<std::string>().find("text.txt"), std::string::npos);
  }
  EXPECT_EQ(run_words({"cert", "verify", "--anchors", text, "--chain", client_certificate()}).status, 1);
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

// Whoever made the token chose its text: nothing of it moves the cursor, and no number becomes a time that it is not.
TEST_F(RunTest, TokenInspectShowsAStrangersTextInAscii) {
  const auto encode = [](std::string_view text) { return base64url_encode(Bytes{text.begin(), text.end()}); };
  const std::string token = encode("{\"alg\":\"ES256\"}") + "." +
                            encode(
                                "{\"sub\":\"a\xc2\x9b"
                                "2K\x7f\xe2\x80\xae\",\"iat\":18446744073709551615,\"nbf\":-1,\"exp\":253402300799}") +
                            "." + encode("signature");
  const Ran shown = run_words({"token", "inspect", token});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_NE(shown.out.find("a\\u009b2K\\u007f\\u202e"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("\niat: 18446744073709551615 (no time)\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("\nnbf: -1 (no time)\n"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("\nexp: 9999-12-31T23:59:59Z\n"), std::string::npos) << shown.out;
  for (const std::string& out : {shown.out, run_words({"token", "inspect", token, "--json"}).out}) {
    EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }))
        << out;
  }
}

TEST_F(RunTest, VersionNamesTheLibraries) {
  const auto json = run_words({"version", "--json"}).json();
  for (const char* library : {"openssl", "sqlite", "boost"}) {
    EXPECT_FALSE(json["libraries"][library].get<std::string>().empty()) << library;
  }
  EXPECT_TRUE(run_words({"version"}).out.starts_with("certbound "));
}

}  // namespace certbound::cli
