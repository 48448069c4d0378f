#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::log {

namespace {

constexpr std::string_view kTime = "2026-11-21T02:20:38.123Z";

/// What a certificate subject may hold that would forge a line in a careless log.
const std::array<std::string, 9> kForgeries{
    "CN=a\"}\n{\"level\":\"info\",\"event\":\"granted\",\"x\":\"",
    "CN=a\r\n2026-11-21T02:20:38.123Z info granted client=b",
    "CN=a\xe2\x80\xa8{\"event\":\"granted\"}",
    "CN=a\xe2\x80\xa9{\"event\":\"granted\"}",
    "CN=a\xc2\x85"
    "next line",
    "CN=a\x1b[2K\x1b[1A",
    "CN=a\xc2\x9b"
    "2K",
    std::string{"CN=a\0b\x7f", 7},
    "CN=a\\",
};

std::string render_json(std::string_view value) {
  return render(Format::json, Level::info, kTime, "refused", {{"subject", value}});
}
std::string render_plain(std::string_view value) {
  return render(Format::text, Level::info, kTime, "refused", {{"subject", value}});
}

bool is_one_line(std::string_view line) {
  const bool controls = std::any_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  const bool c1 = line.find("\xc2\x85") != std::string_view::npos || line.find("\xc2\x9b") != std::string_view::npos;
  const bool separators =
      line.find("\xe2\x80\xa8") != std::string_view::npos || line.find("\xe2\x80\xa9") != std::string_view::npos;
  return !controls && !c1 && !separators;
}

}  // namespace

TEST(RenderLog, WritesOneJsonObject) {
  EXPECT_EQ(
      render(
          Format::json, Level::warning, kTime, "reload_failed",
          {{"file", "a.yaml"}, {"line", 7}, {"count", std::size_t{3}}, {"delta", -5LL}, {"text", std::string{"x y"}}}),
      R"({"time":"2026-11-21T02:20:38.123Z","level":"warning","event":"reload_failed","file":"a.yaml","line":7,"count":3,)"
      R"("delta":-5,"text":"x y"})");
}

TEST(RenderLog, WritesOneTextLine) {
  EXPECT_EQ(
      render(Format::text, Level::error, kTime, "reload_failed",
             {{"file", "a.yaml"}, {"line", 7}, {"text", "x y"}, {"empty", ""}, {"quote", "a\"b"}, {"assign", "a=b"}}),
      R"(2026-11-21T02:20:38.123Z error reload_failed file=a.yaml line=7 text="x y" empty="" quote="a\"b" assign="a=b")");
}

TEST(RenderLog, NamesTheLevel) {
  const auto level = [](Level value) {
    return nlohmann::json::parse(render(Format::json, value, kTime, "e", {})).at("level").get<std::string>();
  };
  EXPECT_EQ(level(Level::debug), "debug");
  EXPECT_EQ(level(Level::info), "info");
  EXPECT_EQ(level(Level::warning), "warning");
  EXPECT_EQ(level(Level::error), "error");
}

// A stranger's text stays inside its field, in either format, on one line.
TEST(RenderLog, CannotBeForged) {
  for (const std::string& forgery : kForgeries) {
    const std::string line = render_json(forgery);
    EXPECT_TRUE(is_one_line(line)) << line;
    const auto parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed.size(), 4U) << line;
    EXPECT_EQ(parsed.at("event"), "refused");
    EXPECT_EQ(parsed.at("subject"), forgery);

    const std::string text = render_plain(forgery);
    EXPECT_TRUE(is_one_line(text)) << text;
    EXPECT_EQ(text.find("2026-11-21T02:20:38.123Z info refused subject=\""), 0U) << text;
    EXPECT_EQ(nlohmann::json::parse(text.substr(text.find('"'))), forgery) << "the quoted part ends with the line";
  }
}

TEST(RenderLog, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(nlohmann::json::parse(render_json("a\xff\xc3")).at("subject"), "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(IsEnabled, FollowsTheLevel) {
  start(Options{.format = Format::text, .level = Level::warning});
  EXPECT_FALSE(is_enabled(Level::info));
  EXPECT_TRUE(is_enabled(Level::warning));
  start(Options{.format = Format::text, .level = Level::debug});
  EXPECT_TRUE(is_enabled(Level::debug));
  start(Options{});
  EXPECT_FALSE(is_enabled(Level::debug));
  stop();
}

// What was queued is on stderr when stop() returns.
TEST(StopLog, WritesWhatIsQueued) {
  ::testing::internal::CaptureStderr();
  start(Options{.format = Format::text, .level = Level::info});
  for (int i = 0; i < 100; ++i) info("counted", {{"n", i}});
  debug("hidden", {});
  stop();
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 100);
  EXPECT_NE(written.find(" info counted n=0\n"), std::string::npos);
  EXPECT_NE(written.find(" info counted n=99\n"), std::string::npos);
  EXPECT_EQ(written.find("hidden"), std::string::npos);
}

// Values are data: braces are no format, and % no conversion.
TEST(WriteLog, TakesBracesAndPercentSignsAsTheyAre) {
  for (const bool is_started : {true, false}) {
    ::testing::internal::CaptureStderr();
    if (is_started) start(Options{.format = Format::text, .level = Level::info});
    warning("odd", {{"a", "{} {0} %s %n %v"}});
    stop();
    EXPECT_NE(::testing::internal::GetCapturedStderr().find(" warning odd a=\"{} {0} %s %n %v\"\n"), std::string::npos);
  }
}

}  // namespace certbound::log
