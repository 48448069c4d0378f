#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/json.hpp"
#include "jose/jws_sign.hpp"
#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

/// A key pair of a client's own, and the assertions and proofs that it signs: whatever header and claims a test wants.
class ClientKey {
 public:
  explicit ClientKey(model::SigningAlgorithm algorithm = model::SigningAlgorithm::es256)
      : algorithm_{algorithm}, key_{make_signing_key(algorithm).key} {}

  [[nodiscard]] EVP_PKEY& key() const { return *key_; }
  [[nodiscard]] std::string alg() const { return std::string{model::name(algorithm_)}; }
  /// The public half, without a name.
  [[nodiscard]] Json jwk() const { return value_or_throw(jose::to_jwk(*key_)); }
  /// RFC 7638.
  [[nodiscard]] std::string jkt() const { return value_or_throw(jose::key_thumbprint(*key_)).to_base64url(); }

  [[nodiscard]] std::string sign(const std::string& header, const std::string& payload) const {
    auto signer = value_or_throw(jose::Signer::make(*key_, algorithm_));
    return value_or_throw(jose::sign_compact(signer, header, payload));
  }
  [[nodiscard]] std::string sign(const Json& header, const Json& payload) const {
    return sign(header.dump(), payload.dump());
  }

  /// A good assertion of `client_id`, for five minutes; a member of `claims` or `header` that is null is left out, any
  /// other takes the place of the good one.
  [[nodiscard]] std::string assertion(const std::string& client_id, const Json& claims = Json::object(),
                                      const Json& header = Json::object()) const {
    const Json good{{"iss", client_id},
                    {"sub", client_id},
                    {"aud", kIssuer},
                    {"jti", next_jti()},
                    {"iat", unix_seconds(FakeClock::now)},
                    {"exp", unix_seconds(FakeClock::now) + 300}};
    return sign(changed({{"alg", alg()}}, header), changed(good, claims));
  }

  /// A good DPoP proof for the token endpoint, changed alike.
  [[nodiscard]] std::string proof(const Json& claims = Json::object(), const Json& header = Json::object()) const {
    const Json good{{"jti", next_jti()},
                    {"htm", "POST"},
                    {"htu", std::string{kIssuer} + "/oauth2/token"},
                    {"iat", unix_seconds(FakeClock::now)}};
    return sign(changed({{"typ", "dpop+jwt"}, {"alg", alg()}, {"jwk", jwk()}}, header), changed(good, claims));
  }

  [[nodiscard]] static Json changed(Json good, const Json& changes) {
    for (const auto& [name, value] : changes.items()) {
      if (value.is_null()) {
        good.erase(name);
      } else {
        good[name] = value;
      }
    }
    return good;
  }

 private:
  [[nodiscard]] static std::string next_jti() {
    static int made = 0;
    return "jti-" + std::to_string(++made);
  }

  model::SigningAlgorithm algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// A client that authenticates with assertions of `key`; its tokens are bound to nothing unless the test says so.
inline model::Client make_jwt_registration(const std::string& id, const ClientKey& key) {
  model::Client client = make_registration(id);
  client.token_endpoint_auth_method = model::AuthMethod::private_key_jwt;
  client.subject.reset();
  client.trust_store.clear();
  client.assertion_keys = {key.jwk().dump()};
  client.certificate_binding = model::BindingRule::never;
  return client;
}

/// The parameters of an assertion as they stand in a body. base64url and dots need no escape.
inline std::string assertion_parameters(const std::string& assertion) {
  return "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=" +
         assertion;
}

}  // namespace certbound::oauth
