#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "certbound/token_verifier.hpp"
#include "verifier/key_set.hpp"

namespace certbound::verifier {

/// The issuer's keys as they are now, and the asking for newer ones. The last good set serves while the source fails.
/// Thread safe: one thread at a time asks the source, the others go on with what there is, and never wait for it.
class KeyRing {
 public:
  using Time = std::chrono::sys_seconds;

  struct Options {
    FetchKeys fetch;
    std::chrono::seconds refresh_interval{0};
    std::chrono::seconds minimum_interval{0};
    std::chrono::seconds maximum_age{0};
    std::size_t cached_tokens = 0;
  };

  explicit KeyRing(Options options) : options_{std::move(options)} {}

  /// The keys to verify with; asks the source before, where that is due. Null where there are none that are good
  /// enough.
  [[nodiscard]] std::shared_ptr<const KeySet> take(Time now);

  /// For a token whose key `seen` does not hold: a newer set where there is one by now, else `seen`. Asks the source,
  /// but not more often than `minimum_interval`, whatever strangers send.
  [[nodiscard]] std::shared_ptr<const KeySet> find_newer(const std::shared_ptr<const KeySet>& seen, Time now);

  /// Asks the source now; waits for a thread that is doing so. Errors: why it has nothing good.
  [[nodiscard]] Result<void> refresh(Time now);

  /// Errors: why the set cannot be used; nothing has changed then.
  [[nodiscard]] Result<void> replace(std::string jwks, Time now);

  [[nodiscard]] KeyStatus status() const;

 private:
  [[nodiscard]] bool may_ask(Time now) const;
  [[nodiscard]] bool is_refresh_due(Time now) const;
  void try_refresh(Time now, bool (KeyRing::*is_due)(Time) const);
  Result<void> ask(Time now);
  Result<void> install(std::string jwks, Time now);
  [[nodiscard]] bool is_too_old(Time now) const;

  Options options_;
  std::mutex asking_;         // held by the one who asks the source; taken before mutex_
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const KeySet> current_;
  Time loaded_at_{};
  std::optional<Time> asked_at_;
  std::string problem_;
};

}  // namespace certbound::verifier
