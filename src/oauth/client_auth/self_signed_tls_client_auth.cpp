#include <string>
#include <utility>

#include "jose/jwk.hpp"
#include "oauth/client_auth/method.hpp"
#include "x509/validity.hpp"

namespace certbound::oauth {

namespace {

bool is_among(const crypto::Sha256& digest, const std::vector<crypto::Sha256>& registered) {
  // Every one is compared, in constant time each: neither which nor whether tells by its time.
  bool found = false;
  for (const crypto::Sha256& candidate : registered) found = (candidate == digest) || found;
  return found;
}

Result<void> check_validity(const x509::Certificate& leaf, WallTime now) {
  const x509::Validity validity = x509::validity_at(leaf, now);
  if (validity == x509::Validity::not_yet) {
    return refuse_client(Reason::certificate_not_yet_valid, "valid from " + to_rfc3339(leaf.not_before()));
  }
  if (validity == x509::Validity::past) {
    return refuse_client(Reason::certificate_expired, "expired at " + to_rfc3339(leaf.not_after()));
  }
  return {};
}

/// A JWK that was registered with key members only stands for every certificate with that key (RFC 7638 thumbprint).
Result<bool> has_registered_key(const store::DirectoryClient& client, const KeySet& fetched,
                                const x509::Certificate& leaf) {
  if (client.keys.empty() && fetched.keys.empty()) return false;
  const EVP_PKEY* key = X509_get0_pubkey(&leaf.handle());
  if (key == nullptr) return refuse_client(Reason::certificate_unusable, "the certificate's key cannot be read");
  const auto thumbprint = jose::key_thumbprint(*key);
  if (!thumbprint) return refuse_client(Reason::certificate_unusable, thumbprint.error().detail);
  const bool is_fetched = is_among(*thumbprint, fetched.keys);
  return is_among(*thumbprint, client.keys) || is_fetched;
}

std::string count(std::size_t certificates, std::size_t keys) {
  return std::to_string(certificates) + " certificates and " + std::to_string(keys) + " keys";
}

Error refuse_unregistered(const store::DirectoryClient& client, const KeySet* fetched,
                          const x509::PresentedChain& presented) {
  std::string detail = "presented x5t#S256 " + presented.x5t_s256 + "; the client has " +
                       count(client.certificates.size(), client.keys.size()) + " registered";
  if (!client.client.jwks_uri.empty()) {
    detail += fetched == nullptr
                  ? "; nothing has been fetched from its jwks_uri yet"
                  : ", " + count(fetched->certificates.size(), fetched->keys.size()) + " at its jwks_uri";
  }
  return refuse_client(Reason::certificate_not_registered, std::move(detail));
}

}  // namespace

Result<void> check_self_signed_tls_client_auth(const store::DirectoryClient& client,
                                               const x509::PresentedChain& presented, const AuthContext& context) {
  static const KeySet none;
  const KeySet& fetched = context.fetched_keys == nullptr ? none : *context.fetched_keys;
  const bool is_fetched = is_among(presented.leaf_thumbprint, fetched.certificates);
  bool is_registered = is_among(presented.leaf_thumbprint, client.certificates) || is_fetched;
  if (!is_registered) {
    const auto has_key = has_registered_key(client, fetched, presented.leaf);
    if (!has_key) return has_key.error();
    is_registered = *has_key;
  }
  if (!is_registered) return refuse_unregistered(client, context.fetched_keys, presented);
  if (auto strength = x509::check_presented_key(presented.leaf); !strength) return strength;
  return check_validity(presented.leaf, context.now);
}

}  // namespace certbound::oauth
