#include "oauth/client_auth/assertion.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jose/jws_verify.hpp"
#include "oauth/client_algorithms.hpp"
#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

Error refuse_claim(std::string_view name) {
  return refuse_client(Reason::assertion_malformed, std::string{name} + ": missing, or of another type");
}

Reason reason_of_step(jose::JwsStep step) {
  switch (step) {
    case jose::JwsStep::take_apart:
      return Reason::assertion_malformed;
    case jose::JwsStep::choose:
      return Reason::assertion_algorithm_refused;
    case jose::JwsStep::find_key:
      return Reason::assertion_key_unknown;
    case jose::JwsStep::verify:
      return Reason::assertion_signature_wrong;
  }
  return Reason::assertion_malformed;
}

/// Of several sets the refusal that came furthest is told.
Result<jose::VerifiedJws> verify_by_any(std::string_view assertion, KeySets keys,
                                        std::span<const std::string_view> algorithms) {
  Error refusal = refuse_client(Reason::assertion_key_unknown, "the client has no key");
  std::optional<jose::JwsStep> furthest;
  for (const std::span<const jose::Jwk> set : keys) {
    jose::JwsStep step{};
    auto verified =
        jose::verify_compact(assertion, set, algorithms, step, kMaximumAssertionBytes, jose::Nameless::tried);
    if (verified) return verified;
    if (verified.error().code == ErrorCode::server_error) return verified;
    if (furthest && step <= *furthest) continue;
    furthest = step;
    refusal = refuse_client(reason_of_step(step), verified.error().detail);
  }
  return refusal;
}

/// RFC 8725 section 3.11, rfc7523bis: new clients write client-authentication+jwt, old ones JWT or nothing. Whatever
/// else is typed is something else: a token, a proof, an answer of an introspection.
Result<void> check_type(const std::string& header_json) {
  const auto header = parse_json(header_json);
  if (!header) return refuse_client(Reason::assertion_malformed, header.error().detail);
  if (!header->contains("typ")) return {};
  constexpr std::string_view kApplication = "application/";
  std::string_view type = string_member(*header, "typ");
  if (ascii_iequals(type.substr(0, kApplication.size()), kApplication)) type.remove_prefix(kApplication.size());
  if (ascii_iequals(type, "client-authentication+jwt") || ascii_iequals(type, "JWT")) return {};
  return refuse_client(Reason::assertion_type_wrong,
                       "typ: " + json_quoted(type.substr(0, 64)) + " is not that of a client assertion");
}

Result<void> check_names(const Json& claims, const AssertionExpectation& expectation) {
  for (const char* name : {"iss", "sub"}) {
    const std::string_view value = string_member(claims, name);
    if (value.empty()) return refuse_claim(name);
    if (value == expectation.client_id) continue;
    return refuse_client(Reason::assertion_issuer_wrong,
                         std::string{name} + ": " + json_quoted(value.substr(0, 256)) + " is not the client_id");
  }
  return {};
}

/// rfc7523bis: our issuer, and nobody besides; compared as text.
Result<void> check_audience(const Json& claims, const AssertionExpectation& expectation) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return refuse_claim("aud");
  const Json* value = &*found;
  if (found->is_array() && expectation.profile == Profile::none && found->size() == 1) value = &found->front();
  if (value->is_array()) {
    return refuse_client(Reason::assertion_audience_wrong, expectation.profile == Profile::fapi2
                                                               ? "aud: an array, and the profile wants a string"
                                                               : "aud: not one audience");
  }
  if (!value->is_string()) return refuse_claim("aud");
  const auto& audience = value->get_ref<const std::string&>();
  if (audience == expectation.issuer) return {};
  return refuse_client(Reason::assertion_audience_wrong,
                       "aud: " + json_quoted(audience.substr(0, 256)) + ", not " + json_quoted(expectation.issuer));
}

/// RFC 7519 section 2: perhaps with a fraction; then the second in which less is valid. Nothing where it is absent.
Result<std::optional<WallTime>> read_date(const Json& claims, const char* name, Rounding rounding) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::optional<WallTime>{};
  const auto date = parse_numeric_date(*found, rounding);
  if (!date) return refuse_claim(name);
  return std::optional{*date};
}

Error refuse_date(Reason reason, const char* name, WallTime time, WallTime now) {
  return refuse_client(reason, std::string{name} + ": " + to_rfc3339(time) + ", now " + to_rfc3339(now));
}

/// When it was made, or the earliest that it can have been, and when it ends.
Result<SingleUse> check_dates(const Json& claims, WallTime now) {
  const auto expires_at = read_date(claims, "exp", Rounding::down);
  if (!expires_at) return expires_at.error();
  if (!*expires_at) return refuse_claim("exp");
  const auto issued_at = read_date(claims, "iat", Rounding::down);
  if (!issued_at) return issued_at.error();
  const auto not_before = read_date(claims, "nbf", Rounding::up);
  if (!not_before) return not_before.error();
  const WallTime end = **expires_at;
  if (now >= end) return refuse_date(Reason::assertion_expired, "exp", end, now);
  for (const auto& [name, date] : {std::pair{"iat", *issued_at}, std::pair{"nbf", *not_before}}) {
    if (date && *date > now + kAssertionAhead) return refuse_date(Reason::assertion_not_yet_valid, name, *date, now);
  }
  const WallTime made = issued_at->value_or(end - kLongestAssertion);
  const bool is_too_long = end > now + kLongestAssertion + kAssertionAhead || end > made + kLongestAssertion;
  if (is_too_long) return refuse_date(Reason::assertion_lifetime_too_long, "exp", end, now);
  SingleUse use;
  use.issued_at = made;
  use.until = end;
  return use;
}

Result<std::string_view> find_jti(const Json& claims) {
  const std::string_view jti = string_member(claims, "jti");
  if (jti.empty()) return refuse_claim("jti");
  if (jti.size() > kMaximumAssertionJtiBytes) return refuse_client(Reason::assertion_malformed, "jti: too long");
  return jti;
}

}  // namespace

Result<SingleUse> check_assertion(std::string_view assertion, KeySets keys, const AssertionExpectation& expectation) {
  std::span<const std::string_view> algorithms = client_algorithms(expectation.profile);
  if (!expectation.algorithm.empty()) {
    if (std::find(algorithms.begin(), algorithms.end(), expectation.algorithm) == algorithms.end()) {
      return refuse_client(Reason::assertion_algorithm_refused, "the registered algorithm is not accepted here");
    }
    algorithms = {&expectation.algorithm, 1};
  }
  const auto verified = verify_by_any(assertion, keys, algorithms);
  if (!verified) return verified.error();
  return check_assertion_claims(verified->header_json, verified->payload, expectation);
}

Result<SingleUse> check_assertion_claims(const std::string& header_json, const std::string& payload,
                                         const AssertionExpectation& expectation) {
  if (auto type = check_type(header_json); !type) return std::move(type).error();
  const auto claims = parse_json(payload);
  if (!claims || !claims->is_object()) {
    return refuse_client(Reason::assertion_malformed, "the claims are not a JSON object of distinct members");
  }
  if (auto names = check_names(*claims, expectation); !names) return std::move(names).error();
  if (auto audience = check_audience(*claims, expectation); !audience) return std::move(audience).error();
  auto use = check_dates(*claims, expectation.now);
  if (!use) return use;
  const auto jti = find_jti(*claims);
  if (!jti) return jti.error();
  use->key = crypto::sha256("assertion\n" + std::string{expectation.client_id} + "\n" + std::string{*jti});
  return use;
}

std::string peek_subject(std::string_view assertion) {
  const auto jws = jose::split_compact(assertion, kMaximumAssertionBytes);
  if (!jws) return {};
  const auto claims = parse_json(jws->payload);
  return claims ? std::string{string_member(*claims, "sub")} : std::string{};
}

}  // namespace certbound::oauth
