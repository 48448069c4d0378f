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

TEST(DescribeCredential, FitsOnALine) {
  EXPECT_EQ(describe_credential(chain_client()), "tls_client_auth_san_dns=etl.example in partner");
  EXPECT_EQ(describe_credential(self_signed_client()), "x5t#S256 AAA BBB, key CCC");
}

}  // namespace certbound::cli
