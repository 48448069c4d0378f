#pragma once

#include <string>
#include <string_view>

#include "base/base64url.hpp"

namespace certbound::crypto {

/// Octets that must not be logged, compared or left behind: no formatter, no `==`, wiped on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes octets) : octets_{std::move(octets)} {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// The octets, for the one function that needs them.
  [[nodiscard]] ByteView expose() const { return octets_; }

 private:
  void wipe();
  Bytes octets_;
};

}  // namespace certbound::crypto
