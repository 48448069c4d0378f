#include "crypto/digest.hpp"
#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

/// Every one is compared, in constant time each: neither which nor whether tells by its time. A secret has at least 128
/// random bits, so its digest needs no salt and no slowness (docs/adr/0031).
Result<Proven> check_secret(const store::DirectoryClient& client, std::string_view secret, WallTime now) {
  const crypto::Sha256 digest = crypto::sha256(secret);
  bool is_valid = false;
  bool is_expired = false;
  for (const store::DirectoryClient::Secret& registered : client.secrets) {
    const bool is_equal = registered.digest == digest;
    is_valid = (is_equal && registered.is_valid(now)) || is_valid;
    is_expired = (is_equal && !registered.is_valid(now)) || is_expired;
  }
  if (is_valid) return Proven{};
  if (is_expired) return refuse_client(Reason::secret_expired, "the secret has expired");
  return refuse_client(Reason::secret_wrong,
                       "none of the client's " + std::to_string(client.secrets.size()) + " secrets");
}

Result<Proven> check_client_secret(const store::DirectoryClient& client, const Evidence& evidence,
                                   const AuthContext& context, Credential::Kind kind) {
  const Credential& credential = evidence.credential;
  if (!context.snapshot.allows_client_secrets) {
    return refuse_client(Reason::method_mismatch, "client_secrets is off");
  }
  if (credential.kind == Credential::Kind::none) {
    return refuse_client(Reason::secret_missing, "the request has no secret");
  }
  if (credential.kind != kind) return refuse_other_method(credential);
  return check_secret(client, credential.secret, context.now);
}

}  // namespace

Result<Proven> check_client_secret_basic(const store::DirectoryClient& client, const Evidence& evidence,
                                         const AuthContext& context) {
  return check_client_secret(client, evidence, context, Credential::Kind::basic);
}

Result<Proven> check_client_secret_post(const store::DirectoryClient& client, const Evidence& evidence,
                                        const AuthContext& context) {
  return check_client_secret(client, evidence, context, Credential::Kind::secret_in_body);
}

}  // namespace certbound::oauth
