#pragma once

#include <map>
#include <set>
#include <string>

#include "oauth/key_set.hpp"

namespace certbound::app {

/// Which clients may authenticate by which certificate or key. Not thread safe.
class CredentialClaims {
 public:
  /// The client has these. Returns the others that have one of them too.
  std::set<std::string> claim(const std::string& client_id, const oauth::KeySet& keys);

  /// The clients but this one that have one of these.
  [[nodiscard]] std::set<std::string> find_others(const std::string& client_id, const oauth::KeySet& keys) const;

  /// The client has these no more.
  void release(const std::string& client_id, const oauth::KeySet& keys);

 private:
  std::map<crypto::Sha256, std::set<std::string>> holders_;
};

}  // namespace certbound::app
