#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <poll.h>
#include <string>
#include <unistd.h>

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

/// What comes until nothing came for half a second.
std::string read_until_silent(int descriptor) {
  std::string text;
  std::array<char, 65536> octets{};
  for (::pollfd wanted{descriptor, POLLIN, 0}; ::poll(&wanted, 1, 500) == 1;) {
    const auto count = ::read(descriptor, octets.data(), octets.size());
    if (count <= 0) break;
    text.append(octets.data(), static_cast<std::size_t>(count));
  }
  return text;
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

// A stranger's text fills neither the disk nor the line.
TEST(RenderLog, BoundsEachText) {
  const std::string text(400'000, 'a');
  EXPECT_LT(render_json(text).size(), 3000U);
  EXPECT_EQ(nlohmann::json::parse(render_json(text)).at("subject"),
            std::string(2048, 'a') + "\xe2\x80\xa6(400000 octets)");
  EXPECT_LT(render_plain(text).size(), 3000U);
  EXPECT_EQ(render_plain(std::string(2048, 'a')),
            "2026-11-21T02:20:38.123Z info refused subject=" + text.substr(0, 2048));
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

// A process whose stderr nobody reads still ends, and no line that comes later waits.
TEST(StopLog, EndsThoughNobodyReads) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const int stderr_before = ::dup(STDERR_FILENO);
  ASSERT_EQ(::dup2(pipe[1], STDERR_FILENO), STDERR_FILENO);
  const auto before = std::chrono::steady_clock::now();
  start(Options{.format = Format::text, .level = Level::info});
  const std::string text(2000, 'a');
  for (int i = 0; i < 1000; ++i) info("long", {{"text", text}});
  stop();
  info("late", {{"text", text}});
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{20});

  // Somebody reads after all: what was left behind goes on, and a new start works.
  const std::string written = read_until_silent(pipe[0]);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 1000);
  EXPECT_EQ(written.find("late"), std::string::npos);
  ASSERT_EQ(::dup2(stderr_before, STDERR_FILENO), STDERR_FILENO);
  for (const int descriptor : {pipe[0], pipe[1], stderr_before}) ::close(descriptor);
  ::testing::internal::CaptureStderr();
  start(Options{.format = Format::text, .level = Level::info});
  info("again", {});
  stop();
  EXPECT_NE(::testing::internal::GetCapturedStderr().find(" info again\n"), std::string::npos);
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
