#include "control/commands.hpp"

#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::control {

namespace {

using nlohmann::json;

Commands make_commands() {
  Commands commands;
  commands.add("echo", [](const json& arguments) -> Result<json> { return json{{"given", arguments}}; });
  commands.add("who", [](const json&, const Peer& peer) -> Result<json> {
    return json{{"uid", peer.user}, {"pid", peer.process}};
  });
  commands.add("refuse", [](const json&) -> Result<json> { return invalid_input("not \"now\""); });
  commands.add("throw", [](const json&) -> Result<json> { throw std::runtime_error{"broken"}; });
  return commands;
}

json answer(std::string_view line) { return json::parse(make_commands().answer(line, Peer{1000, 42})); }

}  // namespace

TEST(Commands, AnswersWithTheResult) {
  EXPECT_EQ(answer(R"({"verb":"echo","arguments":{"a":[1]}})"),
            (json{{"ok", true}, {"result", {{"given", {{"a", {1}}}}}}}));
}

TEST(Commands, TellsTheCommandWhoAsks) {
  EXPECT_EQ(answer(R"({"verb":"who"})")["result"], (json{{"uid", 1000}, {"pid", 42}}));
}

TEST(Commands, TakesARequestWithoutArguments) {
  EXPECT_EQ(answer(R"({"verb":"echo"})")["result"]["given"], json::object());
}

TEST(Commands, AnswersWithTheErrorOfTheCommand) {
  const json refused = answer(R"({"verb":"refuse"})");
  EXPECT_EQ(refused, (json{{"ok", false}, {"error", {{"code", "invalid_request"}, {"message", "not \"now\""}}}}));
}

TEST(Commands, AnswersWhereTheCommandThrows) {
  const json refused = answer(R"({"verb":"throw"})");
  EXPECT_EQ(refused["ok"], false);
  EXPECT_EQ(refused["error"]["code"], "server_error");
}

TEST(Commands, RefusesWhatIsNoRequest) {
  for (const char* line :
       {"", "garbage", "{", "[]", "7", R"({"verb":7})", R"({"verb":""})", "{}", R"({"arguments":{}})",
        R"({"verb":"echo","arguments":[]})", R"({"verb":"echo","verb":"echo"})", R"({"verb":"echo","other":1})",
        "{\"verb\":\"echo\",\"arguments\":{\"a\":\"\xff\"}}", R"({"verb":"echo"} {"verb":"echo"})"}) {
    const json refused = answer(line);
    EXPECT_EQ(refused["ok"], false) << line;
    EXPECT_EQ(refused["error"]["code"], "invalid_request") << line;
    EXPECT_FALSE(refused["error"]["message"].get<std::string>().empty()) << line;
  }
}

TEST(Commands, RefusesAnUnknownVerb) {
  const json refused = answer(R"({"verb":"keys.explode"})");
  EXPECT_EQ(refused["ok"], false);
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("keys.explode"), std::string::npos);
}

TEST(Commands, TakesTheRequestThatItRenders) {
  const std::string line = render_request("echo", json{{"text", "two\nlines"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(answer(line)["result"]["given"]["text"], "two\nlines");
}

}  // namespace certbound::control
