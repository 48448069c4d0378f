#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "model/client.hpp"

namespace certbound::audit {

/// What an operator did.
enum class SecretAction : std::uint8_t { added, removed };

/// An operator's change of a client's secrets, and who it was.
struct SecretChange {
  WallTime time{};
  SecretAction action = SecretAction::added;
  std::string client_id;
  model::ClientSecret secret;  ///< as it is stored, or was; its digest is not recorded
  std::uint64_t user = 0;      ///< of the process that asked, as the kernel says
  std::uint64_t process = 0;   ///< 0: not known
};

/// One JSON line with its line feed: `record` is `client_secret`, the client stands where the records of requests have
/// it. Neither the secret nor its digest is in it. Whatever the client_id holds, it stays one line.
[[nodiscard]] std::string render_secret_change(const SecretChange& change);

}  // namespace certbound::audit
