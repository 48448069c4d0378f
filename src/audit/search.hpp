#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// Which decisions are looked for: those that meet all of what is set.
struct Query {
  Query() = default;

  std::string client_id;
  std::string thumbprint;  ///< x5t#S256
  std::string jti;
  std::string kid;                ///< of the key that signed or sealed the token
  std::optional<WallTime> since;  ///< at that time or later
};

/// Calls `found` with the line of each decision that meets the query, of each denial by an operator that concerns
/// what was asked for: that names it, or the client or the certificate of a token that was found before it, or all
/// tokens; and of each change of the secrets of the client that was asked for. Without their line feeds, in the order
/// of the files' first records; comes back with how many. Proves nothing: that is verify_files(). Errors:
/// `invalid_request` where a file cannot be read.
[[nodiscard]] Result<std::uint64_t> find_decisions(const std::vector<std::filesystem::path>& files, const Query& query,
                                                   const std::function<void(std::string_view line)>& found);

}  // namespace certbound::audit
