#include "oauth/claims.hpp"

#include <chrono>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::json;

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out.push_back('"');
  out += name;
  out += "\":\"";
  append_json_escaped(out, value);
  out += "\",";
}

void append_number(std::string& out, std::string_view name, long long value) {
  out.push_back('"');
  out += name;
  out += "\":";
  out += std::to_string(value);
  out.push_back(',');
}

/// One audience as a string, several as an array (RFC 7519 section 4.1.3).
void append_audience(std::string& out, const std::vector<std::string>& audience) {
  if (audience.size() == 1) {
    append_member(out, "aud", audience.front());
    return;
  }
  out += "\"aud\":[";
  for (const std::string& resource : audience) {
    out += json_quoted(resource);
    out.push_back(',');
  }
  out.back() = ']';
  out.push_back(',');
}

void append_confirmation(std::string& out, const Confirmation& confirmation) {
  // No member at all where there is none: an empty `cnf` would say something.
  if (confirmation.x5t_s256.empty() && confirmation.jkt.empty()) return;
  out += "\"cnf\":{";
  if (!confirmation.x5t_s256.empty()) append_member(out, "x5t#S256", confirmation.x5t_s256);
  if (!confirmation.jkt.empty()) append_member(out, "jkt", confirmation.jkt);
  out.back() = '}';
  out.push_back(',');
}

Error bad_claim(std::string_view name) {
  return invalid_input("the token's " + std::string{name} + " is missing or of another type");
}

Result<WallTime> read_time(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return bad_claim(name);
  constexpr std::int64_t kLatest = std::numeric_limits<std::int32_t>::max() * 128LL;
  const auto seconds = found->get<std::int64_t>();
  if (seconds < 0 || seconds > kLatest) return bad_claim(name);
  return WallTime{std::chrono::seconds{seconds}};
}

Result<std::vector<std::string>> read_audience(const Json& object) {
  const auto found = object.find("aud");
  if (found != object.end() && found->is_string()) return std::vector{found->get<std::string>()};
  if (found == object.end() || !found->is_array() || found->empty()) return bad_claim("aud");
  std::vector<std::string> audience;
  for (const Json& member : *found) {
    if (!member.is_string()) return bad_claim("aud");
    audience.push_back(member.get<std::string>());
  }
  return audience;
}

/// A confirmation that is not understood would be one that nobody checks.
Result<Confirmation> read_confirmation(const Json& object) {
  Confirmation confirmation;
  const auto found = object.find("cnf");
  if (found == object.end()) return confirmation;
  if (!found->is_object() || found->empty()) return bad_claim("cnf");
  confirmation.x5t_s256 = string_member(*found, "x5t#S256");
  confirmation.jkt = string_member(*found, "jkt");
  const std::size_t understood = (confirmation.x5t_s256.empty() ? 0U : 1U) + (confirmation.jkt.empty() ? 0U : 1U);
  if (found->size() != understood) return bad_claim("cnf");
  return confirmation;
}

}  // namespace

std::string_view token_type(const Confirmation& confirmation) { return confirmation.jkt.empty() ? "Bearer" : "DPoP"; }

void append_claims(std::string& out, const Claims& claims) {
  append_member(out, "iss", claims.issuer);
  append_member(out, "sub", claims.subject);
  append_audience(out, claims.audience);
  append_member(out, "client_id", claims.client_id);
  append_number(out, "iat", unix_seconds(claims.issued_at));
  append_number(out, "exp", unix_seconds(claims.expires_at));
  append_member(out, "jti", claims.jti);
  if (!claims.scope.empty()) append_member(out, "scope", claims.scope);
  append_confirmation(out, claims.confirmation);
}

Result<Claims> parse_claims(std::string_view json) {
  const auto object = parse_json(json);
  if (!object) return object.error();
  if (!object->is_object()) return invalid_input("the token's claims are no object");
  Claims claims;
  const std::pair<const char*, std::string Claims::*> texts[] = {
      {"iss", &Claims::issuer}, {"sub", &Claims::subject}, {"client_id", &Claims::client_id}, {"jti", &Claims::jti}};
  for (const auto& [name, member] : texts) {
    claims.*member = string_member(*object, name);
    if ((claims.*member).empty()) return bad_claim(name);
  }
  // No token of ours has it: one that does is not judged without it.
  if (object->contains("nbf")) return bad_claim("nbf");
  claims.scope = string_member(*object, "scope");
  if (claims.scope.empty() && object->contains("scope")) return bad_claim("scope");
  auto audience = read_audience(*object);
  if (!audience) return std::move(audience).error();
  claims.audience = *std::move(audience);
  const auto issued_at = read_time(*object, "iat");
  if (!issued_at) return issued_at.error();
  claims.issued_at = *issued_at;
  const auto expires_at = read_time(*object, "exp");
  if (!expires_at) return expires_at.error();
  claims.expires_at = *expires_at;
  auto confirmation = read_confirmation(*object);
  if (!confirmation) return std::move(confirmation).error();
  claims.confirmation = *std::move(confirmation);
  return claims;
}

}  // namespace certbound::oauth
