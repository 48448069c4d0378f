#include "base/text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound {

namespace {

/// UTF-8 by the table of RFC 3629 section 3, without its limits.
std::string encode_code_point(unsigned code) {
  const auto octet = [](unsigned value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) return {octet(code)};
  if (code < 0x800) return {octet(0xc0 | code >> 6), octet(0x80 | (code & 63))};
  if (code < 0x10000) return {octet(0xe0 | code >> 12), octet(0x80 | (code >> 6 & 63)), octet(0x80 | (code & 63))};
  return {octet(0xf0 | code >> 18), octet(0x80 | (code >> 12 & 63)), octet(0x80 | (code >> 6 & 63)),
          octet(0x80 | (code & 63))};
}

}  // namespace

TEST(AsciiLower, TouchesAsciiLettersOnly) {
  EXPECT_EQ(ascii_lower(std::string_view{"AZaz09@[`{-_\xc3\x84"}), "azaz09@[`{-_\xc3\x84");
  EXPECT_EQ(ascii_lower('Q'), 'q');
}

TEST(AsciiIequals, ComparesWholeTexts) {
  EXPECT_TRUE(ascii_iequals("Content-TYPE", "content-type"));
  EXPECT_TRUE(ascii_iequals("", ""));
  EXPECT_FALSE(ascii_iequals("a", "ab"));
  EXPECT_FALSE(ascii_iequals("ab", "a"));
  EXPECT_FALSE(ascii_iequals("[", "{"));
  EXPECT_FALSE(ascii_iequals("\xc3\x84", "\xc3\xa4")) << "not ASCII";
  EXPECT_FALSE(ascii_iequals("K", "\xe2\x84\xaa")) << "KELVIN SIGN is no k";
}

TEST(Split, KeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a.b.c", '.'), (Parts{"a", "b", "c"}));
  EXPECT_EQ(split("", '.'), (Parts{""}));
  EXPECT_EQ(split(".", '.'), (Parts{"", ""}));
  EXPECT_EQ(split("a..", '.'), (Parts{"a", "", ""}));
  EXPECT_EQ(split("abc", '.'), (Parts{"abc"}));
}

TEST(Trim, CutsBlanksAndTabsAtTheEnds) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("a\n"), "a\n");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"", ""}, ","), ",");
}

// RFC 3629 section 3: every code point but the surrogates, up to U+10FFFF; cut anywhere, none.
TEST(IsUtf8, AcceptsExactlyTheCodePoints) {
  for (unsigned code = 0; code <= 0x110100; ++code) {
    const std::string text = encode_code_point(code);
    const bool is_character = (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
    ASSERT_EQ(is_utf8(text), is_character) << std::hex << code;
    ASSERT_EQ(is_utf8("a" + text + "b"), is_character) << std::hex << code;
    for (std::size_t length = 1; length < text.size(); ++length) {
      ASSERT_FALSE(is_utf8(text.substr(0, length))) << std::hex << code;
      ASSERT_FALSE(is_utf8(text.substr(length))) << std::hex << code;
    }
  }
  EXPECT_TRUE(is_utf8(""));
}

// RFC 3629 section 10: "/" in two, three and four octets; octets that never stand in UTF-8.
TEST(IsUtf8, RefusesOverlongFormsAndStrayOctets) {
  for (const auto* text :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\x80", "\xbf",
        "\xfe", "\xff", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3(", "\xe2\x28\xa1", "a\xcc"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
  EXPECT_FALSE(is_utf8(std::string_view{"\xc0\x80", 2})) << "the modified NUL";
}

// RFC 8259 section 7.
TEST(JsonQuoted, EscapesWhatJsonAndOneLineDemand) {
  EXPECT_EQ(json_quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_quoted("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json_quoted(std::string_view{"\0\x01\x1f\x7f", 4}), R"("\u0000\u0001\u001f\u007f")");
  EXPECT_EQ(json_quoted("\xc2\x85\xc2\x9b"), R"("\u0085\u009b")");
  EXPECT_EQ(json_quoted("\xe2\x80\xa8\xe2\x80\xa9"), R"("\u2028\u2029")");
  EXPECT_EQ(json_quoted("\xc3\xa9\xc2\xa0\xf0\x9f\x98\x80"), "\"\xc3\xa9\xc2\xa0\xf0\x9f\x98\x80\"");
  EXPECT_EQ(json_quoted(""), "\"\"");
}

TEST(JsonQuoted, ReplacesEachOctetThatIsNotUtf8) {
  EXPECT_EQ(json_quoted("a\xff\xfe"), R"("a\ufffd\ufffd")");
  EXPECT_EQ(json_quoted("\xc3"), R"("\ufffd")");
  EXPECT_EQ(json_quoted("\xc3\""), R"("\ufffd\"")") << "the quote is not swallowed";
}

// Another parser reads every character back.
TEST(JsonQuoted, IsReadBackForEveryCodePoint) {
  std::string text;
  for (unsigned code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code < 0xd800 || code > 0xdfff) text += encode_code_point(code);
  }
  const auto parsed = nlohmann::json::parse(json_quoted(text));
  EXPECT_EQ(parsed.get<std::string>(), text);
}

TEST(AppendJsonBounded, CutsALongTextBetweenCharacters) {
  const auto bounded = [](const std::string& text) {
    std::string out = "x";
    append_json_bounded(out, text);
    return out.substr(1);
  };
  EXPECT_EQ(bounded(""), "");
  EXPECT_EQ(bounded("a\nb"), "a\\nb");
  EXPECT_EQ(bounded(std::string(2048, 'a')), std::string(2048, 'a'));
  EXPECT_EQ(bounded(std::string(2049, 'a')), std::string(2048, 'a') + "\xe2\x80\xa6(2049 octets)");
  for (std::size_t before = 2045; before <= 2048; ++before) {
    const std::string head(before, 'a');
    EXPECT_EQ(bounded(head + "\xf0\x9f\x98\x80" + "tail"),
              head + "\xe2\x80\xa6(" + std::to_string(before + 8) + " octets)");
  }
  EXPECT_EQ(bounded(std::string(2044, 'a') + "\xf0\x9f\x98\x80tail"),
            std::string(2044, 'a') + "\xf0\x9f\x98\x80\xe2\x80\xa6(2052 octets)");
  EXPECT_TRUE(is_utf8(bounded(std::string(5000, '\x80'))));
}

TEST(Nearest, FindsOneTypingError) {
  const std::vector<std::string_view> keys{"tls_client_auth_san_dns", "tls_client_auth_san_uri", "scope", "resources"};
  EXPECT_EQ(nearest("tls_client_auth_san_dnss", keys), "tls_client_auth_san_dns");
  EXPECT_EQ(nearest("scop", keys), "scope");
  EXPECT_EQ(nearest("socpe", keys), "scope") << "two letters swapped are one error";
  EXPECT_EQ(nearest("scopes", keys), "scope");
  EXPECT_EQ(nearest("resuorcse", keys), "resources");
  EXPECT_EQ(nearest("scope", keys), "scope");
}

TEST(Nearest, FindsNothingFarAway) {
  EXPECT_EQ(nearest("issuer", {"scope", "resources"}), "");
  EXPECT_EQ(nearest("sc", {"scope"}), "");
  EXPECT_EQ(nearest("", {"ab"}), "") << "two errors make anything of a text of two";
  EXPECT_EQ(nearest("scope", {}), "");
}

TEST(Nearest, PrefersTheNearer) {
  EXPECT_EQ(nearest("scape", {"scales", "scope"}), "scope");
  EXPECT_EQ(nearest("scope", {"scopes", "scope"}), "scope");
}

}  // namespace certbound
