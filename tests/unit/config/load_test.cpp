#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/memory_files.hpp"

namespace certbound::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LoadText, GivesDefaultsToWhatIsNotWritten) {
  const MemoryFiles files;
  const Loaded loaded = files.load(kMinimal);
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  const Config& config = *loaded.config;
  EXPECT_EQ(config.operations.address, "127.0.0.1:9090");
  EXPECT_EQ(config.state_dir, "/var/lib/certbound");
  EXPECT_EQ(config.signing.algorithm, model::SigningAlgorithm::es256);
  EXPECT_EQ(config.tokens.lifetime, std::chrono::minutes{5});
  EXPECT_EQ(config.limits.header_bytes, 16384U);
  EXPECT_EQ(config.limits.chain.certificates, 6U);
  EXPECT_EQ(config.limits.chain.bytes, 32768U);
  EXPECT_EQ(config.limits.chain.depth, 4);
  EXPECT_EQ(config.workers, 0U);
  EXPECT_FALSE(config.log.format);
  EXPECT_THAT(config.clients, IsEmpty());
}

// For `watch`: whatever a change of which may change the configuration, and not what the server itself writes.
TEST(LoadText, NamesEveryFileWhereTheyAreWatched) {
  MemoryFiles files;
  files.files["clients.d/a.yaml"] = "trust_stores: {b: {anchors: [../b.crt]}}\n";
  const std::string text = std::string{kMinimal} +
                           "state_dir: state\ninclude: [clients.d/*.yaml]\n"
                           "trust_stores: {a: {anchors: [a.crt], revocation: {mode: require, crls: [a.crl]}}}\n";
  const Loaded watched = files.load(text + "watch: true\n");
  ASSERT_TRUE(watched.config);
  std::vector<std::string> names;
  for (const auto& file : watched.config->named.files) names.push_back(file.string());
  EXPECT_THAT(names, testing::UnorderedElementsAre("main.yaml", "server.crt", "server.key", "a.crt", "a.crl", "b.crt",
                                                   "clients.d/a.yaml"));
  ASSERT_EQ(watched.config->named.patterns.size(), 1U);
  EXPECT_EQ(watched.config->named.patterns[0].pattern, "clients.d/*.yaml");

  EXPECT_THAT(files.load(text).config->named.files, IsEmpty());
  const Loaded refused = files.load(text + "watch: true\nworkers: many\n");
  EXPECT_FALSE(refused.config);
  EXPECT_EQ(refused.draft.named.files.size(), names.size());
}

TEST(LoadText, ReadsWhoMayIntrospect) {
  const MemoryFiles files;
  const std::string text =
      std::string{kMinimal} +
      "trust_stores: {a: {anchors: [a.crt]}}\n"
      "clients: [{client_id: orders-api, token_endpoint_auth_method: tls_client_auth, trust_store: a, "
      "tls_client_auth_san_dns: a.example, resources: [\"urn:b\"]}]\n"
      "resources: [{identifier: \"urn:b\", introspection_clients: [";
  const Loaded good = files.load(text + "orders-api]}]\n");
  EXPECT_THAT(rendered(good), IsEmpty());
  ASSERT_TRUE(good.config);
  EXPECT_THAT(good.config->resources.front().introspection_clients, ElementsAre("orders-api"));
  // Who is registered by other means may be named.
  const Loaded unknown = files.load(text + "orders-apy, someone-else]}]\n");
  EXPECT_TRUE(unknown.config);
  EXPECT_THAT(
      rendered(unknown),
      ElementsAre(HasSubstr("resources[0].introspection_clients[0]: \"orders-apy\" is not a declared client; did "
                            "you mean orders-api?"),
                  HasSubstr("introspection_clients[1]: \"someone-else\" is not a declared client")));
  EXPECT_FALSE(files.load(text + "\"\\u00e9\"]}]\n").config);
}

// Least privilege: who only asks about tokens needs none.
TEST(LoadText, LetsAResourceServerHaveNoResourceOfItsOwn) {
  const MemoryFiles files;
  const auto load = [&files](const std::string& clients) {
    return files.load(std::string{kMinimal} +
                      "trust_stores: {a: {anchors: [a.crt]}}\n"
                      "clients: [{client_id: orders-api, token_endpoint_auth_method: tls_client_auth, trust_store: a, "
                      "tls_client_auth_san_dns: a.example}]\n"
                      "resources: [{identifier: \"urn:b\", introspection_clients: [" +
                      clients + "]}]\n");
  };
  const Loaded loaded = load("orders-api");
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_THAT(loaded.config->clients.front().resources, IsEmpty());
  EXPECT_FALSE(load("").config);
}

// Introspection reads them, and a verifier of that audience; without either they are of no use to anybody.
TEST(LoadText, WarnsOfOpaqueTokensThatNobodyCanRead) {
  const std::string opaque = "resources: [{identifier: \"urn:a\"}, {identifier: \"urn:b\", token_format: opaque";
  MemoryFiles files;
  const Loaded loaded = files.load(std::string{kMinimal} + opaque + "}]\n");
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(rendered(loaded),
              ElementsAre(HasSubstr("main.yaml:4:72: warning: resources[1].token_format: nobody can read these")));
  const std::string verifier = "verifiers: [{address: \"unix:/verify.sock\", audience: \"urn:";
  EXPECT_THAT(problems_of(opaque + "}]\n" + verifier + "b\"}]\n"), IsEmpty());
  EXPECT_THAT(problems_of(opaque + "}]\n" + verifier + "a\"}]\n"), ElementsAre(HasSubstr("nobody can read")));
  EXPECT_THAT(problems_of(opaque + ", introspection_clients: [api]}]\n"),
              ElementsAre(HasSubstr("\"api\" is not a declared client")));
  // Also in a file that is included, where the first resource is not the first of all.
  files.files["a.yaml"] = "resources: [{identifier: \"urn:c\", token_format: opaque}]\n";
  EXPECT_THAT(rendered(files.load(std::string{kMinimal} + "resources: [{identifier: \"urn:a\"}]\ninclude: [a.yaml]\n")),
              ElementsAre(HasSubstr("a.yaml:1:49: warning: resources[0].token_format: nobody can read")));
}

// Plain `off` is a boolean to YAML 1.1, and no boolean here.
TEST(LoadText, ReadsTheRevocationModeOff) {
  const MemoryFiles files;
  const Loaded loaded =
      files.load(std::string{kMinimal} + "trust_stores: {a: {anchors: [a.crt], revocation: {mode: off}}}\n");
  EXPECT_THAT(rendered(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->trust_stores[0].revocation.mode, x509::RevocationMode::off);
}

TEST(LoadText, ReadsWhomToAskByOcsp) {
  const MemoryFiles files;
  const auto ocsp_of = [&files](const std::string& members) {
    const Loaded loaded =
        files.load(std::string{kMinimal} + "trust_stores: {a: {anchors: [a.crt], revocation: {mode: require, " +
                   members + "}}}\n");
    EXPECT_THAT(rendered(loaded), IsEmpty()) << members;
    return loaded.config ? loaded.config->trust_stores.at(0).revocation.ocsp : x509::OcspOptions();
  };
  const x509::OcspOptions url = ocsp_of("ocsp: \"http://ocsp.example:8080/a?b=c\"");
  EXPECT_EQ(url.source, x509::OcspSource::responder);
  EXPECT_EQ(url.responder, "http://ocsp.example:8080/a?b=c");
  EXPECT_EQ(ocsp_of("ocsp: true, ocsp_hosts: [a.example]").source, x509::OcspSource::from_certificate);
  EXPECT_EQ(ocsp_of("ocsp: from_certificate, ocsp_hosts: [a.example]").hosts, (std::vector<std::string>{"a.example"}));
  EXPECT_EQ(ocsp_of("ocsp: false, crls: [a.crl]").source, x509::OcspSource::none);
}

TEST(LoadText, ResolvesPathsFromTheFileThatNamesThem) {
  MemoryFiles files;
  files.files["/etc/certbound/clients.d/a.yaml"] = "trust_stores: {a: {anchors: [../ca/a.crt, /b.crt]}}";
  const Loaded loaded =
      load_text("/etc/certbound/main.yaml", std::string{kMinimal} + "state_dir: state\ninclude: [clients.d/a.yaml]\n",
                files.surroundings());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->tls.certificate, "/etc/certbound/server.crt");
  EXPECT_EQ(loaded.config->state_dir, "/etc/certbound/state");
  EXPECT_EQ(loaded.config->audit.file, "audit.jsonl");
  EXPECT_THAT(loaded.config->trust_stores.front().anchors, ElementsAre("/etc/certbound/ca/a.crt", "/b.crt"));
}

TEST(LoadText, RefusesAFileThatIsNoMap) {
  const MemoryFiles files;
  for (const char* text : {"- a\n", "just text\n", "~\n"}) {
    const Loaded loaded = files.load(text);
    EXPECT_FALSE(loaded.config) << text;
    EXPECT_EQ(loaded.problems.size(), 1U) << text;
  }
}

TEST(LoadText, RefusesTextThatYamlReadsAsSomethingElse) {
  for (const char* value : {"1", "-1", "1.5", "1e3", ".5", "0x1f", "0o17", ".inf", ".NaN", "true", "False"}) {
    const auto problems = problems_of("state_dir: " + std::string{value} + "\n");
    ASSERT_EQ(problems.size(), 1U) << value;
    EXPECT_THAT(problems.front(), HasSubstr("where text is expected; write it in quotes")) << value;
    EXPECT_THAT(problems_of("state_dir: \"" + std::string{value} + "\"\n"), IsEmpty()) << value;
  }
  for (const char* value : {"1.2.3", "1s", "e3", "0x", "-a", "+a", ".", "1e", "on", "Norway"}) {
    EXPECT_THAT(problems_of("state_dir: " + std::string{value} + "\n"), IsEmpty()) << value;
  }
}

TEST(LoadText, RefusesAKeyWithoutAValue) {
  for (const char* value : {"", "~", "null", "Null"}) {
    const auto problems = problems_of("state_dir: " + std::string{value} + "\n");
    ASSERT_EQ(problems.size(), 1U) << value;
    EXPECT_THAT(problems.front(), HasSubstr("state_dir: has no value; write one, or remove the key"));
  }
  EXPECT_THAT(problems_of("clients:\n"), ElementsAre(HasSubstr("clients: has no value; write [] for an empty list")));
}

TEST(LoadText, RefusesControlCharactersInText) {
  EXPECT_THAT(problems_of("state_dir: \"a\\0b\"\n"), ElementsAre(HasSubstr("another control character")));
  EXPECT_THAT(problems_of("state_dir: |\n  a\n"), ElementsAre(HasSubstr("state_dir: holds a line end")));
}

TEST(LoadText, RefusesAnEnvironmentVariableThatIsNotUtf8) {
  MemoryFiles files;
  files.variables["X"] = "\xff";
  EXPECT_THAT(rendered(files.load(std::string{kMinimal} + "state_dir: ${X}\n")),
              ElementsAre(HasSubstr("state_dir: the environment variable holds something else than UTF-8")));
}

TEST(LoadText, ShowsNoValueOfTheEnvironment) {
  MemoryFiles files;
  files.variables["PASSWORD"] = "hunter2";
  const auto problems = rendered(files.load(std::string{kMinimal} + "workers: ${PASSWORD}\n"));
  EXPECT_THAT(problems, ElementsAre(HasSubstr("\"${PASSWORD}\" is not a whole number")));
}

TEST(LoadText, RefusesAnUnknownTrustStoreName) {
  EXPECT_THAT(problems_of("trust_stores: {\"a b\": {anchors: [a.crt]}}\n"),
              ElementsAre(HasSubstr("is no name of a trust store")));
}

TEST(LoadText, RefusesEmptyLists) {
  EXPECT_THAT(problems_of("trust_stores: {a: {anchors: []}}\n"),
              ElementsAre(HasSubstr("trust_stores.a.anchors: is empty; write at least one")));
}

TEST(LoadText, TakesBothFormsOfASize) {
  const MemoryFiles files;
  const Loaded loaded = files.load(std::string{kMinimal} + "limits: {header_bytes: 2048, body_bytes: \"2KiB\"}\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->limits.header_bytes, 2048U);
  EXPECT_EQ(loaded.config->limits.body_bytes, 2048U);
}

TEST(LoadText, ReportsWhatIsWrongWithAnIncludedFileUnderItsName) {
  MemoryFiles files;
  files.files["clients.d/b.yaml"] = "clients: [{client_id: b}]\n";
  files.files["clients.d/a.yaml"] = "- a\n";
  const auto problems = rendered(files.load(std::string{kMinimal} + "include: [clients.d/*.yaml]\n"));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0], HasSubstr("clients.d/a.yaml:1:1: a list stands where a map is expected"));
  EXPECT_THAT(problems[1], HasSubstr("clients.d/b.yaml:1:11: clients[0] (b): token_endpoint_auth_method: required"));
}

TEST(LoadText, ReportsThatAnIncludedFileCannotBeRead) {
  const Surroundings surroundings{
      [](const std::string&) { return std::nullopt; },
      [](const std::filesystem::path& path) -> Result<std::string> {
        return invalid_input(path.string() + ": cannot open: Permission denied");
      },
      [](const std::filesystem::path&, const std::string& pattern) -> Result<std::vector<std::filesystem::path>> {
        if (pattern == "secret") return invalid_input("secret: cannot list the directory");
        return std::vector<std::filesystem::path>{"a.yaml"};
      },
      kReadAt};
  EXPECT_THAT(rendered(load_text("main.yaml", std::string{kMinimal} + "include: [a.yaml, secret]\n", surroundings)),
              ElementsAre("main.yaml:4:11: include[0]: a.yaml: cannot open: Permission denied",
                          "main.yaml:4:19: include[1]: secret: cannot list the directory"));
}

TEST(LoadText, CannotBeMadeToPrintWithoutEnd) {
  std::string text = kMinimal;
  for (int i = 0; i < 5000; ++i) text += "unknown" + std::to_string(i) + ": 1\n";
  const MemoryFiles files;
  const Loaded loaded = files.load(text);
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.problems.size(), 1001U);
  EXPECT_THAT(loaded.problems.back().message, HasSubstr("4000 further problems"));
}

TEST(LoadText, ShowsAnErrorAfterAThousandWarnings) {
  std::string text = kMinimal;
  text +=
      "resources: [{identifier: https://api.example.com, scopes: [read]}]\ntrust_stores: {partner: {anchors: "
      "[a.crt]}}\nclients:\n";
  for (int i = 0; i < 1005; ++i) {
    text += "  - {client_id: c" + std::to_string(i) +
            ", token_endpoint_auth_method: tls_client_auth, tls_client_auth_subject_dn: CN=a, trust_store: partner, "
            "scope: read}\n";
  }
  text += "  - {client_id: broken}\n";
  const MemoryFiles files;
  const auto problems = rendered(files.load(text));
  ASSERT_EQ(problems.size(), 1002U);
  EXPECT_THAT(problems[1000], HasSubstr("clients[1005] (broken): token_endpoint_auth_method: required"));
  EXPECT_THAT(problems[1001], HasSubstr("4 further problems"));
}

TEST(Load, NamesAFileThatDoesNotExist) {
  const Loaded loaded = load("/nonexistent/certbound.yaml");
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(rendered(loaded), ElementsAre("/nonexistent/certbound.yaml: cannot open: No such file or directory"));
}

}  // namespace
}  // namespace certbound::config
