#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "jose/jwk.hpp"
#include "model/client.hpp"
#include "x509/subject_rule.hpp"

namespace certbound::store {

/// A client with what its authentication compares, parsed once. Immutable once made; any thread may read it.
struct DirectoryClient {
  /// What a secret that the client sends is compared with: SHA-256 of its text, in constant time.
  struct Secret {
    crypto::Sha256 digest;
    std::optional<WallTime> expires_at{};  ///< from then on it is worth nothing; nothing: it stays
    [[nodiscard]] bool is_valid(WallTime now) const { return !expires_at || now < *expires_at; }
  };

  explicit DirectoryClient(model::Client registered) : client{std::move(registered)} {}

  model::Client client;
  std::optional<x509::SubjectRule> subject;  ///< of `client.subject`
  std::vector<crypto::Sha256> certificates;  ///< of `client.certificate_thumbprints`, in their order
  std::vector<crypto::Sha256> keys;          ///< of `client.key_thumbprints`, in their order
  std::vector<jose::Jwk> assertion_keys;     ///< of `client.assertion_keys`, in their order
  std::vector<Secret> secrets;               ///< the declared one first, then `client.secrets` in their order
};

/// Errors: `invalid_request` where the subject, a thumbprint or the digest of a secret does not parse; `detail` names
/// it.
[[nodiscard]] Result<DirectoryClient> make_directory_client(model::Client client);

}  // namespace certbound::store
