#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "model/client.hpp"
#include "x509/subject_rule.hpp"

namespace certbound::store {

/// A client with what its authentication compares, parsed once. Immutable once made; any thread may read it.
struct DirectoryClient {
  explicit DirectoryClient(model::Client registered) : client{std::move(registered)} {}

  model::Client client;
  std::optional<x509::SubjectRule> subject;  ///< of `client.subject`
  std::vector<crypto::Sha256> certificates;  ///< of `client.certificate_thumbprints`, in their order
  std::vector<crypto::Sha256> keys;          ///< of `client.key_thumbprints`, in their order
};

/// Errors: `invalid_request` where the subject or a thumbprint does not parse; `detail` names it.
[[nodiscard]] Result<DirectoryClient> make_directory_client(model::Client client);

}  // namespace certbound::store
