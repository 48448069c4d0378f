#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/token_input.hpp"
#include "cli/verb.hpp"
#include "jose/jws_verify.hpp"

namespace certbound::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr ArgumentSpec kTokenInspectArguments[] = {
    kTokenArgument,
    kJsonArgument,
};

/// The end of the year 9999, the last that has a form in RFC 3339.
constexpr unsigned long long kEndOfTime = 253402300799;

/// `exp: 2026-11-21T02:25:38Z`; a number that is no time as it is.
std::string describe_time(std::string_view name, const nlohmann::json& claim) {
  // A number below 0 is signed; it becomes one that is too large.
  const auto seconds = claim.get<unsigned long long>();
  std::string text = std::string{name} + ": ";
  if (seconds > kEndOfTime) return text + claim.dump() + " (no time)\n";
  const WallTime time{std::chrono::seconds{seconds}};
  text += to_rfc3339(time);
  if (name == "exp" && time < wall_now()) text += " (expired)";
  return text + "\n";
}

/// The claims that are times in words.
std::string describe_times(const nlohmann::json& claims) {
  std::string text;
  for (const char* name : {"iat", "nbf", "exp"}) {
    const auto claim = claims.find(name);
    if (claim != claims.end() && claim->is_number_integer()) text += describe_time(name, *claim);
  }
  return text;
}

ExitStatus run_token_inspect(const Arguments& arguments) {
  const auto jws = jose::split_compact(read_token(arguments.value("TOKEN")));
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
    // In ASCII: a stranger's text for a terminal.
    print("header:\n" + json["header"].dump(2, ' ', true) + "\nclaims:\n" + json["claims"].dump(2, ' ', true) + "\n" +
          describe_times(*claims) + "The signature was not verified.\n");
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kTokenInspect{"token", "inspect", "show header and claims of a token, without trusting them",
                         kTokenInspectArguments, &run_token_inspect};

}  // namespace certbound::cli
