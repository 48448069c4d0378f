#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/backoff.hpp"
#include "base/result.hpp"
#include "certbound/token_verifier.hpp"
#include "verifier/refusal.hpp"

namespace certbound::verifier {

/// A number from 0 to below 1; any thread.
[[nodiscard]] double draw_random();

/// Asks a source of the caller's. Errors: `invalid_request`, also for what it throws.
[[nodiscard]] Result<std::string> ask_source(const Fetch& fetch);

/// A document of the issuer as it is now, and the asking for a newer one. The last good one serves while the source
/// fails. Thread safe: one thread at a time asks the source, the others go on with what there is, and never wait for
/// it. `Document` has the member `text`, what it was loaded from.
template <typename Document>
class LastGood {
 public:
  using Time = std::chrono::sys_seconds;
  using Pointer = std::shared_ptr<const Document>;

  struct Options {
    Fetch fetch;
    std::function<Result<Pointer>(std::string text, Time now)> load;
    std::chrono::seconds refresh_interval{0};
    std::chrono::seconds minimum_interval{0};
    std::chrono::seconds maximum_age{0};  ///< of what the source has not confirmed
    /// After attempts that failed; nothing: `minimum_interval` counts for them too.
    std::optional<Backoff> retry{};
    /// May `current` be used still, now that the source has given it once more? Nothing: it may.
    std::function<Result<void>(const Document& current, Time now)> confirm{};
    std::function<double()> random = &draw_random;  ///< spreads those who failed together
  };

  struct Status {
    Pointer current;
    Time loaded_at;       ///< or confirmed; the epoch where there is none
    std::string problem;  ///< of the last attempt; empty where it did well
  };

  explicit LastGood(Options options) : options_{std::move(options)} {}

  /// The document to go by; asks the source before, where that is due. Null where there is none that is good enough.
  [[nodiscard]] Pointer take(Time now) {
    {
      const std::lock_guard lock{mutex_};
      if (!is_refresh_due(now)) return is_too_old(now) ? nullptr : current_;
    }
    try_refresh(now, &LastGood::is_refresh_due);
    const std::lock_guard lock{mutex_};
    return is_too_old(now) ? nullptr : current_;
  }

  /// For whoever does not find in `seen` what he looks for: a newer one where there is one by now, else `seen`. Asks
  /// the source, but not more often than `minimum_interval`, whatever strangers send.
  [[nodiscard]] Pointer find_newer(const Pointer& seen, Time now) {
    {
      const std::lock_guard lock{mutex_};
      if (current_ != seen || !may_ask(now)) return current_;
    }
    try_refresh(now, &LastGood::may_ask);
    const std::lock_guard lock{mutex_};
    return current_;
  }

  /// Asks the source now; waits for a thread that is doing so. Errors: why it has nothing good.
  [[nodiscard]] Result<void> refresh(Time now) {
    const std::lock_guard asking{asking_};
    return ask(now);
  }

  /// Errors: why the text cannot be used; nothing has changed then.
  [[nodiscard]] Result<void> replace(std::string text, Time now) {
    auto installed = install(std::move(text), now);
    const std::lock_guard lock{mutex_};
    problem_ = installed ? std::string{} : make_log_line(installed.error().detail);
    return installed;
  }

  [[nodiscard]] Status status() const {
    const std::lock_guard lock{mutex_};
    return {current_, loaded_at_, problem_};
  }

 private:
  using IsDue = bool (LastGood::*)(Time) const;

  // A clock that was set back must not keep the source from being asked.
  [[nodiscard]] bool may_ask(Time now) const {
    return options_.fetch && (!asked_at_ || now < *asked_at_ || now - *asked_at_ >= pause_);
  }
  [[nodiscard]] bool is_refresh_due(Time now) const {
    const bool is_retry = options_.retry && failures_ > 0;
    return may_ask(now) && (is_retry || !current_ || now < loaded_at_ || now - loaded_at_ >= options_.refresh_interval);
  }
  [[nodiscard]] bool is_too_old(Time now) const { return options_.fetch && now - loaded_at_ >= options_.maximum_age; }

  void try_refresh(Time now, IsDue is_due) {
    const std::unique_lock asking{asking_, std::try_to_lock};
    if (!asking) return;
    {
      // Another thread may have come first.
      const std::lock_guard lock{mutex_};
      if (!(this->*is_due)(now)) return;
    }
    // Why not is kept for status(); the last good one serves on.
    (void)ask(now).has_value();
  }

  Result<void> ask(Time now) {
    {
      const std::lock_guard lock{mutex_};
      asked_at_ = now;
    }
    const auto began = std::chrono::steady_clock::now();
    auto text = ask_source(options_.fetch);
    auto asked = text ? replace(*std::move(text), now) : Result<void>{std::move(text).error()};
    const auto lasted = std::chrono::steady_clock::now() - began;
    const std::lock_guard lock{mutex_};
    if (!asked) problem_ = make_log_line(asked.error().detail);
    note_attempt(asked.has_value(), std::chrono::floor<std::chrono::milliseconds>(lasted));
    return asked;
  }

  void note_attempt(bool has_done_well, std::chrono::milliseconds lasted) {
    failures_ = has_done_well ? 0 : failures_ + (failures_ < std::numeric_limits<int>::max() ? 1 : 0);
    pause_ = options_.minimum_interval;
    if (!options_.retry || failures_ == 0) return;
    // A source that fails slowly is given the pause all the same.
    pause_ = lasted + delay_after_failure(*options_.retry, failures_, options_.random(), std::chrono::milliseconds{0});
  }

  Result<void> install(std::string text, Time now) {
    {
      const std::lock_guard lock{mutex_};
      if (current_ && current_->text == text) {  // confirmed; what hangs on it stays
        if (options_.confirm) {
          if (auto confirmed = options_.confirm(*current_, now); !confirmed) return confirmed;
        }
        loaded_at_ = now;
        return {};
      }
    }
    auto loaded = options_.load(std::move(text), now);
    if (!loaded) return std::move(loaded).error();
    const std::lock_guard lock{mutex_};
    current_ = *std::move(loaded);
    loaded_at_ = now;
    return {};
  }

  Options options_;
  std::mutex asking_;         // held by the one who asks the source; taken before mutex_
  mutable std::mutex mutex_;  // guards what follows
  Pointer current_;
  Time loaded_at_{};
  std::optional<Time> asked_at_;
  std::chrono::milliseconds pause_{0};  // from then on
  int failures_ = 0;                    // in a row
  std::string problem_;
};

}  // namespace certbound::verifier
