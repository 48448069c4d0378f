#include "verifier/claims.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "verifier/refusal.hpp"

namespace certbound::verifier {

namespace {

using Json = nlohmann::json;

Error refuse_claim(const char* name, const char* why) { return invalid_input(std::string{name} + ": " + why); }

Result<std::string> read_text(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return refuse_claim(name, "missing");
  if (!found->is_string()) return refuse_claim(name, "not a string");
  auto text = found->get<std::string>();
  if (text.empty()) return refuse_claim(name, "empty");
  return text;
}

/// RFC 7519 section 2.
Result<std::chrono::sys_seconds> parse_date(const Json& value, const char* name, Rounding rounding) {
  if (!value.is_number()) return refuse_claim(name, "not a number");
  const auto date = parse_numeric_date(value, rounding);
  if (!date) return refuse_claim(name, "not a time");
  return *date;
}

Result<std::chrono::sys_seconds> read_date(const Json& claims, const char* name, Rounding rounding) {
  const auto found = claims.find(name);
  if (found == claims.end()) return refuse_claim(name, "missing");
  return parse_date(*found, name, rounding);
}

Result<void> read_times(const Json& claims, AccessToken& token) {
  auto issued_at = read_date(claims, "iat", Rounding::up);
  if (!issued_at) return std::move(issued_at).error();
  token.issued_at = *issued_at;
  auto expires_at = read_date(claims, "exp", Rounding::down);
  if (!expires_at) return std::move(expires_at).error();
  token.expires_at = *expires_at;
  if (!claims.contains("nbf")) return {};
  auto not_before = read_date(claims, "nbf", Rounding::up);
  if (!not_before) return std::move(not_before).error();
  token.not_before = *not_before;
  return {};
}

/// RFC 7519 section 4.1.3: one string or an array of them.
Result<void> read_audience(const Json& claims, AccessToken& token) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return refuse_claim("aud", "missing");
  if (found->is_string()) {
    token.audience.push_back(found->get<std::string>());
    return {};
  }
  if (!found->is_array() || found->empty()) return refuse_claim("aud", "neither a string nor an array of them");
  for (const Json& element : *found) {
    if (!element.is_string()) return refuse_claim("aud", "not an array of strings");
    token.audience.push_back(element.get<std::string>());
  }
  return {};
}

/// RFC 8693 section 4.2: one string, with blanks between the scopes.
Result<void> read_scopes(const Json& claims, AccessToken& token) {
  const auto found = claims.find("scope");
  if (found == claims.end()) return {};
  if (!found->is_string()) return refuse_claim("scope", "not a string");
  for (const std::string_view scope : split(found->get_ref<const std::string&>(), ' ')) {
    if (!scope.empty()) token.scopes.emplace_back(scope);
  }
  return {};
}

/// Decoded strictly: what is not the canonical text of 32 octets is no thumbprint.
Result<crypto::Sha256> parse_thumbprint(const Json& value, const char* name) {
  if (!value.is_string()) return refuse_claim(name, "not a string");
  const auto digest = crypto::Sha256::from_base64url(value.get_ref<const std::string&>());
  if (!digest) return refuse_claim(name, "not a SHA-256");
  return *digest;
}

Result<Confirmation> read_confirmation(const Json& claims) {
  Confirmation confirmation;
  const auto found = claims.find("cnf");
  if (found == claims.end()) return confirmation;
  confirmation.is_present = true;
  if (!found->is_object() || found->empty()) return refuse_claim("cnf", "not an object with a member");
  for (const auto& [member, value] : found->items()) {
    const bool is_certificate = member == "x5t#S256";
    if (!is_certificate && member != "jkt") {
      confirmation.unknown = member;
      continue;
    }
    auto digest = parse_thumbprint(value, is_certificate ? "cnf.x5t#S256" : "cnf.jkt");
    if (!digest) return std::move(digest).error();
    (is_certificate ? confirmation.certificate : confirmation.key) = *digest;
  }
  return confirmation;
}

Result<void> read_names(const Json& claims, AccessToken& token) {
  struct Member {
    const char* claim;
    std::string& to;
  };
  const Member members[] = {
      {"iss", token.issuer}, {"sub", token.subject}, {"client_id", token.client_id}, {"jti", token.token_id}};
  for (const auto& [claim, to] : members) {
    auto text = read_text(claims, claim);
    if (!text) return std::move(text).error();
    to = *std::move(text);
  }
  return {};
}

}  // namespace

Result<Claims> parse_claims(std::string payload) {
  const auto json = parse_json(payload);
  if (!json) return invalid_input("the claims: " + json.error().detail);
  if (!json->is_object()) return invalid_input("the claims are not an object");
  Claims claims;
  for (const auto read : {read_names, read_times, read_audience, read_scopes}) {
    if (auto done = read(*json, claims.token); !done) return std::move(done).error();
  }
  auto confirmation = read_confirmation(*json);
  if (!confirmation) return std::move(confirmation).error();
  claims.confirmation = *std::move(confirmation);
  if (claims.confirmation.certificate) claims.token.x5t_s256 = claims.confirmation.certificate->to_base64url();
  if (claims.confirmation.key) claims.token.jkt = claims.confirmation.key->to_base64url();
  claims.token.claims_json = std::move(payload);
  return claims;
}

}  // namespace certbound::verifier
