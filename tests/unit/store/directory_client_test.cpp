#include "store/directory_client.hpp"

#include <gtest/gtest.h>

#include "conformance/store_suite.hpp"

namespace certbound::store {

TEST(MakeDirectoryClient, ParsesTheSubject) {
  const auto made = make_directory_client(suite_client("a"));
  ASSERT_TRUE(made) << made.error().detail;
  ASSERT_TRUE(made->subject);
  EXPECT_EQ(made->subject->field(), model::SubjectField::san_dns);
  EXPECT_EQ(made->client, suite_client("a"));
}

// RFC 8705 appendix A: the thumbprint of its example certificate, and 32 zero octets.
TEST(MakeDirectoryClient, DecodesThumbprints) {
  model::Client client{*model::ClientId::parse("a")};
  client.certificate_thumbprints = {"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"};
  client.key_thumbprints = {std::string(43, 'A')};

  const auto made = make_directory_client(client);

  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_FALSE(made->subject);
  ASSERT_EQ(made->certificates.size(), 1U);
  EXPECT_EQ(hex_encode(made->certificates[0].octets),
            "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd");
  ASSERT_EQ(made->keys.size(), 1U);
  EXPECT_EQ(made->keys[0], crypto::Sha256{});
}

TEST(MakeDirectoryClient, DecodesTheDeclaredSecretFirst) {
  const WallTime end{std::chrono::seconds{1700000000}};
  model::Client client{*model::ClientId::parse("a")};
  client.declared_secret_sha256 = crypto::sha256("declared").to_base64url();
  client.secrets = {{1, crypto::sha256("made").to_base64url(), end - std::chrono::hours{1}, end},
                    {2, crypto::sha256("stays").to_base64url(), end, std::nullopt}};

  const auto made = make_directory_client(client);

  ASSERT_TRUE(made) << made.error().detail;
  ASSERT_EQ(made->secrets.size(), 3U);
  EXPECT_EQ(made->secrets[0].digest, crypto::sha256("declared"));
  EXPECT_TRUE(made->secrets[0].is_valid(WallTime::max()));
  EXPECT_EQ(made->secrets[1].digest, crypto::sha256("made"));
  EXPECT_TRUE(made->secrets[1].is_valid(end - std::chrono::seconds{1}));
  EXPECT_FALSE(made->secrets[1].is_valid(end));
  EXPECT_EQ(made->secrets[2].digest, crypto::sha256("stays"));
  EXPECT_TRUE(made->secrets[2].is_valid(end));
}

TEST(MakeDirectoryClient, RefusesADigestOfASecretThatDoesNotParse) {
  model::Client declared{*model::ClientId::parse("a")};
  declared.declared_secret_sha256 = "secret";
  EXPECT_FALSE(make_directory_client(declared));
  model::Client made{*model::ClientId::parse("a")};
  made.secrets = {{1, std::string(42, 'A'), WallTime{}, std::nullopt}};
  EXPECT_FALSE(make_directory_client(made));
}

TEST(MakeDirectoryClient, RefusesAThumbprintOfAnotherLength) {
  for (const std::string& text : {std::string(42, 'A'), std::string(44, 'A'), std::string{}, std::string(43, '+')}) {
    model::Client client{*model::ClientId::parse("a")};
    client.key_thumbprints = {text};
    const auto made = make_directory_client(client);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_request);
  }
}

TEST(MakeDirectoryClient, RefusesASubjectThatDoesNotParse) {
  model::Client client = suite_client("a");
  client.subject = model::RegisteredSubject{model::SubjectField::san_ip, "not an address"};
  const auto made = make_directory_client(client);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::invalid_request);
}

}  // namespace certbound::store
