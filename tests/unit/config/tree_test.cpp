#include "config/tree.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::config {
namespace {

/// The tree of a text and what was reported; the source must outlive the tree.
struct Parsed {
  explicit Parsed(std::string text) : source{"f.yaml", std::move(text), 0} { tree = parse_tree(source, report); }
  /// The first problem without the file's name.
  std::string problem() {
    const auto problems = report.take_sorted();
    return problems.empty() ? "" : render(problems.front()).substr(7);
  }
  Source source;
  Report report;
  std::optional<Tree> tree;
};

TEST(ParseTree, KeepsKindTextQuotesAndMarks) {
  Parsed parsed{"a: 1\nlist: [x, \"y\"]\n"};
  ASSERT_TRUE(parsed.tree);
  const Node& root = parsed.tree->root();
  EXPECT_EQ(root.kind, NodeKind::map);
  EXPECT_EQ(root.count, 2U);
  const Node& list = *root.find("list");
  EXPECT_EQ(list.key_start.line, 2U);
  EXPECT_EQ(list.key_start.column, 1U);
  EXPECT_EQ(list.start.column, 7U);
  EXPECT_EQ(list.end.column, 15U);
  const Node& quoted_member = *list.first->next;
  EXPECT_EQ(quoted_member.text, "y");
  EXPECT_TRUE(quoted_member.quoted);
  EXPECT_FALSE(list.first->quoted);
}

TEST(ParseTree, CountsColumnsInCharacters) {
  Parsed parsed{"s\xc3\xbc\xc3\x9fig: \xc3\xa4\n"};
  ASSERT_TRUE(parsed.tree);
  EXPECT_EQ(parsed.tree->root().first->start.column, 8U);
}

TEST(ParseTree, ReadsJson) {
  Parsed parsed{R"({"a": {"b": [1, true, null, "x\/\u00fc"]}})"};
  ASSERT_TRUE(parsed.tree);
  EXPECT_EQ(parsed.tree->root().find("a")->find("b")->count, 4U);
}

TEST(ParseTree, TakesAByteOrderMark) {
  Parsed parsed{
      "\xef\xbb\xbf"
      "a: 1\n"};
  ASSERT_TRUE(parsed.tree);
  EXPECT_NE(parsed.tree->root().find("a"), nullptr);
}

TEST(ParseTree, RefusesARepeatedKeyAndNamesBothPlaces) {
  Parsed parsed{"a: 1\nb: {c: 1, c: 2}\n"};
  EXPECT_TRUE(parsed.tree);
  EXPECT_EQ(parsed.problem(), "2:11: b.c: stands twice; the first is in line 2, remove one");
}

TEST(ParseTree, RefusesARepeatedKeyInALargeMap) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "key" + std::to_string(i) + ": 1\n";
  Parsed parsed{text + "key3: 2\n"};
  EXPECT_EQ(parsed.problem(), "101:1: key3: stands twice; the first is in line 4, remove one");
}

TEST(ParseTree, RefusesASecondDocument) {
  EXPECT_EQ(Parsed{"a: 1\n---\nb: 1\n"}.problem().substr(0, 34), "2:1: a second document starts here");
  EXPECT_FALSE(Parsed{"a: 1\n---\nb: 1\n"}.tree);
}

TEST(ParseTree, RefusesAliasesAnchorsTagsAndMergeKeys) {
  EXPECT_EQ(Parsed{"a: &x 1\n"}.problem().substr(0, 18), "1:4: a: anchors (&");
  EXPECT_EQ(Parsed{"a: &x 1\nb: *x\n"}.report.error_count(), 2U);
  EXPECT_EQ(Parsed{"a: !!int 1\n"}.problem().substr(0, 15), "1:4: a: tags (!");
  EXPECT_EQ(Parsed{"a: !x {b: 1}\n"}.problem().substr(0, 15), "1:4: a: tags (!");
  EXPECT_EQ(Parsed{"<<: {b: 1}\n"}.problem().substr(0, 20), "1:1: <<: merge keys ");
  EXPECT_FALSE(Parsed{"a: &x 1\n*x : 2\n"}.tree);
}

TEST(ParseTree, TakesTheMergeKeysTextInQuotes) { EXPECT_EQ(Parsed{"\"<<\": 1\n"}.report.error_count(), 0U); }

TEST(ParseTree, RefusesAKeyThatIsNoText) {
  EXPECT_EQ(Parsed{"[a, b]: 1\n"}.problem(), "1:1: a list or map cannot be a key; write text");
  EXPECT_EQ(Parsed{"\"\": 1\n"}.problem(), "1:1: a key is empty; write its name before the colon");
}

// Each of these loads without a word in another YAML library, and loses what follows.
TEST(ParseTree, RefusesBrokenFiles) {
  for (const char* text :
       {"a: 'x\nb: 1\n", "- x\ny: 1\n", "a: [1,,2]\n", "a: 1\na b\nc: 2\n", "a: \"\\q\"\n", "a: {b: 1\n", "a: b: c\n",
        "\ta: 1\n", "a: 1\n  b: 2\n", "a: @b\n", "%YAML 3.0\n---\na: 1\n"}) {
    Parsed parsed{text};
    EXPECT_FALSE(parsed.tree) << text;
    EXPECT_EQ(parsed.report.error_count(), 1U) << text;
  }
}

TEST(ParseTree, RefusesWhatIsNotUtf8WithTheLine) {
  EXPECT_EQ(Parsed{"a: 1\nb: \xff\n"}.problem(), "2:1: this line is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(Parsed(std::string("\xff\xfe") + std::string("a\0:\0", 4)).report.error_count(), 1U);
}

TEST(ParseTree, RefusesNulAndControlCharacters) {
  EXPECT_EQ(Parsed(std::string("a: 1\nb: x\0y\n", 12)).problem().substr(0, 17), "2:5: holds a NUL ");
  EXPECT_EQ(Parsed{"a: 1\nb: x\x01y\n"}.problem().substr(0, 15), "2:5: not YAML: ");
}

TEST(ParseTree, RefusesAnEmptyFile) {
  for (const char* text : {"", "\n", "# nothing\n"}) {
    EXPECT_EQ(Parsed{text}.problem(), "1:1: the file holds nothing; write at least one option") << text;
  }
}

TEST(ParseTree, ReadsThirtyTwoLevelsAndNoMore) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(Parsed{nested(32)}.tree);
  EXPECT_EQ(Parsed{nested(33)}.problem().substr(0, 11), "1:33: [0][0");
  EXPECT_FALSE(Parsed{std::string(100000, '[')}.tree);
}

TEST(ParseTree, RefusesAFileOfMoreThanSixteenMebibytes) {
  const std::string line = "# " + std::string(1022, 'x') + "\n";
  std::string text = "a: 1\n";
  while (text.size() <= (16U << 20)) text += line;
  EXPECT_EQ(Parsed{text}.problem(), "1:1: larger than 16 MiB; split it with include");
}

TEST(ParseTree, ReadsEveryPrefixOfAFileWithoutHarm) {
  const std::string text = "a: [x, {b: \"\\u00fc\"}]\n# c\nd:\n  - |\n    text\n  - 'e': f\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    Parsed parsed{text.substr(0, length)};
    EXPECT_NE(parsed.tree.has_value(), parsed.report.error_count() > 0) << length;
  }
}

TEST(Report, SortsByFileThenLineAndSaysHowManyAreNotShown) {
  const Source main{"main.yaml", "a: 1\nb: 2\n", 0};
  const Source other{"other.yaml", "a: 1\n", 1};
  Report report;
  report.add(other, {1, 1}, {1, 2}, "a", "third");
  report.add(main, {2, 1}, {2, 2}, "b", "second");
  report.add(main, {1, 1}, {1, 2}, "a", "first", Severity::warning);
  EXPECT_EQ(report.error_count(), 2U);
  for (int i = 0; i < 1000; ++i) report.add(other, {2, 1}, {2, 2}, "c", "many");
  const auto problems = report.take_sorted();
  ASSERT_EQ(problems.size(), 1002U);  // 1000 errors, the warning, and the last line
  EXPECT_EQ(problems[0].message, "first");
  EXPECT_EQ(problems[0].source_line, "a: 1");
  EXPECT_EQ(problems[1].message, "second");
  EXPECT_EQ(problems[2].message, "third");
  EXPECT_EQ(problems[1001].message, "2 further problems are not shown; mend these first");
}

}  // namespace
}  // namespace certbound::config
