#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/handle.hpp"
#include "crypto/secret.hpp"
#include "model/resource.hpp"
#include "model/signing_key.hpp"
#include "oauth/options.hpp"
#include "x509/trust_store.hpp"

namespace certbound::oauth {

/// A signing key. The handle is shared by every worker's signer.
struct SigningKey {
  model::SigningKeyRecord record;
  std::shared_ptr<EVP_PKEY> key;  ///< of a retired key the public half alone
};

/// A key that seals opaque tokens, with AES-256-GCM.
struct SealingKey {
  std::string kid;     ///< random
  crypto::Secret key;  ///< crypto::kAes256KeyOctets
};

/// A document that is the same for every caller, rendered once.
struct Document {
  std::string body;
  std::string etag;                   ///< quoted, strong (RFC 9110 section 8.8.3)
  std::chrono::seconds max_age{300};  ///< for how long it may be cached
};

/// What discovery has to know of the listeners.
struct PublishedUrls {
  /// Origin of a listener that asks for certificates at another URL than the issuer's; else empty.
  std::string mtls_origin;
  bool accepts_certificates = true;  ///< does any listener ask for one?
  /// The https origin under which clients reach each listener, in the order of the configuration.
  std::vector<std::string> listener_origins;
};

/// Everything that a request needs but the clients, immutable: a request sees one from its start to its end. Built and
/// checked by app::build_snapshot, then posted to each worker.
struct Snapshot {
  std::uint64_t generation = 0;
  std::string issuer;
  std::string issuer_path;  ///< empty, or `/t1`: what stands before `/oauth2/token`
  TokenOptions tokens;
  SigningOptions signing;
  DpopOptions dpop;
  Profile profile = Profile::none;
  bool allows_client_secrets = false;
  x509::ChainLimits chain_limits;
  std::map<std::string, model::Resource, std::less<>> resources;                             ///< by identifier
  std::map<std::string, std::shared_ptr<const x509::TrustStore>, std::less<>> trust_stores;  ///< by name
  std::vector<SigningKey> keys;          ///< exactly one is active, perhaps of an earlier signing.algorithm
  std::vector<SealingKey> sealing_keys;  ///< the first seals, all open; empty where nothing is to be sealed or opened
  PublishedUrls urls;
  Document metadata;  ///< of the keys too
  Document jwks;

  /// The key that signs.
  [[nodiscard]] const SigningKey& active_key() const;
};

}  // namespace certbound::oauth
