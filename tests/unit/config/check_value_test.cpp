#include "config/check_value.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::config {
namespace {

// RFC 8414 section 2: https, no query, no fragment.
TEST(CheckIssuer, TakesHttpsUrls) {
  for (const char* text :
       {"https://as.example.com", "https://as.example.com:8443", "https://as.example.com/tenant/a",
        "https://127.0.0.1:8443", "https://[::1]:8443/x", "https://a", "https://a.b/~x;y=1,@:!$&'()*+"}) {
    EXPECT_EQ(check_issuer(text), "") << text;
  }
}

TEST(CheckIssuer, RefusesEverythingElse) {
  for (const char* text : {"",
                           "as.example.com",
                           "http://as.example.com",
                           "HTTPS://as.example.com",
                           "https://",
                           "https:///x",
                           "https://:8443",
                           "https://as.example.com?x",
                           "https://as.example.com/#x",
                           "https://as.example.com/",
                           "https://as.example.com/x/",
                           "https://as.example.com//x",
                           "https://as.example.com/../x",
                           "https://as.example.com/a%41",
                           "https://u@as.example.com",
                           "https://as.example.com:0",
                           "https://as.example.com:65536",
                           "https://as.example.com:08",
                           "https://as.example.com:",
                           "https://as example.com",
                           "https://-a.example",
                           "https://a..example",
                           "https://[::1",
                           "https://[::g]",
                           "https://[]",
                           "https://::1",
                           "https://[::1]x",
                           "https://as_1.example.com",
                           "https://a.example/x y",
                           "https://a.example/\xc3\xbc"}) {
    EXPECT_NE(check_issuer(text), "") << text;
  }
}

TEST(CheckOrigin, TakesSchemeHostAndPortOnly) {
  EXPECT_EQ(check_origin("https://mtls.example.com"), "");
  EXPECT_EQ(check_origin("https://mtls.example.com:9443"), "");
  for (const char* text : {"https://mtls.example.com/", "https://mtls.example.com/x", "http://mtls.example.com",
                           "mtls.example.com", "https://mtls.example.com?x", "https://"}) {
    EXPECT_NE(check_origin(text), "") << text;
  }
}

TEST(CheckAddress, TakesIpAndPort) {
  for (const char* text : {"0.0.0.0:8443", "127.0.0.1:0", "[::]:443", "[::1]:65535", "[2001:db8::1]:1"}) {
    EXPECT_EQ(check_address(text), "") << text;
  }
}

TEST(CheckAddress, RefusesEverythingElse) {
  for (const char* text : {"", ":8443", "8443", "localhost:8443", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:080", "127.0.0.1:8443 ", "127.1:80", "010.0.0.1:80", "::1:8443",
                           "[::1]", "[127.0.0.1]:80", "[]:80", "*:8443", "[::1%eth0]:80", "none"}) {
    EXPECT_NE(check_address(text), "") << text;
  }
}

TEST(CheckAddress, TakesNoneWhereThereNeedNotBeOne) {
  EXPECT_EQ(check_address_or_none("none"), "");
  EXPECT_EQ(check_address_or_none("127.0.0.1:9090"), "");
  EXPECT_NE(check_address_or_none("None"), "");
}

TEST(CanonicalAddress, IsTheSameForEverySpellingAndNothingForAFreePort) {
  EXPECT_EQ(canonical_address("[::1]:80"), canonical_address("[0:0::0:1]:80"));
  EXPECT_NE(canonical_address("[::1]:80"), canonical_address("[::1]:81"));
  EXPECT_FALSE(canonical_address("127.0.0.1:0"));
  EXPECT_FALSE(canonical_address("none"));
}

// RFC 8707 section 2: an absolute URI, without fragment.
TEST(CheckResourceIdentifier, TakesAbsoluteUris) {
  for (const char* text : {"https://api.example.com", "https://api.example.com/orders?v=2", "urn:example:api", "api:x",
                           "https://api.example.com/%20"}) {
    EXPECT_EQ(check_resource_identifier(text), "") << text;
  }
}

TEST(CheckResourceIdentifier, RefusesEverythingElse) {
  for (const char* text : {"", "api", "/orders", ":x", "1a:x", "https:", "https://api.example.com/#x", "https://a b",
                           "https://a/%2", "https://a/%", "https://a/%zz", "https://a/\"", "https://a/\xc3\xbc"}) {
    EXPECT_NE(check_resource_identifier(text), "") << text;
  }
}

TEST(CheckScopeToken, TakesOneToken) {
  EXPECT_EQ(check_scope_token("orders.read"), "");
  for (const char* text : {"", " ", "a b", " a", "a ", "a\"", "a\\", "\xc3\xbc"}) {
    EXPECT_NE(check_scope_token(text), "") << text;
  }
}

TEST(CheckStoreName, TakesPlainNames) {
  EXPECT_EQ(check_store_name("partner-corp_1.x"), "");
  EXPECT_NE(check_store_name(""), "");
  EXPECT_NE(check_store_name("a b"), "");
  EXPECT_NE(check_store_name(std::string(65, 'a')), "");
}

TEST(CheckClientId, TakesPrintableAscii) {
  EXPECT_EQ(check_client_id("a b~!"), "");
  EXPECT_NE(check_client_id("\xc3\xbc"), "");
  EXPECT_NE(check_client_id(std::string(256, 'a')), "");
}

}  // namespace
}  // namespace certbound::config
