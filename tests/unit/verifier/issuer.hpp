#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/file.hpp"
#include "certbound/token_verifier.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"

namespace certbound::verifier::test {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1768478400}};
inline constexpr const char* kIssuer = "https://as.example.com";
inline constexpr const char* kAudience = "https://api.example.com";
/// The certificates of the fixtures, as other tools tell.
inline constexpr const char* kThumbprint = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0";       // appendix-a.pem
inline constexpr const char* kOtherThumbprint = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes";  // rfc9440-leaf.pem

/// kNow and some seconds, as a claim has it.
inline long long at(int offset) { return kNow.time_since_epoch().count() + offset; }

/// tests/fixtures/rfc8705/NAME.pem.
inline std::string load_pem(const std::string& name) {
  auto pem = load_file(std::string{CERTBOUND_FIXTURES} + "/rfc8705/" + name + ".pem");
  if (!pem) throw std::runtime_error{pem.error().detail};
  return *std::move(pem);
}

inline PresentedCertificate presented() { return PresentedCertificate::from_pem(load_pem("appendix-a")); }
inline PresentedCertificate other_presented() { return PresentedCertificate::from_pem(load_pem("rfc9440-leaf")); }

/// The claims of a good token, bound to presented().
inline nlohmann::json good_claims() {
  return {{"iss", kIssuer},
          {"sub", "etl"},
          {"client_id", "etl"},
          {"jti", "Zm9vYmFyYmF6cXV4"},
          {"aud", kAudience},
          {"scope", "orders.read orders.write"},
          {"iat", at(-60)},
          {"exp", at(240)},
          {"cnf", {{"x5t#S256", kThumbprint}}}};
}

/// One signing key, and what it signs.
class Issuer {
 public:
  explicit Issuer(std::string kid = "k1", model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256)
      : kid_{std::move(kid)}, algorithm_{algorithm}, key_{make(algorithm)} {}

  [[nodiscard]] nlohmann::json jwk() const {
    auto jwk = jose::to_jwk(*key_);
    if (!jwk) throw std::runtime_error{jwk.error().detail};
    (*jwk)["kid"] = kid_;
    (*jwk)["alg"] = model::name(algorithm_);
    (*jwk)["use"] = "sig";
    return *std::move(jwk);
  }
  [[nodiscard]] std::string jwks() const { return nlohmann::json{{"keys", {jwk()}}}.dump(); }
  [[nodiscard]] EVP_PKEY& key() const { return *key_; }

  [[nodiscard]] nlohmann::json header() const {
    return {{"alg", model::name(algorithm_)}, {"kid", kid_}, {"typ", "at+jwt"}};
  }
  [[nodiscard]] std::string token(const nlohmann::json& claims = good_claims()) const {
    return sign(header().dump(), claims.dump());
  }
  [[nodiscard]] std::string sign(const std::string& header_json, const std::string& payload) const {
    auto signer = jose::Signer::make(*key_, algorithm_);
    if (!signer) throw std::runtime_error{signer.error().detail};
    auto token = jose::sign_compact(*signer, header_json, payload);
    if (!token) throw std::runtime_error{token.error().detail};
    return *std::move(token);
  }

 private:
  static crypto::KeyHandle make(model::SigningAlgorithm algorithm) {
    auto key = crypto::make_key(jose::key_type_for(algorithm));
    if (!key) throw std::runtime_error{key.error().detail};
    return *std::move(key);
  }

  std::string kid_;
  model::SigningAlgorithm algorithm_;
  crypto::KeyHandle key_;
};

inline VerifierOptions options_for(const Issuer& issuer) {
  VerifierOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.jwks = issuer.jwks();
  options.clock_skew = std::chrono::seconds{0};
  options.clock = [] { return kNow; };
  return options;
}

/// The reason of a refusal; an accepted token fails the test.
inline std::string_view reason_of(const Decision& decision) {
  if (decision) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return name(decision.refusal().reason);
}

}  // namespace certbound::verifier::test
