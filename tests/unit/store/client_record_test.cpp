#include "store/client_record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "conformance/store_suite.hpp"

namespace certbound::store {

namespace {

Result<model::Client> parse_metadata(const std::string& json, std::string_view id = "a") {
  const crypto::Sha256 digest = crypto::sha256(json);
  return parse_client_row(ClientRow{id, "yaml", "certbound.yaml:1", json, digest.octets});
}

const std::string& least_metadata() {
  static const std::string json =
      R"({"grant_types":["client_credentials"],"scope":"","tls_client_certificate_bound_access_tokens":true,)"
      R"("token_endpoint_auth_method":"tls_client_auth"})";
  return json;
}

/// least_metadata() with one member more or other.
std::string with_member(const std::string& member, const std::string& value) {
  nlohmann::json object = nlohmann::json::parse(least_metadata());
  object[member] = nlohmann::json::parse(value);
  return object.dump();
}

}  // namespace

// RFC 7591 section 2, RFC 8705 sections 2.1.2 and 3.4: the wire's names, so that the column reads as a registration
// does.
TEST(RenderClientMetadata, UsesTheRegisteredMemberNames) {
  model::Client client{*model::ClientId::parse("etl")};
  client.client_name = "ETL";
  client.subject = model::RegisteredSubject{model::SubjectField::subject_dn, "CN=etl,C=GB"};
  client.trust_store = "partner";
  client.scope = *model::Scope::parse("a b");
  client.resources = {"https://api.example"};

  const auto metadata = render_client_metadata(client);

  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->json,
            R"({"client_name":"ETL","grant_types":["client_credentials"],"resources":["https://api.example"],)"
            R"("scope":"a b","tls_client_auth_subject_dn":"CN=etl,C=GB",)"
            R"("tls_client_certificate_bound_access_tokens":true,"token_endpoint_auth_method":"tls_client_auth",)"
            R"("trust_store":"partner"})");
  EXPECT_EQ(metadata->digest, crypto::sha256(metadata->json));
}

TEST(RenderClientMetadata, DoesNotDependOnTheOrigin) {
  model::Client moved = full_suite_client();
  moved.origin.place = "elsewhere:1";
  EXPECT_EQ(render_client_metadata(moved)->json, render_client_metadata(full_suite_client())->json);
}

TEST(RenderClientMetadata, RefusesWhatIsTooLong) {
  model::Client client = full_suite_client();
  client.certificate_thumbprints.assign(25000, std::string(43, 'A'));
  const auto metadata = render_client_metadata(client);
  ASSERT_FALSE(metadata);
  EXPECT_EQ(metadata.error().code, ErrorCode::invalid_request);
}

TEST(ParseClientRow, ReadsBackEverySubjectField) {
  for (const auto field : model::kSubjectFields) {
    model::Client client = full_suite_client();
    client.subject = model::RegisteredSubject{field, "value"};
    const auto metadata = render_client_metadata(client);
    ASSERT_TRUE(metadata);
    const auto parsed = parse_client_row(ClientRow{client.client_id.text(), client.origin.source, client.origin.place,
                                                   metadata->json, metadata->digest.octets});
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(*parsed, client);
  }
}

TEST(ParseClientRow, ReadsTheLeastThatIsRequired) {
  const auto client = parse_metadata(least_metadata());
  ASSERT_TRUE(client) << client.error().detail;
  EXPECT_FALSE(client->subject);
  EXPECT_EQ(client->origin.place, "certbound.yaml:1");
}

// A member of a newer version may restrict the client: what is not understood is not ignored.
TEST(ParseClientRow, RefusesAnUnknownMember) {
  const auto client = parse_metadata(with_member("allowed_ips", "[]"));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::server_error);
  EXPECT_NE(client.error().detail.find("\"allowed_ips\""), std::string::npos) << client.error().detail;
  EXPECT_NE(client.error().detail.find("stored client \"a\""), std::string::npos) << client.error().detail;
}

TEST(ParseClientRow, RefusesAMemberOfAnotherForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"client_name", "1"},
      {"trust_store", "null"},
      {"grant_types", "\"client_credentials\""},
      {"grant_types", "[1]"},
      {"resources", "{}"},
      {"certificate_thumbprints", "[null]"},
      {"key_thumbprints", "true"},
      {"scope", "[\"a\"]"},
      {"scope", "\"a\\\"b\""},
      {"tls_client_certificate_bound_access_tokens", "\"true\""},
      {"tls_client_certificate_bound_access_tokens", "1"},
      {"token_endpoint_auth_method", "\"none\""},
      {"token_endpoint_auth_method", "true"},
      {"tls_client_auth_san_dns", "[\"a\"]"},
  };
  for (const auto& [member, value] : cases) {
    const auto client = parse_metadata(with_member(member, value));
    ASSERT_FALSE(client) << member << " " << value;
    EXPECT_NE(client.error().detail.find(member), std::string::npos) << client.error().detail;
  }
}

TEST(ParseClientRow, RefusesAMissingMember) {
  for (const char* member :
       {"grant_types", "scope", "tls_client_certificate_bound_access_tokens", "token_endpoint_auth_method"}) {
    nlohmann::json object = nlohmann::json::parse(least_metadata());
    object.erase(member);
    const auto client = parse_metadata(object.dump());
    ASSERT_FALSE(client) << member;
    EXPECT_NE(client.error().detail.find("is missing"), std::string::npos) << client.error().detail;
  }
}

// RFC 8705 section 2.1.2: exactly one of the five.
TEST(ParseClientRow, RefusesTwoSubjects) {
  nlohmann::json object = nlohmann::json::parse(least_metadata());
  object["tls_client_auth_san_dns"] = "a.example";
  object["tls_client_auth_san_uri"] = "urn:a";
  EXPECT_FALSE(parse_metadata(object.dump()));
}

TEST(ParseClientRow, RefusesWhatIsNoObject) {
  for (const char* json : {"", "[]", "null", "{", "{}x", R"({"scope":"a","scope":"b"})"}) {
    EXPECT_FALSE(parse_metadata(json)) << json;
  }
}

TEST(ParseClientRow, RefusesMetadataThatDoesNotFitItsDigest) {
  const crypto::Sha256 other = crypto::sha256("other");
  const auto client = parse_client_row(ClientRow{"a", "yaml", "p", least_metadata(), other.octets});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::server_error);
  EXPECT_FALSE(parse_client_row(ClientRow{"a", "yaml", "p", least_metadata(), {}}));
}

TEST(ParseClientRow, RefusesAnIdThatIsNone) {
  EXPECT_FALSE(parse_metadata(least_metadata(), ""));
  EXPECT_FALSE(parse_metadata(least_metadata(), "a\nb"));
}

}  // namespace certbound::store
