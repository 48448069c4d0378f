#include "fetch/url.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::fetch {

TEST(ParseUrl, TakesApartWhatIsWellFormed) {
  const auto url = parse_url("HTTPS://JWKS.Partner.example.:8443/a/b%20c?x=1&y=/?");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, Scheme::https);
  EXPECT_EQ(url->host, "jwks.partner.example");
  EXPECT_FALSE(url->is_literal);
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a/b%20c?x=1&y=/?");
  EXPECT_EQ(render_authority(*url), "jwks.partner.example:8443");
}

TEST(ParseUrl, KnowsTheDefaults) {
  const auto https = parse_url("https://a.example");
  ASSERT_TRUE(https);
  EXPECT_EQ(https->port, 443);
  EXPECT_EQ(https->target, "/");
  EXPECT_EQ(render_authority(*https), "a.example");
  const auto http = parse_url("http://a.example?q");
  ASSERT_TRUE(http);
  EXPECT_EQ(http->port, 80);
  EXPECT_EQ(http->target, "/?q");
  EXPECT_EQ(render_authority(*http), "a.example");
}

TEST(ParseUrl, KnowsAddresses) {
  const auto v4 = parse_url("https://192.0.2.1/");
  ASSERT_TRUE(v4);
  EXPECT_TRUE(v4->is_literal);
  const auto v6 = parse_url("https://[2001:DB8:0:0::1]:8443/x");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->is_literal);
  EXPECT_EQ(v6->host, "2001:db8::1");
  EXPECT_EQ(v6->port, 8443);
  EXPECT_EQ(render_authority(*v6), "[2001:db8::1]:8443");
}

TEST(ParseUrl, AcceptsTheEdgesOfPortAndLabel) {
  EXPECT_TRUE(parse_url("https://a.example:1/"));
  EXPECT_TRUE(parse_url("https://a.example:65535/"));
  EXPECT_TRUE(parse_url("https://" + std::string(63, 'a') + ".example/"));
  EXPECT_TRUE(parse_url("https://localhost/"));
  EXPECT_TRUE(parse_url("https://a_b.example/"));
  EXPECT_TRUE(parse_url("https://1.2.3.4.example/"));
}

// RFC 3986, as strictly as nobody is misled: one case for each way to smuggle another host or another request.
TEST(ParseUrl, RefusesEverythingElse) {
  const std::string bad[] = {
      "",
      "a.example",
      "//a.example/",
      "ftp://a.example/",
      "https:/a.example",
      "https://",
      "https:///path",
      "https://user@a.example/",
      "https://user:pw@a.example/",
      "https://a.example@127.0.0.1/",
      "https://a.example/#part",
      "https://a.example#@b.example/",
      "https://a.example:0/",
      "https://a.example:65536/",
      "https://a.example:/",
      "https://a.example:+443/",
      "https://a.example: 443/",
      "https://a.example:443:1/",
      "https://a .example/",
      "https://a.example/a b",
      "https://a.example/a\r\nX: y",
      std::string{"https://a.example/\0", 19},
      "https://a.example/%",
      "https://a.example/%2",
      "https://a.example/%zz",
      "https://a.example\\@b.example/",
      "https://a..example/",
      "https://.example/",
      "https://-a.example/",
      "https://a-.example/",
      "https://a%2eexample/",
      "https://b\xc3\xbc"
      "cher.example/",
      "https://" + std::string(64, 'a') + ".example/",
      "https://a.example/" + std::string(2048, 'a'),
      "https://2130706433/",
      "https://0x7f000001/",
      "https://0x7f.1/",
      "https://127.1/",
      "https://0177.0.0.1/",
      "https://127.0.0.256/",
      "https://127.0.0.1.2/",
      "https://a.example.1/",
      "https://[::1/",
      "https://::1/",
      "https://[::1]x/",
      "https://[::1]:/",
      "https://[fe80::1%eth0]/",
      "https://[fe80::1%25eth0]/",
      "https://[127.0.0.1]/",
      "https://[v1.a]/",
      "https://[]/",
  };
  for (const std::string& text : bad) {
    const auto url = parse_url(text);
    EXPECT_FALSE(url) << text;
  }
}

// What is refused for a password in it must not carry the password into a log.
TEST(ParseUrl, DoesNotRepeatTheUrlInItsError) {
  const auto url = parse_url("https://user:hunter2@a.example/");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().detail, "URL: a user name or password is not permitted");
}

TEST(RenderForLog, LeavesTheQueryOut) {
  const auto url = parse_url("https://a.example:444/p/q?key=hunter2");
  ASSERT_TRUE(url);
  EXPECT_EQ(render_for_log(*url), "https://a.example:444/p/q");
}

}  // namespace certbound::fetch
