#include "config/problem.hpp"

#include <gtest/gtest.h>

namespace certbound::config {
namespace {

Problem sample() {
  Problem problem;
  problem.file = "certbound.yaml";
  problem.line = 4;
  problem.column = 13;
  problem.key = "tokens.lifetime";
  problem.message = "\"300\" is not a duration; write for example 15s, 5m or 1h";
  problem.source_line = "  lifetime: 300";
  problem.width = 3;
  return problem;
}

TEST(RenderProblem, HasFileLineColumnKeyAndMessage) {
  EXPECT_EQ(render(sample()),
            "certbound.yaml:4:13: tokens.lifetime: \"300\" is not a duration; write for example 15s, 5m or 1h");
}

TEST(RenderProblem, MarksAWarning) {
  Problem problem = sample();
  problem.severity = Severity::warning;
  EXPECT_EQ(render(problem).substr(0, 40), "certbound.yaml:4:13: warning: tokens.lif");
}

TEST(RenderProblem, LeavesOutAPlaceThatIsNotKnown) {
  Problem problem;
  problem.file = "certbound.yaml";
  problem.message = "cannot open: No such file or directory";
  EXPECT_EQ(render(problem), "certbound.yaml: cannot open: No such file or directory");
}

TEST(RenderProblem, PutsACaretUnderTheValue) {
  EXPECT_EQ(render_with_source(sample()), render(sample()) + "\n    lifetime: 300\n              ^~~");
}

TEST(RenderProblem, CountsCharactersAndKeepsTabsBeforeTheCaret) {
  Problem problem = sample();
  problem.source_line = "\tk\xc3\xbc: x";
  problem.column = 5;
  problem.width = 1;
  EXPECT_EQ(render_with_source(problem), render(problem) + "\n  \tk\xc3\xbc: x\n  \t   ^");
}

TEST(RenderProblem, SendsNoControlCharacterToTheTerminal) {
  Problem problem = sample();
  problem.key = "a\x1b[31m";
  problem.source_line = "a\x1b[31m: 1";
  const std::string text = render_with_source(problem);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("a\\u001b[31m"), std::string::npos);
}

TEST(InQuotes, EscapesAndCuts) {
  EXPECT_EQ(in_quotes("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

TEST(InQuotes, DoesNotCutInsideACharacter) {
  const std::string text = std::string(79, 'x') + "\xc3\xbc and more";
  EXPECT_EQ(in_quotes(text), "\"" + std::string(79, 'x') + "...\"");
}

}  // namespace
}  // namespace certbound::config
