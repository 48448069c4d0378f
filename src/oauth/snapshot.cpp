#include "oauth/snapshot.hpp"

#include <algorithm>
#include <stdexcept>

namespace certbound::oauth {

const SigningKey& Snapshot::active_key() const {
  const auto active = std::find_if(keys.begin(), keys.end(),
                                   [](const SigningKey& key) { return key.record.state == model::KeyState::active; });
  // build_snapshot refuses to make such a snapshot.
  if (active == keys.end()) throw std::logic_error{"a snapshot without an active signing key"};
  return *active;
}

}  // namespace certbound::oauth
