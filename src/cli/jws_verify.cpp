#include "jose/jws_verify.hpp"

#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/token_input.hpp"
#include "cli/verb.hpp"
#include "jose/algorithm.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kJwsVerifyArguments[] = {
    {"--jwks", ArgumentKind::value, "the JWK Set: a file or an https URL", true},
    kJwksCaArgument,
    {"--algs", ArgumentKind::value,
     "the algorithms that are accepted, with commas between (default ES256,PS256,EdDSA,RS256)", false},
    kJsonArgument,
};

Result<std::vector<std::string>> parse_algorithms(const Arguments& arguments) {
  const std::string list = arguments.has("--algs") ? arguments.value("--algs") : "ES256,PS256,EdDSA,RS256";
  std::vector<std::string> algorithms;
  for (const std::string_view algorithm : split(list, ',')) {
    if (jose::find_algorithm(algorithm) == nullptr) {
      return invalid_input("--algs: \"" + std::string{algorithm} +
                           "\" is no signature algorithm with a public key that is known here");
    }
    algorithms.emplace_back(algorithm);
  }
  return algorithms;
}

Result<jose::VerifiedJws> verify_input(const std::string& jwks, const std::vector<std::string>& algorithms) {
  const auto json = parse_json(jwks, JsonLimits{.max_bytes = 256UL * 1024, .max_depth = 16});
  if (!json) return invalid_input("--jwks: " + json.error().detail);
  std::vector<std::string> skipped;
  const auto keys = jose::parse_usable_keys(*json, skipped);
  if (!keys) return invalid_input("--jwks: " + keys.error().detail);
  for (const std::string& detail : skipped) print_error("certbound: --jwks: passed over: " + printable(detail) + "\n");
  const std::vector<std::string_view> accepted{algorithms.begin(), algorithms.end()};
  return jose::verify_compact(read_standard_input(), *keys, accepted);
}

nlohmann::ordered_json outcome_json(const Result<jose::VerifiedJws>& verified) {
  nlohmann::ordered_json json;
  json["verified"] = verified.has_value();
  if (!verified) {
    json["detail"] = verified.error().detail;
    return json;
  }
  if (const auto header = parse_json(verified->header_json)) json["header"] = *header;
  json["payload"] = base64url_encode(as_bytes(verified->payload));
  return json;
}

ExitStatus run_jws_verify(const Arguments& arguments) {
  const auto algorithms = parse_algorithms(arguments);
  if (!algorithms) return fail(ExitStatus::wrong_usage, algorithms.error());
  const auto jwks = load_document(arguments, "--jwks");
  if (!jwks) return fail(ExitStatus::could_not_run, jwks.error());
  const auto verified = verify_input(*jwks, *algorithms);
  if (arguments.has("--json")) {
    print_json(outcome_json(verified));
    return verified ? ExitStatus::done : ExitStatus::answer_is_no;
  }
  if (!verified) return fail(ExitStatus::answer_is_no, verified.error());
  print(verified->payload);
  return ExitStatus::done;
}

}  // namespace

const Verb kJwsVerify{"jws", "verify", "verify the compact JWS on standard input; its payload goes to standard output",
                      kJwsVerifyArguments, &run_jws_verify};

}  // namespace certbound::cli
