#include "oauth/issue.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"

namespace certbound::oauth {

namespace {

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
  if (confirmation.x5t_s256.empty()) return;  // no member at all: an empty `cnf` would say something
  out += "\"cnf\":{\"x5t#S256\":\"";
  out += confirmation.x5t_s256;
  out += "\"},";
}

}  // namespace

Result<TokenSigner> TokenSigner::make(const SigningKey& key) {
  auto signer = jose::Signer::make(*key.key, key.record.algorithm);
  if (!signer) return std::move(signer).error();
  std::string json = "{\"typ\":\"at+jwt\",\"alg\":\"";
  json += name(key.record.algorithm);
  json += "\",\"kid\":\"" + key.record.kid + "\"}";
  return TokenSigner{*std::move(signer), base64url_encode(as_bytes(json)) + "."};
}

Result<IssuedToken> TokenSigner::issue(const Authorization& authorization, const Snapshot& snapshot, WallTime now) {
  IssuedToken token;
  token.expires_at = now + snapshot.tokens.lifetime;
  auto jti = crypto::random_id();
  if (!jti) return std::move(jti).error();
  token.jti = *std::move(jti);

  payload_.assign(1, '{');
  append_member(payload_, "iss", snapshot.issuer);
  append_member(payload_, "sub", authorization.subject());
  append_audience(payload_, authorization.audience());
  append_member(payload_, "client_id", authorization.client_id());
  append_number(payload_, "iat", unix_seconds(now));
  append_number(payload_, "exp", unix_seconds(token.expires_at));
  append_member(payload_, "jti", token.jti);
  if (!authorization.scope().is_empty()) append_member(payload_, "scope", authorization.scope().text());
  append_confirmation(payload_, authorization.confirmation());
  payload_.back() = '}';

  std::string& out = token.access_token;
  out.reserve(header_.size() + payload_.size() * 4 / 3 + 360);
  out += header_;
  base64url_append(out, as_bytes(payload_));
  const std::size_t signed_length = out.size();
  out.push_back('.');
  const std::string_view input{out.data(), signed_length};
  // `out` has room for the signature, so `input` stays valid while it grows.
  if (auto signature = signer_.append_signature(out, input); !signature) return std::move(signature).error();
  return token;
}

}  // namespace certbound::oauth
