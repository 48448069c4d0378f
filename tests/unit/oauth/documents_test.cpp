#include "oauth/endpoints/documents.hpp"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::oauth {

namespace {

void add_key(Snapshot& snapshot, model::SigningAlgorithm algorithm, model::KeyState state) {
  SigningKey key;
  key.record.algorithm = algorithm;
  key.record.state = state;
  snapshot.keys.push_back(std::move(key));
}

Snapshot snapshot_of(const std::string& issuer, const std::string& path) {
  Snapshot snapshot;
  snapshot.issuer = issuer;
  snapshot.issuer_path = path;
  snapshot.resources.emplace("https://a.example",
                             model::Resource{"https://a.example", *model::Scope::parse("read write")});
  add_key(snapshot, model::SigningAlgorithm::es256, model::KeyState::active);
  snapshot.resources.emplace("https://b.example", model::Resource{"https://b.example", *model::Scope::parse("read x")});
  return snapshot;
}

nlohmann::json metadata_of(Snapshot snapshot, const PublishedUrls& urls = {}) {
  snapshot.urls = urls;
  return nlohmann::json::parse(render_metadata(snapshot).body);
}

}  // namespace

// V8414: RFC 8414 section 3.1.
TEST(MetadataPath, HasTheIssuersPathBehindTheWellKnownOne) {
  EXPECT_EQ(metadata_path(""), "/.well-known/oauth-authorization-server");
  EXPECT_EQ(metadata_path("/issuer1"), "/.well-known/oauth-authorization-server/issuer1");
  EXPECT_EQ(metadata_path("/a/b"), "/.well-known/oauth-authorization-server/a/b");
}

// RFC 8414 section 2 (8414-2-1 to 8414-2-5, 8414-2-9, 8414-2-10), RFC 8705 section 3.3.
TEST(RenderMetadata, SaysWhatTheServerCanDo) {
  const auto metadata = metadata_of(snapshot_of("https://as.example:8443", ""));

  EXPECT_EQ(metadata["issuer"], "https://as.example:8443");
  EXPECT_EQ(metadata["token_endpoint"], "https://as.example:8443/oauth2/token");
  EXPECT_EQ(metadata["jwks_uri"], "https://as.example:8443/oauth2/jwks");
  EXPECT_EQ(metadata["scopes_supported"], (nlohmann::json{"read", "write", "x"}));
  EXPECT_EQ(metadata["response_types_supported"], nlohmann::json::array());
  EXPECT_EQ(metadata["grant_types_supported"], nlohmann::json::array({"client_credentials"}));
  EXPECT_EQ(metadata["token_endpoint_auth_methods_supported"],
            (nlohmann::json{"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"}));
  const nlohmann::json algorithms{"ES256", "PS256", "EdDSA", "RS256", "ES384", "ES512", "PS384", "PS512"};
  EXPECT_EQ(metadata["token_endpoint_auth_signing_alg_values_supported"], algorithms);
  EXPECT_EQ(metadata["dpop_signing_alg_values_supported"], algorithms);
  for (const char* name : {"introspection", "revocation"}) {
    for (const char* what : {"_endpoint_auth_methods_supported", "_endpoint_auth_signing_alg_values_supported"}) {
      EXPECT_EQ(metadata[std::string{name} + what], metadata[std::string{"token"} + what]);
    }
  }
  EXPECT_EQ(metadata["introspection_endpoint"], "https://as.example:8443/oauth2/introspect");
  EXPECT_EQ(metadata["revocation_endpoint"], "https://as.example:8443/oauth2/revoke");
  EXPECT_EQ(metadata["introspection_signing_alg_values_supported"], nlohmann::json{"ES256"});
  EXPECT_EQ(metadata["tls_client_certificate_bound_access_tokens"], true);
}

// Secrets are off unless they are allowed.
TEST(RenderMetadata, NamesSecretsWhereTheyAreAllowed) {
  Snapshot snapshot = snapshot_of("https://as.example", "");
  snapshot.allows_client_secrets = true;
  EXPECT_EQ(metadata_of(snapshot)["token_endpoint_auth_methods_supported"],
            (nlohmann::json{"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt", "client_secret_basic",
                            "client_secret_post"}));
}

// FAPI 2.0 section 5.4.1.
TEST(RenderMetadata, NamesTheAlgorithmsOfTheProfile) {
  Snapshot snapshot = snapshot_of("https://as.example", "");
  snapshot.profile = Profile::fapi2;
  const auto metadata = metadata_of(snapshot);
  for (const char* name : {"token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"}) {
    EXPECT_EQ(metadata[name], (nlohmann::json{"ES256", "PS256", "EdDSA"})) << name;
  }
}

// RFC 9701 section 7: signed as now and next, not as signing.algorithm wants it some day.
TEST(RenderMetadata, NamesTheAlgorithmsOfTheKeysThatSign) {
  Snapshot snapshot = snapshot_of("https://as.example", "");
  snapshot.signing.algorithm = model::SigningAlgorithm::rs256;
  EXPECT_EQ(metadata_of(snapshot)["introspection_signing_alg_values_supported"], nlohmann::json{"ES256"});
  add_key(snapshot, model::SigningAlgorithm::ps256, model::KeyState::next);
  add_key(snapshot, model::SigningAlgorithm::es256, model::KeyState::next);
  add_key(snapshot, model::SigningAlgorithm::eddsa, model::KeyState::retired);
  EXPECT_EQ(metadata_of(snapshot)["introspection_signing_alg_values_supported"], (nlohmann::json{"ES256", "PS256"}));
}

// What is not there cannot be tried (8414-2-11).
TEST(RenderMetadata, SaysNothingElse) {
  const std::set<std::string> known{"issuer",
                                    "token_endpoint",
                                    "jwks_uri",
                                    "scopes_supported",
                                    "response_types_supported",
                                    "grant_types_supported",
                                    "token_endpoint_auth_methods_supported",
                                    "token_endpoint_auth_signing_alg_values_supported",
                                    "dpop_signing_alg_values_supported",
                                    "introspection_endpoint",
                                    "introspection_endpoint_auth_methods_supported",
                                    "introspection_endpoint_auth_signing_alg_values_supported",
                                    "introspection_signing_alg_values_supported",
                                    "revocation_endpoint",
                                    "revocation_endpoint_auth_methods_supported",
                                    "revocation_endpoint_auth_signing_alg_values_supported",
                                    "tls_client_certificate_bound_access_tokens"};
  std::set<std::string> found;
  const auto metadata = metadata_of(snapshot_of("https://as.example", ""));
  for (const auto& item : metadata.items()) found.insert(item.key());
  EXPECT_EQ(found, known);
}

// V8414, 8414-3-3: the issuer stays as it was written, the URLs have one slash.
TEST(RenderMetadata, KeepsTheIssuerAsItIsWritten) {
  const auto metadata = metadata_of(snapshot_of("https://as.example/t1/", "/t1"));
  EXPECT_EQ(metadata["issuer"], "https://as.example/t1/");
  EXPECT_EQ(metadata["token_endpoint"], "https://as.example/t1/oauth2/token");
}

// RFC 8414 section 3.2: a member with zero elements is omitted; section 2 asks for response_types_supported all the
// same.
TEST(RenderMetadata, HasNoEmptyMemberButTheOneThatIsRequired) {
  Snapshot bare;
  bare.issuer = "https://as.example";
  add_key(bare, model::SigningAlgorithm::es256, model::KeyState::active);
  for (const bool accepts_certificates : {true, false}) {
    PublishedUrls urls;
    urls.accepts_certificates = accepts_certificates;
    const auto metadata = metadata_of(bare, urls);
    for (const auto& item : metadata.items()) {
      if (item.key() == "response_types_supported") continue;
      EXPECT_FALSE(item.value().is_structured() && item.value().empty()) << item.key();
    }
    EXPECT_FALSE(metadata.contains("scopes_supported"));
  }
}

// A server whose listeners ask for no certificate authenticates nobody by one.
TEST(RenderMetadata, NamesNoMethodThatNoListenerServes) {
  PublishedUrls urls;
  urls.accepts_certificates = false;
  const auto metadata = metadata_of(snapshot_of("https://as.example", ""), urls);
  EXPECT_EQ(metadata.dump().find("tls_client"), std::string::npos);
}

// RFC 8705 section 5 (8705-5-1, 8705-5-2): what a client calls directly, and nothing else.
TEST(RenderMetadata, HasAliasesWhereTheListenersAreSplit) {
  PublishedUrls urls;
  urls.mtls_origin = "https://mtls.as.example:9443";
  const auto aliases = metadata_of(snapshot_of("https://as.example/t1", "/t1"), urls)["mtls_endpoint_aliases"];
  EXPECT_EQ(aliases, (nlohmann::json{{"token_endpoint", "https://mtls.as.example:9443/t1/oauth2/token"},
                                     {"introspection_endpoint", "https://mtls.as.example:9443/t1/oauth2/introspect"},
                                     {"revocation_endpoint", "https://mtls.as.example:9443/t1/oauth2/revoke"}}));
  EXPECT_FALSE(metadata_of(snapshot_of("https://as.example", "")).contains("mtls_endpoint_aliases"));
}

TEST(RenderMetadata, HasAnEtagOfItsContent) {
  const Document a = render_metadata(snapshot_of("https://a.example", ""));
  const Document same = render_metadata(snapshot_of("https://a.example", ""));
  const Document b = render_metadata(snapshot_of("https://b.example", ""));
  EXPECT_EQ(a.etag, same.etag);
  EXPECT_NE(a.etag, b.etag);
}

}  // namespace certbound::oauth
