#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "oauth/deny_list.hpp"
#include "store/denial_recorder.hpp"
#include "store/store.hpp"

namespace certbound::app {

/// Who is denied, from the disk to the workers: the recorder writes a change, then the next list goes to every worker,
/// then whoever asked for the change is answered.
class Denying {
 public:
  /// Returns when every worker has `list`; then sees to the feed. Called on the recorder's thread.
  using Publish = std::function<void(const std::shared_ptr<const oauth::DenyList>& list)>;

  /// `store` is used within this call only. Errors: as DenialStore.
  [[nodiscard]] static Result<std::unique_ptr<Denying>> open(store::Store& store, Publish publish,
                                                             metrics::Registry& registry);
  Denying(const Denying&) = delete;
  Denying& operator=(const Denying&) = delete;
  ~Denying() = default;

  [[nodiscard]] store::DenialRecorder& recorder() { return *recorder_; }

  /// As stored when it was opened: for the start of the workers, before anybody asks the recorder for a change.
  [[nodiscard]] const std::shared_ptr<const oauth::DenyList>& opened() const { return list_; }

  /// Has what is over forgotten, once a minute: it denies nothing any more and only takes room. On the main thread.
  /// Returns how long nothing will be due.
  [[nodiscard]] std::chrono::milliseconds do_what_is_due();

 private:
  explicit Denying(Publish publish) : publish_{std::move(publish)} {}
  void change(std::span<const model::Denial> added, std::span<const model::Denial> removed);

  Publish publish_;
  std::shared_ptr<const oauth::DenyList> list_;              // of the recorder's thread
  std::chrono::steady_clock::time_point next_forgetting_{};  // of the main thread
  std::unique_ptr<store::DenialRecorder> recorder_;
};

}  // namespace certbound::app
