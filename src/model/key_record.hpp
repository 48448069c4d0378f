#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/signing_key.hpp"

namespace certbound::model {

/// The most keys, of both uses, that there may be at a time.
inline constexpr std::size_t kMostKeys = 32;

/// How much longer than its tokens a retired key stays: clocks differ.
inline constexpr std::chrono::seconds kClockSkew{60};

/// A key that signs or seals tokens, and its life, without any secret.
struct KeyRecord {
  std::string kid;                            ///< RFC 7638 thumbprint; of a sealing key random
  std::optional<SigningAlgorithm> algorithm;  ///< nothing: it seals opaque tokens, with A256GCM
  KeyState state = KeyState::next;
  WallTime created_at{};
  WallTime used_from{};   ///< next: when it may be used, 0 until it was published; else since when it is, or was, used
  WallTime retired_at{};  ///< retired only
  WallTime remove_at{};   ///< retired only: when its last token has ended
  std::chrono::seconds token_lifetime{};  ///< the longest that was configured since the key was made
  std::chrono::seconds cache_lifetime{};  ///< for how long key sets of its time may be cached, the longest as well
  bool is_encrypted = false;              ///< whether its secret half is, in the store
  [[nodiscard]] bool operator==(const KeyRecord&) const = default;

  [[nodiscard]] bool is_sealing() const { return !algorithm; }
};

/// `ES256` and so on, `A256GCM` of a sealing key.
[[nodiscard]] inline std::string_view algorithm_name(const KeyRecord& record) {
  return record.algorithm ? name(*record.algorithm) : "A256GCM";
}

}  // namespace certbound::model
