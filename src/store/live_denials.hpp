#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "base/result.hpp"
#include "model/denial.hpp"

namespace certbound::store {

/// How many denials of each origin there may be. Together they fit into one deny feed at their largest, as
/// tests/unit/app/deny_feed_test.cpp shows, so no origin can take the room of another.
struct DenialLimits {
  std::size_t of_operators = 5'000;   ///< a twenty-fifth of it for other things than tokens
  std::size_t of_one_client = 2'000;  ///< tokens that one client revoked, while they would be alive
  std::size_t of_clients = 30'000;    ///< of all clients together
  std::size_t of_server = 10'000;     ///< certificates that were found revoked
};

/// Every denial that is stored, by who asked for it, so that none takes back what another asked for, and by what it
/// names: one for each token, one for each certificate or client as a whole,
/// one for each time up to which tokens of one, or of all, are denied, and one for each certificate that was found
/// revoked. One thread.
class LiveDenials {
 public:
  explicit LiveDenials(const DenialLimits& limits) : limits_{limits} {}

  /// What is to be stored where `asked` is asked for.
  struct Placement {
    std::optional<model::Denial> before;  ///< what names the same
    model::Denial after;                  ///< with the id of that one, else as asked
    [[nodiscard]] bool is_changed() const { return before != after; }
  };

  /// Of two that name the same the later end and the later time of issue count; a certificate that is found revoked
  /// again within ten minutes changes nothing.
  /// Errors: `invalid_request` for an operator, `temporarily_unavailable` with Reason::denials_full for the others,
  /// where there is no room for one more.
  [[nodiscard]] Result<Placement> place(const model::Denial& asked) const;

  /// In the place of the one that names the same.
  void put(const model::Denial& denial);
  /// What names the same.
  void remove(const model::Denial& denial);

  [[nodiscard]] std::size_t count_of(model::DenialOrigin origin) const;

  /// Equal for denials of one origin that name the same.
  [[nodiscard]] static std::string key_of(const model::Denial& denial);

 private:
  [[nodiscard]] Result<void> check_room(const Placement& placement) const;
  [[nodiscard]] std::size_t limit_of(model::DenialOrigin origin) const;

  DenialLimits limits_;
  std::unordered_map<std::string, model::Denial> by_key_;
  std::array<std::size_t, std::size(model::kDenialOrigins)> counts_{};  // by origin
  std::unordered_map<std::string, std::size_t> clients_;                // how many each revoked; none has 0
};

}  // namespace certbound::store
