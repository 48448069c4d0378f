#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "crypto/digest.hpp"
#include "issuer.hpp"
#include "jose/jwk.hpp"

namespace certbound::verifier::test {

inline constexpr const char* kUrl = "https://api.example.com/orders";

/// A client with a DPoP key, and the proofs that it makes for `GET kUrl` (RFC 9449 section 4.2).
class DpopClient {
 public:
  explicit DpopClient(model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256)
      : algorithm_{algorithm}, signer_{"", algorithm} {}

  [[nodiscard]] nlohmann::json jwk() const {
    auto jwk = signer_.jwk();
    for (const char* member : {"kid", "alg", "use"}) jwk.erase(member);
    return jwk;
  }
  [[nodiscard]] std::string jkt() const {
    const auto thumbprint = jose::key_thumbprint(signer_.key());
    if (!thumbprint) throw std::runtime_error{thumbprint.error().detail};
    return thumbprint->to_base64url();
  }
  /// Bound to this key and to nothing else, but for `changes`.
  [[nodiscard]] nlohmann::json claims(const nlohmann::json& changes = nlohmann::json::object()) const {
    auto claims = good_claims();
    claims["cnf"] = {{"jkt", jkt()}};
    claims.merge_patch(changes);
    return claims;
  }
  /// A good proof of kNow for that token, but for the changes; a member that is null is left out. Each has its own
  /// `jti`.
  [[nodiscard]] std::string proof(std::string_view token, const nlohmann::json& changes = nlohmann::json::object(),
                                  const nlohmann::json& header_changes = nlohmann::json::object()) const {
    nlohmann::json header{{"typ", "dpop+jwt"}, {"alg", model::name(algorithm_)}, {"jwk", jwk()}};
    nlohmann::json claims{{"jti", "proof-" + std::to_string(++proofs_)},
                          {"htm", "GET"},
                          {"htu", kUrl},
                          {"iat", at(0)},
                          {"ath", crypto::sha256(token).to_base64url()}};
    header.merge_patch(header_changes);
    claims.merge_patch(changes);
    return signer_.sign(header.dump(), claims.dump());
  }

 private:
  model::SigningAlgorithm algorithm_;
  Issuer signer_;
  mutable int proofs_ = 0;
};

}  // namespace certbound::verifier::test
