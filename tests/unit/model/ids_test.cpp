#include "model/ids.hpp"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

namespace certbound::model {

// RFC 6749 appendix A.1: *VSCHAR, %x20-7E.
TEST(ParseClientId, AcceptsPrintableAscii) {
  for (int code = 0; code < 256; ++code) {
    const std::string text = std::string{"a"} + static_cast<char>(code) + "b";
    EXPECT_EQ(ClientId::parse(text).has_value(), code >= 0x20 && code <= 0x7e) << code;
  }
  EXPECT_EQ(ClientId::parse("spiffe://example.org/my client")->text(), "spiffe://example.org/my client");
  EXPECT_FALSE(ClientId::parse("caf\xc3\xa9").has_value());
}

TEST(ParseClientId, HoldsToItsLength) {
  EXPECT_FALSE(ClientId::parse("").has_value());
  EXPECT_TRUE(ClientId::parse("a").has_value());
  EXPECT_TRUE(ClientId::parse(std::string(255, 'a')).has_value());
  EXPECT_FALSE(ClientId::parse(std::string(256, 'a')).has_value());
}

// RFC 6749 section 2.2: compared as it stands; nothing is folded or trimmed.
TEST(ClientIdEquality, IsExact) {
  EXPECT_EQ(ClientId::parse("a"), ClientId::parse("a"));
  EXPECT_NE(ClientId::parse("a"), ClientId::parse("A"));
  EXPECT_NE(ClientId::parse("a"), ClientId::parse("a "));
}

// RFC 6749 section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
TEST(ParseScope, AcceptsExactlyTheCharactersOfAToken) {
  for (int code = 0; code < 256; ++code) {
    const std::string text = std::string{"a"} + static_cast<char>(code) + "b";
    const bool is_token_character = code >= 0x21 && code <= 0x7e && code != '"' && code != '\\';
    const auto scope = Scope::parse(text);
    EXPECT_EQ(scope.has_value(), is_token_character || code == ' ') << code;
    if (scope) {
      EXPECT_EQ(scope->tokens().size(), code == ' ' ? 2U : 1U) << code;
    }
  }
}

TEST(ParseScope, KeepsTheOrderAndEachTokenOnce) {
  const auto scope = Scope::parse("orders.write orders.read orders.write a");
  ASSERT_TRUE(scope.has_value());
  EXPECT_EQ(scope->tokens(), (std::vector<std::string>{"orders.write", "orders.read", "a"}));
  EXPECT_EQ(scope->text(), "orders.write orders.read a");
}

// A client chooses the text, up to 64 KiB of it; this is ten times as much. Comparing every two tokens takes minutes.
TEST(ParseScope, IsLinearInTheText) {
  std::string text;
  for (int i = 0; i < 170'000; ++i) text += std::to_string(i) + ' ';
  text += "17 a 169999";
  const std::clock_t start = std::clock();
  const auto scope = Scope::parse(text);
  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);
  ASSERT_TRUE(scope.has_value());
  EXPECT_EQ(scope->tokens().size(), 170'001U);
  EXPECT_EQ(scope->tokens()[17], "17");
  EXPECT_EQ(scope->tokens().back(), "a");
}

TEST(ParseScope, ForgivesSeveralBlanks) {
  EXPECT_EQ(Scope::parse("  a   b  ")->text(), "a b");
  EXPECT_FALSE(Scope::parse("a\tb").has_value());
  EXPECT_FALSE(Scope::parse("a\nb").has_value());
}

TEST(ParseScope, TakesNothingForTheEmptyScope) {
  ASSERT_TRUE(Scope::parse("").has_value());
  EXPECT_TRUE(Scope::parse("")->is_empty());
  EXPECT_TRUE(Scope::parse("   ")->is_empty());
  EXPECT_EQ(Scope::parse("")->text(), "");
  EXPECT_EQ(*Scope::parse(""), Scope{});
}

// RFC 6749 section 3.3: case-sensitive strings, and no token is a part of another.
TEST(ScopeHas, ComparesWholeTokensByCase) {
  const auto scope = *Scope::parse("orders.read admin");
  EXPECT_TRUE(scope.has("admin"));
  EXPECT_FALSE(scope.has("Admin"));
  EXPECT_FALSE(scope.has("orders"));
  EXPECT_FALSE(scope.has("orders.read admin"));
  EXPECT_FALSE(scope.has(""));
}

TEST(ScopeCovers, NeedsEveryToken) {
  const auto wide = *Scope::parse("a b c");
  EXPECT_TRUE(wide.covers(*Scope::parse("c a")));
  EXPECT_TRUE(wide.covers(wide));
  EXPECT_TRUE(wide.covers(Scope{}));
  EXPECT_FALSE(wide.covers(*Scope::parse("a d")));
  EXPECT_FALSE(wide.covers(*Scope::parse("A")));
  EXPECT_FALSE(Scope{}.covers(wide));
}

TEST(ScopeAdd, AddsATokenOnce) {
  Scope scope = *Scope::parse("a");
  scope.add("b");
  scope.add("a");
  EXPECT_EQ(scope.text(), "a b");
}

}  // namespace certbound::model
