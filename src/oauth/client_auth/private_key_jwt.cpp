#include <array>
#include <span>

#include "oauth/client_auth/assertion.hpp"
#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

std::span<const jose::Jwk> keys_of(const KeySet* fetched) {
  if (fetched == nullptr || !fetched->verifying) return {};
  return *fetched->verifying;
}

}  // namespace

Result<Proven> check_private_key_jwt(const store::DirectoryClient& client, const Evidence& evidence,
                                     const AuthContext& context) {
  const Credential& credential = evidence.credential;
  if (credential.kind == Credential::Kind::none) {
    return refuse_client(Reason::assertion_missing, "the request has no client_assertion");
  }
  if (credential.kind != Credential::Kind::assertion) return refuse_other_method(credential);
  AssertionExpectation expectation;
  expectation.client_id = client.client.client_id.text();
  expectation.issuer = context.snapshot.issuer;
  expectation.algorithm = client.client.token_endpoint_auth_signing_alg;
  expectation.profile = context.snapshot.profile;
  expectation.now = context.now;
  const std::array sets{std::span<const jose::Jwk>{client.assertion_keys}, keys_of(context.fetched_keys)};
  const auto use = check_assertion(credential.assertion, sets, expectation);
  if (!use) return use.error();
  return Proven{*use};
}

}  // namespace certbound::oauth
