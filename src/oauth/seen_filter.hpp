#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "crypto/digest.hpp"

namespace certbound::oauth {

/// Which authentications of one worker are worth noting, so that the store is not written to for every token: for each
/// client at most one in kInterval, and one in kShortest where it comes with another certificate than it came with
/// last. Bounded; not thread safe.
class SeenFilter {
 public:
  static constexpr std::chrono::seconds kInterval{60};
  static constexpr std::chrono::seconds kShortest{1};

  explicit SeenFilter(std::size_t capacity = 4096) : capacity_{capacity} {}

  /// Where it is true, the client counts as noted now. A clock that was set back makes it true.
  [[nodiscard]] bool is_due(std::string_view client_id, const crypto::Sha256& leaf, WallTime now);

 private:
  struct Noted {
    crypto::Sha256 leaf;
    WallTime time{};
  };
  /// Lets a view be looked up without a copy.
  struct Hash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::size_t capacity_;
  std::unordered_map<std::string, Noted, Hash, std::equal_to<>> noted_;
};

}  // namespace certbound::oauth
