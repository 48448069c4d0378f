#include "app/credential_claims.hpp"

namespace certbound::app {

std::set<std::string> CredentialClaims::claim(const std::string& client_id, const oauth::KeySet& keys) {
  for (const auto* list : {&keys.certificates, &keys.keys}) {
    for (const crypto::Sha256& digest : *list) holders_[digest].insert(client_id);
  }
  return find_others(client_id, keys);
}

std::set<std::string> CredentialClaims::find_others(const std::string& client_id, const oauth::KeySet& keys) const {
  std::set<std::string> others;
  for (const auto* list : {&keys.certificates, &keys.keys}) {
    for (const crypto::Sha256& digest : *list) {
      const auto found = holders_.find(digest);
      if (found != holders_.end()) others.insert(found->second.begin(), found->second.end());
    }
  }
  others.erase(client_id);
  return others;
}

void CredentialClaims::release(const std::string& client_id, const oauth::KeySet& keys) {
  for (const auto* list : {&keys.certificates, &keys.keys}) {
    for (const crypto::Sha256& digest : *list) {
      const auto found = holders_.find(digest);
      if (found == holders_.end()) continue;
      found->second.erase(client_id);
      if (found->second.empty()) holders_.erase(found);
    }
  }
}

}  // namespace certbound::app
