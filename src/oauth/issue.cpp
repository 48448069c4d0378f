#include "oauth/issue.hpp"

#include "base/base64url.hpp"
#include "crypto/random.hpp"

namespace certbound::oauth {

namespace {

Claims make_claims(const Authorization& authorization, const Snapshot& snapshot, WallTime now) {
  Claims claims;
  claims.issuer = snapshot.issuer;
  claims.subject = authorization.subject();
  claims.audience = authorization.audience();
  claims.client_id = authorization.client_id();
  claims.issued_at = now;
  claims.expires_at = now + authorization.token().lifetime;
  claims.scope = authorization.scope().text();
  claims.confirmation = authorization.confirmation();
  return claims;
}

/// base64url of the JOSE header, with the dot after it.
std::string make_header(std::string_view typ, model::SigningAlgorithm algorithm, std::string_view kid) {
  std::string json = "{\"typ\":\"" + std::string{typ} + "\",\"alg\":\"";
  json += name(algorithm);
  json += "\",\"kid\":\"" + std::string{kid} + "\"}";
  return base64url_encode(as_bytes(json)) + ".";
}

}  // namespace

Result<TokenSigner> TokenSigner::make(const SigningKey& key) {
  auto signer = jose::Signer::make(*key.key, key.record.algorithm);
  if (!signer) return std::move(signer).error();
  return TokenSigner{*std::move(signer), key.record};
}

TokenSigner::TokenSigner(jose::Signer signer, const model::SigningKeyRecord& key)
    : signer_{std::move(signer)},
      algorithm_{key.algorithm},
      kid_{key.kid},
      header_{make_header("at+jwt", key.algorithm, key.kid)} {}

Result<IssuedToken> TokenSigner::issue(const Authorization& authorization, const Snapshot& snapshot, WallTime now) {
  auto jti = crypto::random_id();
  if (!jti) return std::move(jti).error();
  IssuedToken token;
  token.claims = make_claims(authorization, snapshot, now);
  token.claims.jti = *std::move(jti);

  if (authorization.token().format == model::TokenFormat::opaque) {
    auto sealed = sealer_.seal(token.claims, snapshot.sealing_keys);
    if (!sealed) return std::move(sealed).error();
    token.access_token = *std::move(sealed);
    token.kid = snapshot.sealing_keys.front().kid;
    return token;
  }
  token.kid = kid_;
  payload_.assign(1, '{');
  append_claims(payload_, token.claims);
  payload_.back() = '}';
  if (auto signed_token = append_signed(token.access_token, header_, payload_); !signed_token) {
    return std::move(signed_token).error();
  }
  return token;
}

Result<std::string> TokenSigner::sign(std::string_view typ, std::string_view payload) {
  std::string out;
  if (auto signed_payload = append_signed(out, make_header(typ, algorithm_, kid_), payload); !signed_payload) {
    return std::move(signed_payload).error();
  }
  return out;
}

Result<void> TokenSigner::append_signed(std::string& out, std::string_view header, std::string_view payload) {
  out.reserve(header.size() + payload.size() * 4 / 3 + 360);
  out += header;
  base64url_append(out, as_bytes(payload));
  const std::size_t signed_length = out.size();
  out.push_back('.');
  const std::string_view input{out.data(), signed_length};
  // `out` has room for the signature, so `input` stays valid while it grows.
  return signer_.append_signature(out, input);
}

}  // namespace certbound::oauth
