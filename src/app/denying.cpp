#include "app/denying.hpp"

#include <utility>

namespace certbound::app {

Result<std::unique_ptr<Denying>> Denying::open(store::Store& store, Publish publish, metrics::Registry& registry) {
  const auto stored = store::load_denials(store.denials());
  if (!stored) return stored.error();
  auto connection = store.make_denial_store();
  if (!connection) return std::move(connection).error();
  std::unique_ptr<Denying> denying{new Denying{std::move(publish)}};
  denying->list_ = oauth::DenyList::make(*stored);
  denying->recorder_ = std::make_unique<store::DenialRecorder>(
      *std::move(connection), *stored,
      [self = denying.get()](std::span<const model::Denial> added, std::span<const model::Denial> removed) {
        self->change(added, removed);
      },
      registry);
  return denying;
}

std::chrono::milliseconds Denying::do_what_is_due() {
  constexpr std::chrono::minutes kInterval{1};
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_forgetting_) {
    next_forgetting_ = now + kInterval;
    recorder_->forget(wall_now());
  }
  return std::chrono::ceil<std::chrono::milliseconds>(next_forgetting_ - now);
}

void Denying::change(std::span<const model::Denial> added, std::span<const model::Denial> removed) {
  list_ = list_->with(added, removed);
  publish_(list_);
}

}  // namespace certbound::app
