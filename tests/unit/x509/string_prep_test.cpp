#include "x509/string_prep.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace certbound::x509 {
namespace {

/// `0061 0301` as UTF-8.
std::string utf8_of(const std::string& code_points) {
  std::istringstream in{code_points};
  std::string out;
  std::uint32_t code_point = 0;
  while (in >> std::hex >> code_point) append_utf8(out, code_point);
  return out;
}

std::string prepared(std::string_view text) { return prepare_case_ignore(text).value_or("(undefined)"); }

TEST(PrepareCaseIgnore, AgreesWithPythonOnUnicode32) {
  std::ifstream file{CERTBOUND_FIXTURES "/names/string_prep.txt"};
  std::string line;
  int lines = 0;
  while (std::getline(file, line)) {
    SCOPED_TRACE(line);
    ++lines;
    const std::string input = utf8_of(line.substr(0, line.find(';')));
    const std::string expected = line.substr(line.find(';') + 1);
    const auto actual = prepare_case_ignore(input);
    EXPECT_EQ(find_refused_code_point(input).has_value(), expected == "refused");
    if (expected == "refused" || expected == "undefined") {
      EXPECT_FALSE(actual) << *actual;
    } else {
      EXPECT_EQ(actual, utf8_of(expected));
    }
  }
  EXPECT_GT(lines, 500);
}

// Without the outer spaces that it adds, preparing twice changes nothing: folding and normalisation are complete.
TEST(PrepareCaseIgnore, IsStable) {
  std::ifstream file{CERTBOUND_FIXTURES "/names/string_prep.txt"};
  std::string line;
  while (std::getline(file, line)) {
    const auto once = prepare_case_ignore(utf8_of(line.substr(0, line.find(';'))));
    if (once) {
      EXPECT_EQ(prepare_case_ignore(once->substr(1, once->size() - 2)), once) << line;
    }
  }
}

// RFC 4518 section 2.6.1.
TEST(PrepareCaseIgnore, HandlesInsignificantSpaces) {
  EXPECT_EQ(prepared("foo bar  "), " foo  bar ");
  EXPECT_EQ(prepared(""), "  ");
  EXPECT_EQ(prepared("    "), "  ");
  EXPECT_EQ(prepared("  a    b c "), " a  b  c ");
  EXPECT_EQ(prepared("\u00e4 \u3000 b"), " \u00e4  b ");
}

TEST(PrepareCaseIgnore, TakesTheAsciiPathToTheSameResult) {
  const std::string ascii = "  Partner   CORP #1 ";
  const std::string with_umlaut = prepared(ascii + "\u00c4");
  EXPECT_EQ(with_umlaut, prepared(ascii).substr(0, prepared(ascii).size() - 1) + "  \u00e4 ");
}

// The vectors V4518.
TEST(PrepareCaseIgnore, FoldsAndNormalizes) {
  EXPECT_EQ(prepared("\u00c4rger"), prepared("\u00e4rger"));
  EXPECT_EQ(prepared("\u00e9"), prepared("e\u0301"));
  EXPECT_EQ(prepared("A"), prepared("\uff21"));
  EXPECT_EQ(prepared("stra\u00dfe"), prepared("STRASSE"));
  EXPECT_EQ(prepared("a\u00a0b"), prepared("a b"));
  EXPECT_NE(prepared("\u0130"), prepared("i"));
}

// RFC 4518 section 2.4: Undefined, which equals nothing.
TEST(PrepareCaseIgnore, IsUndefinedForProhibitedAndUnassignedCodePoints) {
  for (const char* text : {"a\u0378", "a\ue000", "\ufffd", "\ufdd0", "\U0010fffd"}) {
    EXPECT_FALSE(prepare_case_ignore(text)) << text;
  }
}

TEST(PrepareCaseIgnore, IsUndefinedForWhatIsNotUtf8) {
  for (const char* text : {"\xc3", "\xc3\x28", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "a\xff"}) {
    EXPECT_FALSE(prepare_case_ignore(text));
  }
}

// The RFC would delete these: `a<NUL>b` would equal `ab`.
TEST(PrepareCaseIgnore, RefusesWhatTheRfcWouldDelete) {
  using std::string_literals::operator""s;
  for (const std::string& text :
       {"a\0b"s, "a\rb"s, "a\tb"s, "a\x7f"s, "a\u0085"s, "a\u00adb"s, "a\u200bb"s, "a\ufe0f"s}) {
    EXPECT_FALSE(prepare_case_ignore(text));
    EXPECT_TRUE(find_refused_code_point(text));
  }
  EXPECT_EQ(find_refused_code_point("a\u00adb"), 0xadU);
  EXPECT_FALSE(find_refused_code_point("a b\u00e4"));
}

// Normalisation is quadratic in both; a certificate must not choose how long we work.
TEST(PrepareCaseIgnore, BoundsTheWork) {
  std::string text;
  for (std::size_t i = 0; i < kMaximumPreparedCodePoints; ++i) text += "\u00e9";
  EXPECT_TRUE(prepare_case_ignore(text));
  EXPECT_FALSE(prepare_case_ignore(text + 'x'));

  std::string marks = "e";
  for (std::size_t i = 0; i < kMaximumCombiningMarks; ++i) marks += "\u0301";
  EXPECT_TRUE(prepare_case_ignore(marks));
  EXPECT_FALSE(prepare_case_ignore(marks + "\u0301"));
}

TEST(CodePointName, HasAtLeastFourDigits) {
  EXPECT_EQ(code_point_name(0), "U+0000");
  EXPECT_EQ(code_point_name(0xad), "U+00AD");
  EXPECT_EQ(code_point_name(0x1d173), "U+1D173");
}

}  // namespace
}  // namespace certbound::x509
