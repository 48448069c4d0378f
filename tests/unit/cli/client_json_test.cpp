#include "cli/client_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::cli {

namespace {

model::Client chain_client() {
  model::Client client{*model::ClientId::parse("etl")};
  client.client_name = "Nightly";
  client.subject = model::RegisteredSubject{model::SubjectField::san_dns, "etl.example"};
  client.trust_store = "partner";
  client.scope = *model::Scope::parse("read write");
  client.resources = {"https://a.example"};
  client.origin = {"yaml", "certbound.yaml:3"};
  return client;
}

model::Client self_signed_client() {
  model::Client client{*model::ClientId::parse("self")};
  client.token_endpoint_auth_method = model::AuthMethod::self_signed_tls_client_auth;
  client.certificate_thumbprints = {"AAA", "BBB"};
  client.key_thumbprints = {"CCC"};
  client.certificate_binding = model::BindingRule::never;
  return client;
}

model::Client secret_client() {
  model::Client client{*model::ClientId::parse("legacy")};
  client.token_endpoint_auth_method = model::AuthMethod::client_secret_post;
  client.declared_secret_sha256 = std::string(43, 'D');
  const WallTime made{std::chrono::seconds{1700000000}};
  client.secrets = {{7, std::string(43, 'M'), made, made + std::chrono::hours{1}},
                    {8, std::string(43, 'N'), made, std::nullopt}};
  return client;
}

}  // namespace

// The names of RFC 7591 and RFC 8705.
TEST(ClientJson, HasTheNamesOfTheStandards) {
  EXPECT_EQ(client_json(chain_client()), (nlohmann::ordered_json{{"client_id", "etl"},
                                                                 {"client_name", "Nightly"},
                                                                 {"token_endpoint_auth_method", "tls_client_auth"},
                                                                 {"tls_client_auth_san_dns", "etl.example"},
                                                                 {"trust_store", "partner"},
                                                                 {"grant_types", {"client_credentials"}},
                                                                 {"scope", "read write"},
                                                                 {"resources", {"https://a.example"}},
                                                                 {"tls_client_certificate_bound_access_tokens", true},
                                                                 {"source", "yaml"},
                                                                 {"place", "certbound.yaml:3"}}));
}

TEST(ClientJson, HasTheThumbprintsOfASelfSignedClient) {
  const auto json = client_json(self_signed_client());
  EXPECT_EQ(json["token_endpoint_auth_method"], "self_signed_tls_client_auth");
  EXPECT_EQ(json["certificates_x5t#S256"], (nlohmann::ordered_json{"AAA", "BBB"}));
  EXPECT_EQ(json["key_thumbprints"], nlohmann::ordered_json::array({"CCC"}));
  EXPECT_EQ(json["tls_client_certificate_bound_access_tokens"], false);
  EXPECT_FALSE(json.contains("trust_store"));
}

TEST(ClientJson, HasTheSecretsWithoutTheirDigests) {
  const auto json = client_json(secret_client());
  EXPECT_EQ(json["token_endpoint_auth_method"], "client_secret_post");
  EXPECT_EQ(json["declared_secret"], true);
  ASSERT_EQ(json["secrets"].size(), 2U);
  EXPECT_EQ(json["secrets"][0], (nlohmann::ordered_json{{"created_at", "2023-11-14T22:13:20Z"},
                                                        {"expired", true},
                                                        {"expires_at", "2023-11-14T23:13:20Z"},
                                                        {"id", 7}}));
  EXPECT_EQ(json["secrets"][1]["expires_at"], nullptr);
  EXPECT_EQ(json["secrets"][1]["expired"], false);
  for (const char* digest : {"DDD", "MMM", "NNN"}) EXPECT_EQ(json.dump().find(digest), std::string::npos);
  model::Client none = secret_client();
  none.declared_secret_sha256.clear();
  none.secrets.clear();
  EXPECT_EQ(client_json(none)["declared_secret"], false);
  EXPECT_EQ(client_json(none)["secrets"], nlohmann::ordered_json::array());
  EXPECT_FALSE(client_json(chain_client()).contains("secrets"));
}

TEST(DescribeCredential, FitsOnALine) {
  EXPECT_EQ(describe_credential(secret_client()),
            "client_secret_file, secret 7 until 2023-11-14T23:13:20Z, secret 8 until removed");
  EXPECT_EQ(describe_credential(chain_client()), "tls_client_auth_san_dns=etl.example in partner");
  EXPECT_EQ(describe_credential(self_signed_client()), "x5t#S256 AAA BBB, key CCC");
}

}  // namespace certbound::cli
