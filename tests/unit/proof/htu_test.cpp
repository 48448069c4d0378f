#include <gtest/gtest.h>

#include "proof/dpop_proof.hpp"

namespace certbound::proof {

namespace {

struct HtuRow {
  std::string_view url;
  std::string_view normal;
};

// RFC 3986 sections 5.2.4, 6.2.2 and 6.2.3.
constexpr HtuRow kNormal[] = {
    {"https://as.example/token", "https://as.example/token"},
    {"HTTPS://AS.Example/Token", "https://as.example/Token"},
    {"http://as.example/token", "http://as.example/token"},
    // Ports.
    {"https://as.example:443/token", "https://as.example/token"},
    {"https://as.example:0443/token", "https://as.example/token"},
    {"https://as.example:/token", "https://as.example/token"},
    {"https://as.example:80/token", "https://as.example:80/token"},
    {"http://as.example:80/token", "http://as.example/token"},
    {"http://as.example:443/token", "http://as.example:443/token"},
    {"https://as.example:8443/token", "https://as.example:8443/token"},
    {"https://as.example:65535/", "https://as.example:65535/"},
    // Query and fragment.
    {"https://as.example/token?x=1", "https://as.example/token"},
    {"https://as.example/token#f", "https://as.example/token"},
    {"https://as.example/token?x=1#f?g", "https://as.example/token"},
    {"https://as.example/token#f?x", "https://as.example/token"},
    {"https://as.example/token?a=/../b", "https://as.example/token"},
    {"https://as.example?x", "https://as.example/"},
    {"https://as.example#x", "https://as.example/"},
    {"https://as.example:443?x", "https://as.example/"},
    // An empty path.
    {"https://as.example", "https://as.example/"},
    {"https://as.example/", "https://as.example/"},
    {"https://as.example:443", "https://as.example/"},
    // Hosts.
    {"https://as.example./token", "https://as.example./token"},
    {"https://192.0.2.1/token", "https://192.0.2.1/token"},
    {"https://[2001:DB8::1]/token", "https://[2001:db8::1]/token"},
    {"https://[2001:db8:0:0:0:0:0:1]:443/token", "https://[2001:db8::1]/token"},
    {"https://[::1]:8443/token", "https://[::1]:8443/token"},
    {"https://[::ffff:192.0.2.1]/", "https://[::ffff:192.0.2.1]/"},
    {"https://%41s.example/token", "https://as.example/token"},
    {"https://b%c3%bccher.example/", "https://b%C3%BCcher.example/"},
    {"https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"},
    {"https://a_b.example/", "https://a_b.example/"},
    // Escapes.
    {"https://as.example/%74oken", "https://as.example/token"},
    {"https://as.example/%7euser", "https://as.example/~user"},
    {"https://as.example/a%2fb", "https://as.example/a%2Fb"},
    {"https://as.example/a%2Fb", "https://as.example/a%2Fb"},
    {"https://as.example/a%3fb%23c", "https://as.example/a%3Fb%23c"},
    {"https://as.example/%2574oken", "https://as.example/%2574oken"},
    {"https://as.example/%c3%bc", "https://as.example/%C3%BC"},
    {"https://as.example/%00", "https://as.example/%00"},
    {"https://as.example/a!$&'()*+,;=:@b", "https://as.example/a!$&'()*+,;=:@b"},
    {"https://as.example/a%21b", "https://as.example/a%21b"},
    // Dot segments.
    {"https://as.example/a/./b/../c", "https://as.example/a/c"},
    {"https://as.example/a/b/c/./../../g", "https://as.example/a/g"},
    {"https://as.example/../token", "https://as.example/token"},
    {"https://as.example/../../..", "https://as.example/"},
    {"https://as.example/.", "https://as.example/"},
    {"https://as.example/..", "https://as.example/"},
    {"https://as.example/a/.", "https://as.example/a/"},
    {"https://as.example/a/..", "https://as.example/"},
    {"https://as.example/a/b/..", "https://as.example/a/"},
    {"https://as.example/%2e%2E/token", "https://as.example/token"},
    {"https://as.example/a/%2e%2e/token", "https://as.example/token"},
    {"https://as.example/...", "https://as.example/..."},
    {"https://as.example/.a/..b", "https://as.example/.a/..b"},
    {"https://as.example//token", "https://as.example//token"},
    {"https://as.example/a//../b", "https://as.example/a/b"},
    {"https://as.example/token/", "https://as.example/token/"},
};

constexpr std::string_view kNoUrl[] = {
    "",
    "token",
    "/token",
    "//as.example/token",
    "as.example/token",
    "https:/as.example/token",
    "https:as.example",
    "https//as.example",
    "ftp://as.example/token",
    "httpss://as.example/",
    " https://as.example/token",
    "https ://as.example/token",
    "://as.example/",
    "javascript://as.example/",
    "https://",
    "https:///token",
    "https://?x",
    "https://:443/token",
    "https://user@as.example/token",
    "https://user:password@as.example/token",
    "https://@as.example/token",
    "https://as.example:0/token",
    "https://as.example:65536/token",
    "https://as.example:999999999999999999999/token",
    "https://as.example:-1/token",
    "https://as.example:+443/token",
    "https://as.example:44x/token",
    "https://as.example:443:443/token",
    "https://[::1/token",
    "https://::1/token",
    "https://[]/token",
    "https://[::1]x/token",
    "https://[::1%25eth0]/token",
    "https://[v1.x]/token",
    "https://[192.0.2.1]/token",
    "https://as.example]/token",
    "https://as.example/to ken",
    "https://as.example/token ",
    "https://as.example/token\n",
    "https://as.example/\ttoken",
    "https://as.example\\token",
    "https://as.example/a\\b",
    "https://as.example/\"",
    "https://as.example/<>",
    "https://as.example/{}",
    "https://as.example/a|b",
    "https://as.example/a^b",
    "https://as.example/[a]",
    "https://as.example/b\xc3\xbc",
    "https://b\xc3\xbc.example/",
    "https://as.example/\x7f",
    "https://as.example/%",
    "https://as.example/%4",
    "https://as.example/%4g",
    "https://as.example/%%41",
    "https://as.example%/",
    "https://as.example/?%zz",
    "https://as.example/?a b",
    "https://as.example/#a\\b",
    std::string_view{"https://as.example/\0", 20},
    std::string_view{"https://[::1\0]/", 15},
    std::string_view{"https://as\0.example/", 20},
};

}  // namespace

// 9449-4.3-9, 9449-4.3-10.
TEST(NormalizeHtu, WritesEveryUrlInOneWay) {
  for (const HtuRow& row : kNormal) {
    EXPECT_EQ(normalize_htu(row.url), row.normal) << row.url;
    EXPECT_EQ(normalize_htu(row.normal), row.normal) << "again";
  }
}

TEST(NormalizeHtu, GivesNothingForWhatIsNoUrl) {
  for (const std::string_view url : kNoUrl) EXPECT_EQ(normalize_htu(url), std::nullopt) << url;
}

TEST(NormalizeHtu, TakesEveryPartOfAUrlForWhatItIs) {
  constexpr std::string_view kLong = "https://[2001:db8::1]:8443/a/%2e%2e/%c3%bc/./b?x=%41#y";
  for (std::size_t i = 0; i <= kLong.size(); ++i) {
    const auto once = normalize_htu(kLong.substr(0, i));
    if (!once) continue;
    EXPECT_EQ(normalize_htu(*once), once) << i;
    EXPECT_EQ(once->find_first_of("?#"), std::string::npos) << i;
  }
  EXPECT_EQ(normalize_htu(kLong), "https://[2001:db8::1]:8443/%C3%BC/b");
}

}  // namespace certbound::proof
