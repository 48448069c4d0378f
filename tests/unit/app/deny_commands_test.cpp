#include "app/deny_commands.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::app {

namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kAsked{seconds{1'700'000'000}};
const std::string kThumbprint(43, 'A');

Result<model::Denial> parse(json arguments) {
  arguments["reason"] = "lost";
  return parse_denial(arguments, kAsked);
}

std::string text_of(WallTime time) { return std::to_string(unix_seconds(time)); }

}  // namespace

TEST(ParseDenial, EndsWhenNothingThatItCanMatchIsAlive) {
  EXPECT_EQ(parse({{"jti", "a"}})->until, kAsked + hours{24} + model::kVerifierSlack);
  EXPECT_EQ(parse({{"client", "a"}})->until, kAsked + hours{24} + model::kVerifierSlack);
  const auto older = parse({{"client", "a"}, {"issued_before", text_of(kAsked - hours{1})}});
  EXPECT_EQ(older->until, kAsked + hours{23} + model::kVerifierSlack);
  EXPECT_EQ(older->issued_before, kAsked - hours{1});
}

TEST(ParseDenial, TakesAnEarlierEnd) {
  for (const char* kind : {"jti", "client"}) {
    EXPECT_EQ(parse({{kind, "a"}, {"until", text_of(kAsked + seconds{1})}})->until, kAsked + seconds{1});
  }
}

// Later tokens match too where no time is named.
TEST(ParseDenial, TakesALaterEndOnlyWhereThatMeansSomething) {
  const std::string later = text_of(kAsked + hours{1000});
  EXPECT_EQ(parse({{"client", "a"}, {"until", later}})->until, kAsked + hours{1000});
  EXPECT_EQ(parse({{"thumbprint", kThumbprint}, {"until", later}})->until, kAsked + hours{1000});
  EXPECT_FALSE(parse({{"jti", "a"}, {"until", later}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"until", later}, {"issued_before", text_of(kAsked)}}));
  EXPECT_FALSE(parse({{"until", later}, {"issued_before", text_of(kAsked)}}));
}

TEST(ParseDenial, WantsOneThingToDeny) {
  EXPECT_FALSE(parse(json::object()));
  EXPECT_FALSE(parse({{"jti", "a"}, {"client", "b"}}));
  EXPECT_EQ(parse({{"issued_before", text_of(kAsked)}})->kind, model::DenialKind::issued_before);
  EXPECT_EQ(parse({{"thumbprint", kThumbprint}})->kind, model::DenialKind::thumbprint);
}

TEST(ParseDenial, RefusesWhatCannotBeMeant) {
  EXPECT_FALSE(parse({{"jti", "a"}, {"issued_before", text_of(kAsked)}}));
  EXPECT_FALSE(parse({{"jti", std::string(256, 'a')}}));
  EXPECT_FALSE(parse({{"thumbprint", std::string(42, 'A')}}));
  EXPECT_FALSE(parse({{"thumbprint", std::string(64, 'a')}}));
  EXPECT_FALSE(parse({{"client", "\n"}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", text_of(kAsked + seconds{1})}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", text_of(kAsked - hours{24} - model::kVerifierSlack)}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"issued_before", "yesterday"}}));
  EXPECT_FALSE(parse({{"client", "a"}, {"until", text_of(kAsked)}}));
  EXPECT_FALSE(parse_denial({{"client", "a"}}, kAsked));
  EXPECT_FALSE(parse_denial({{"client", "a"}, {"reason", std::string(501, 'x')}}, kAsked));
}

}  // namespace certbound::app
