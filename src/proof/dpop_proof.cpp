#include "proof/dpop_proof.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_verify.hpp"
#include "jose/verify_signature.hpp"

namespace certbound::proof {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaximumHtuBytes = 2048;

Error refuse_proof(const char* name, const char* why) { return invalid_input(std::string{name} + ": " + why); }

Result<std::string> read_text(const Json& claims, const char* name, std::size_t max_bytes) {
  const auto found = claims.find(name);
  if (found == claims.end()) return refuse_proof(name, "missing");
  if (!found->is_string()) return refuse_proof(name, "not a string");
  const auto& text = found->get_ref<const std::string&>();
  if (text.empty()) return refuse_proof(name, "empty");
  if (text.size() > max_bytes) return refuse_proof(name, "too long");
  return text;
}

/// RFC 7519 section 2.
Result<WallTime> read_issued_at(const Json& claims) {
  const auto found = claims.find("iat");
  if (found == claims.end()) return refuse_proof("iat", "missing");
  if (!found->is_number()) return refuse_proof("iat", "not a number");
  const auto date = parse_numeric_date(*found, Rounding::down);
  if (!date) return refuse_proof("iat", "not a time");
  return *date;
}

Result<std::optional<std::string>> read_optional_text(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return std::optional<std::string>{};
  if (!found->is_string()) return refuse_proof(name, "not a string");
  return std::optional{found->get<std::string>()};
}

Result<DpopProof> parse_dpop_claims(std::string_view payload) {
  const auto claims = parse_json(payload);
  if (!claims) return invalid_input("the claims: " + claims.error().detail);
  if (!claims->is_object()) return invalid_input("the claims are not an object");
  auto jti = read_text(*claims, "jti", kMaximumJtiBytes);
  if (!jti) return std::move(jti).error();
  auto htm = read_text(*claims, "htm", kMaximumProofBytes);
  if (!htm) return std::move(htm).error();
  auto htu = read_text(*claims, "htu", kMaximumHtuBytes);
  if (!htu) return std::move(htu).error();
  auto issued_at = read_issued_at(*claims);
  if (!issued_at) return std::move(issued_at).error();
  auto ath = read_optional_text(*claims, "ath");
  if (!ath) return std::move(ath).error();
  auto nonce = read_optional_text(*claims, "nonce");
  if (!nonce) return std::move(nonce).error();
  return DpopProof{{},         *std::move(jti), *std::move(htm),  *std::move(htu),
                   *issued_at, *std::move(ath), *std::move(nonce)};
}

/// The key in the header, if it may verify signatures of that algorithm.
Result<jose::Jwk> read_embedded_key(const Json& header, const jose::Algorithm& algorithm) {
  const auto found = header.find("jwk");
  if (found == header.end()) return refuse_proof("jwk", "missing");
  auto jwk = jose::parse_jwk(*found);
  if (!jwk) {
    jwk.error().detail.insert(0, "jwk: ");
    return jwk;
  }
  if (!jose::may_verify_with(*jwk, algorithm)) {
    return invalid_input("jwk: not a key for " + std::string{algorithm.name});
  }
  return jwk;
}

}  // namespace

Result<DpopProof> verify_dpop_proof(std::string_view proof, std::span<const std::string_view> algorithms,
                                    DpopStep& step) {
  step = DpopStep::take_apart;
  Json header;
  auto jws = jose::split_compact(proof, kMaximumProofBytes, header);
  if (!jws) return std::move(jws).error();
  auto claims = parse_dpop_claims(jws->payload);
  if (!claims) return std::move(claims).error();
  step = DpopStep::type;
  if (string_member(header, "typ") != "dpop+jwt") return refuse_proof("typ", "not dpop+jwt");
  step = DpopStep::algorithm;
  const auto algorithm = jose::choose_algorithm(header, algorithms);
  if (!algorithm) return algorithm.error();
  step = DpopStep::key;
  auto jwk = read_embedded_key(header, **algorithm);
  if (!jwk) return std::move(jwk).error();
  step = DpopStep::signature;
  auto verified = jose::verify_signature(**algorithm, *jwk->key, as_bytes(jws->signing_input), jws->signature);
  if (!verified) return std::move(verified).error();
  claims->key = jwk->thumbprint;
  return claims;
}

Result<void> check_dpop_proof(const DpopProof& proof, const DpopExpectation& expectation, DpopStep& step) {
  step = DpopStep::method;
  if (proof.htm != expectation.method) return refuse_proof("htm", "another method");
  step = DpopStep::url;
  const auto url = normalize_htu(proof.htu);
  if (!url) return refuse_proof("htu", "not an http or https URL");
  if (*url != expectation.url) return refuse_proof("htu", "another URL");
  step = DpopStep::expired;
  if (expectation.now >= proof.issued_at + expectation.lifetime) return refuse_proof("iat", "too old");
  step = DpopStep::not_yet_valid;
  if (proof.issued_at > expectation.now + expectation.ahead) return refuse_proof("iat", "too far ahead");
  step = DpopStep::access_token;
  if (!expectation.access_token) return {};
  if (!proof.ath) return refuse_proof("ath", "missing");
  const std::string expected = crypto::sha256(*expectation.access_token).to_base64url();
  if (!crypto::is_equal_constant_time(as_bytes(*proof.ath), as_bytes(expected))) {
    return refuse_proof("ath", "of another access token");
  }
  return {};
}

crypto::Sha256 replay_key(const DpopProof& proof, std::string_view url) {
  // The thumbprint has a fixed length and no URL has a line end, so no two uses are spelled alike.
  std::string text = "dpop\n";
  text.append(proof.key.octets.begin(), proof.key.octets.end());
  text += url;
  text += '\n';
  text += proof.jti;
  return crypto::sha256(text);
}

}  // namespace certbound::proof
