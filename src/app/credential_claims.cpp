#include "app/credential_claims.hpp"

namespace certbound::app {

std::set<std::string> CredentialClaims::claim(const std::string& client_id, const oauth::KeySet& keys) {
  std::set<std::string> others;
  for (const auto* list : {&keys.certificates, &keys.keys}) {
    for (const crypto::Sha256& digest : *list) {
      std::set<std::string>& holders = holders_[digest];
      holders.insert(client_id);
      others.insert(holders.begin(), holders.end());
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
