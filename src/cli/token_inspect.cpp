#include <iostream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "jose/jws_verify.hpp"

namespace certbound::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr ArgumentSpec kTokenInspectArguments[] = {
    {"TOKEN", ArgumentKind::positional, "the token, or - to read it from standard input", true},
    kJsonArgument,
};

std::string read_token(const Arguments& arguments) {
  std::string token = arguments.value("TOKEN");
  if (token == "-") token.assign(std::istreambuf_iterator<char>{std::cin}, {});
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  return token;
}

/// `"exp": 1795227938` with the time in words.
std::string describe_times(const nlohmann::json& claims) {
  std::string text;
  for (const char* name : {"iat", "nbf", "exp"}) {
    const auto claim = claims.find(name);
    if (claim == claims.end() || !claim->is_number_integer()) continue;
    const WallTime time{std::chrono::seconds{claim->get<long long>()}};
    text += std::string{name} + ": " + to_rfc3339(time);
    if (std::string_view{name} == "exp" && time < wall_now()) text += " (expired)";
    text.push_back('\n');
  }
  return text;
}

ExitStatus run_token_inspect(const Arguments& arguments) {
  const auto jws = jose::split_compact(read_token(arguments));
  if (!jws) return fail(ExitStatus::answer_is_no, "not a JWT: " + jws.error().detail);
  const auto header = parse_json(jws->header_json);
  const auto claims = parse_json(jws->payload);
  if (!header || !claims || !claims->is_object()) {
    return fail(ExitStatus::answer_is_no, "not a JWT: the header or the claims are not a JSON object");
  }
  Json json;
  json["header"] = *header;
  json["claims"] = *claims;
  if (arguments.has("--json")) {
    json["verified"] = false;
    print_json(json);
  } else {
    print("header:\n" + json["header"].dump(2) + "\nclaims:\n" + json["claims"].dump(2) + "\n" +
          describe_times(*claims) + "The signature was not verified.\n");
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kTokenInspect{"token", "inspect", "show header and claims of a token, without trusting them",
                         kTokenInspectArguments, &run_token_inspect};

}  // namespace certbound::cli
