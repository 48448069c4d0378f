#include "audit/event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/pki.hpp"

namespace certbound::audit {

namespace {

using Json = nlohmann::ordered_json;
using certbound::test::kNow;

std::shared_ptr<const x509::PresentedChain> present(const certbound::test::Identity& identity) {
  return std::make_shared<const x509::PresentedChain>(identity.certificate, std::vector<x509::Certificate>{});
}

Event granted_event() {
  Event event;
  event.time = kNow;
  event.endpoint = "token";
  event.request_id = "r-1";
  event.generation = 7;
  event.peer = "127.0.0.1:50312";
  event.listener = "127.0.0.1:8443";
  event.client_id = "etl";
  event.auth_method = "tls_client_auth";
  event.grant_type = "client_credentials";
  event.token_type = "Bearer";
  event.jti = "j-1";
  event.kid = "k-1";
  event.audience = {"https://a.example", "https://b.example"};
  event.scope = "a b";
  event.confirmation = "x5t#S256";
  event.expires_at = kNow + std::chrono::minutes{5};
  return event;
}

/// The record as JSON; it has to be one line with one line feed at its end.
Json parse_record(const std::string& line) {
  EXPECT_TRUE(line.ends_with("}\n"));
  EXPECT_EQ(line.find_first_of("\r\n\x0b\x0c\x7f"), line.size() - 1);
  EXPECT_EQ(line.find("\xe2\x80\xa8"), std::string::npos);
  EXPECT_EQ(line.find("\xc2\x85"), std::string::npos);
  return Json::parse(line);
}

}  // namespace

TEST(RenderEvent, HasEveryFieldOfAGrant) {
  Event event = granted_event();
  const auto root = certbound::test::make_root("Root");
  const auto client = certbound::test::make_client("etl-01", root);
  event.certificate = present(client);

  const Json json = parse_record(render_event(event));

  EXPECT_EQ(json["time"], "2026-01-15T12:00:00Z");
  EXPECT_EQ(json["request_id"], "r-1");
  EXPECT_EQ(json["endpoint"], "token");
  EXPECT_EQ(json["generation"], 7);
  EXPECT_EQ(json["outcome"], "granted");
  EXPECT_EQ(json["reason"], "none");
  EXPECT_EQ(json["client_id"], "etl");
  EXPECT_EQ(json["auth_method"], "tls_client_auth");
  EXPECT_EQ(json["certificate"]["x5t#S256"], x509::x5t_s256(client.certificate));
  EXPECT_EQ(json["certificate"]["subject"], "CN=etl-01");
  EXPECT_EQ(json["certificate"]["issuer"], "CN=Root");
  EXPECT_EQ(json["certificate"]["serial"], client.certificate.serial_hex());
  EXPECT_EQ(json["grant_type"], "client_credentials");
  EXPECT_EQ(json["token_type"], "Bearer");
  EXPECT_EQ(json["jti"], "j-1");
  EXPECT_EQ(json["kid"], "k-1");
  EXPECT_EQ(json["aud"], (Json{"https://a.example", "https://b.example"}));
  EXPECT_EQ(json["scope"], "a b");
  EXPECT_EQ(json["confirmation"], "x5t#S256");
  EXPECT_EQ(json["expires_at"], 1768478700);
  EXPECT_EQ(json["listener"], "127.0.0.1:8443");
  EXPECT_EQ(json["peer"], "127.0.0.1:50312");
  EXPECT_FALSE(json.contains("detail"));
}

TEST(RenderEvent, HasReasonAndDetailOfARefusalAndNothingOfAGrant) {
  Event event = granted_event();
  event.reason = Reason::subject_mismatch;
  event.detail = "registered \"CN=a\"";

  const Json json = parse_record(render_event(event));

  EXPECT_EQ(json["outcome"], "refused");
  EXPECT_EQ(json["reason"], "subject_mismatch");
  EXPECT_EQ(json["detail"], "registered \"CN=a\"");
  for (const char* name : {"token_type", "kid", "aud", "scope", "confirmation", "expires_at", "certificate"}) {
    EXPECT_FALSE(json.contains(name)) << name;
  }
}

// So that `audit show --jti` finds who asked for what was not theirs.
TEST(RenderEvent, NamesTheTokenThatARefusedRequestWasAbout) {
  Event event = granted_event();
  event.reason = Reason::token_not_owned;
  EXPECT_EQ(parse_record(render_event(event))["jti"], event.jti);
}

TEST(RenderEvent, NamesTheDenialThatTheRequestLedTo) {
  Event event = granted_event();
  event.denial = 7;
  EXPECT_EQ(parse_record(render_event(event))["denial"], 7);
  event.denial = 0;
  EXPECT_FALSE(parse_record(render_event(event)).contains("denial"));
}

TEST(RenderEvent, LeavesOutWhatWasNotReached) {
  Event event;
  event.time = kNow;
  event.reason = Reason::malformed_form;
  const Json json = parse_record(render_event(event));
  EXPECT_EQ(json.size(), 4U) << json;
}

// A stranger chooses client_id, grant_type and the certificate's names: no second line, no second field.
TEST(RenderEvent, StaysOneLineWhateverTheTextsHold) {
  const std::string hostile[] = {"a\"b",
                                 "\",\"outcome\":\"granted",
                                 "a\nb\r\nc",
                                 "\xe2\x80\xa8 and \xe2\x80\xa9",
                                 "\x1b[31m \x7f \xc2\x85",
                                 "\xff\xfe \xc0\xaf \xed\xa0\x80",
                                 std::string{"a\0b", 3},
                                 "\\"};
  for (const std::string& text : hostile) {
    Event event = granted_event();
    event.client_id = text;
    event.grant_type = text;
    event.jti = text;
    event.scope = text;
    event.audience = {text, text};
    event.request_id = text;
    const Json granted = parse_record(render_event(event));
    EXPECT_EQ(granted["outcome"], "granted");
    EXPECT_EQ(granted["aud"].size(), 2U);
    event.reason = Reason::internal;
    event.detail = text;
    EXPECT_EQ(parse_record(render_event(event))["outcome"], "refused");
  }
}

TEST(RenderEvent, KeepsTextThatJsonCanCarry) {
  Event event = granted_event();
  event.client_id = "a\"\\\n\xc3\xa4";
  EXPECT_EQ(parse_record(render_event(event))["client_id"], "a\"\\\n\xc3\xa4");
}

TEST(RenderEvent, StaysOneLineForAHostileCertificate) {
  certbound::test::Shape shape;
  shape.subject = {{"CN", "a\"},\n{\"outcome\":\"granted"}};
  Event event = granted_event();
  event.certificate = present(certbound::test::make_identity(shape));
  const Json json = parse_record(render_event(event));
  EXPECT_EQ(json["outcome"], "granted");
  EXPECT_TRUE(json["certificate"]["subject"].is_string());
}

// A record is bounded however long the texts are; where the cut falls into a character it is still JSON.
TEST(RenderEvent, BoundsEachText) {
  Event event = granted_event();
  event.client_id.clear();
  for (int i = 0; i < 100'000; ++i) event.client_id += "\xe2\x82\xac";
  const std::string line = render_event(event);
  EXPECT_LT(line.size(), 4096U);
  EXPECT_EQ(parse_record(line)["outcome"], "granted");
  EXPECT_TRUE(parse_record(line)["client_id"].get<std::string>().ends_with("\xe2\x82\xac\xe2\x80\xa6(300000 octets)"));
}

}  // namespace certbound::audit
