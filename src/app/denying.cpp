#include "app/denying.hpp"

#include <algorithm>
#include <utility>

namespace certbound::app {

Result<std::unique_ptr<Denying>> Denying::open(store::Store& store, MainLoop& loop, std::optional<WorkerPool>& pool,
                                               metrics::Registry& registry) {
  const auto stored = store::load_denials(store.denials());
  if (!stored) return stored.error();
  auto connection = store.make_denial_store();
  if (!connection) return std::move(connection).error();
  auto reader = store.make_denial_store();
  if (!reader) return std::move(reader).error();
  std::unique_ptr<Denying> denying{new Denying{*std::move(reader), loop, pool}};
  denying->list_ = oauth::DenyList::make(*stored);
  denying->recorder_ = std::make_unique<store::DenialRecorder>(
      *std::move(connection), *stored,
      [self = denying.get()](std::span<const model::Denial> added, std::span<const model::Denial> removed) {
        self->change(added, removed);
      },
      registry);
  return denying;
}

Denying::Denying(std::unique_ptr<store::DenialReader> denials, MainLoop& loop, std::optional<WorkerPool>& pool)
    : loop_{loop},
      pool_{pool},
      feed_{std::move(denials),
            [this](const std::shared_ptr<const oauth::Document>& feed) { pool_->publish_feed(feed); },
            [this] { loop_.post([] {}); }} {}

void Denying::stop() {
  recorder_->stop();
  feed_.stop();
}

std::chrono::milliseconds Denying::do_what_is_due(const std::shared_ptr<const oauth::Snapshot>& snapshot) {
  constexpr std::chrono::minutes kInterval{1};
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_forgetting_) {
    next_forgetting_ = now + kInterval;
    recorder_->forget(wall_now());
  }
  return std::min(std::chrono::ceil<std::chrono::milliseconds>(next_forgetting_ - now), feed_.do_what_is_due(snapshot));
}

void Denying::change(std::span<const model::Denial> added, std::span<const model::Denial> removed) {
  list_ = list_->with(added, removed);
  pool_->publish_denied(list_);
  // Wakes the main thread, which has the feed made.
  if (feed_.note_change()) loop_.post([] {});
}

}  // namespace certbound::app
