#include "model/client.hpp"

#include <array>

#include <gtest/gtest.h>

namespace certbound::model {

// RFC 8705 sections 2.1.1 and 2.2.1.
TEST(AuthMethodName, IsTheRegisteredOne) {
  EXPECT_EQ(name(AuthMethod::tls_client_auth), "tls_client_auth");
  EXPECT_EQ(name(AuthMethod::self_signed_tls_client_auth), "self_signed_tls_client_auth");
  EXPECT_EQ(name(AuthMethod::private_key_jwt), "private_key_jwt");
  EXPECT_EQ(name(AuthMethod::client_secret_basic), "client_secret_basic");
  EXPECT_EQ(name(AuthMethod::client_secret_post), "client_secret_post");
  for (const AuthMethod method : kAuthMethods) EXPECT_EQ(parse_auth_method(name(method)), method);
  EXPECT_EQ(parse_auth_method("tls_client_auth"), AuthMethod::tls_client_auth);
  EXPECT_EQ(parse_auth_method("self_signed_tls_client_auth"), AuthMethod::self_signed_tls_client_auth);
}

TEST(ParseAuthMethod, FindsNothingElse) {
  for (const auto* text : {"", "none", "client_secret_jwt", "private_key", "TLS_CLIENT_AUTH", "tls_client_auth "}) {
    EXPECT_EQ(parse_auth_method(text), std::nullopt) << text;
  }
}

// RFC 8705 section 2.1.2: five members; the pattern is ours.
TEST(SubjectFieldName, IsTheMemberOfTheRegistration) {
  constexpr std::array<std::pair<SubjectField, std::string_view>, 6> kNames{
      {{SubjectField::subject_dn, "tls_client_auth_subject_dn"},
       {SubjectField::subject_dn_pattern, "tls_client_auth_subject_dn_pattern"},
       {SubjectField::san_dns, "tls_client_auth_san_dns"},
       {SubjectField::san_uri, "tls_client_auth_san_uri"},
       {SubjectField::san_ip, "tls_client_auth_san_ip"},
       {SubjectField::san_email, "tls_client_auth_san_email"}}};
  for (const auto& [field, text] : kNames) {
    EXPECT_EQ(name(field), text);
    EXPECT_EQ(parse_subject_field(text), field);
  }
  EXPECT_EQ(std::size(kSubjectFields), kNames.size());
  EXPECT_EQ(parse_subject_field("tls_client_auth_san_dnss"), std::nullopt);
  EXPECT_EQ(parse_subject_field(""), std::nullopt);
}

// RFC 8705 section 3.4: a client of a TLS method gets bound tokens unless it says otherwise.
TEST(Client, DefaultsToTheSafeSide) {
  const Client client{*ClientId::parse("a")};
  EXPECT_EQ(client.certificate_binding, BindingRule::required);
  EXPECT_EQ(client.token_endpoint_auth_method, AuthMethod::tls_client_auth);
  EXPECT_FALSE(client.subject.has_value()) << "and a client without a subject matches no certificate";
  EXPECT_TRUE(client.trust_store.empty());
  EXPECT_TRUE(client.scope.is_empty());
  EXPECT_TRUE(client.resources.empty());
  EXPECT_EQ(client.grant_types, std::vector<std::string>{"client_credentials"});
}

// Reconciliation compares clients to find what a reload changed.
TEST(ClientEquality, SeesEveryMember) {
  const Client client{*ClientId::parse("a")};
  const auto differs = [&client](auto change) {
    Client other = client;
    change(other);
    return other != client;
  };
  EXPECT_FALSE(differs([](Client&) {}));
  EXPECT_TRUE(differs([](Client& c) { c.client_id = *ClientId::parse("b"); }));
  EXPECT_TRUE(differs([](Client& c) { c.client_name = "n"; }));
  EXPECT_TRUE(differs([](Client& c) { c.token_endpoint_auth_method = AuthMethod::self_signed_tls_client_auth; }));
  EXPECT_TRUE(differs([](Client& c) { c.subject = RegisteredSubject{SubjectField::san_dns, "a.example"}; }));
  EXPECT_TRUE(differs([](Client& c) { c.trust_store = "t"; }));
  EXPECT_TRUE(differs([](Client& c) { c.certificate_thumbprints.emplace_back("x"); }));
  EXPECT_TRUE(differs([](Client& c) { c.key_thumbprints.emplace_back("x"); }));
  EXPECT_TRUE(differs([](Client& c) { c.grant_types.clear(); }));
  EXPECT_TRUE(differs([](Client& c) { c.scope.add("s"); }));
  EXPECT_TRUE(differs([](Client& c) { c.resources.emplace_back("https://api.example"); }));
  EXPECT_TRUE(differs([](Client& c) { c.certificate_binding = BindingRule::never; }));
  EXPECT_TRUE(differs([](Client& c) { c.origin.place = "a.yaml:3"; }));
}

}  // namespace certbound::model
