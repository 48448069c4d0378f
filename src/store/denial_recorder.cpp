#include "store/denial_recorder.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/waiter.hpp"

namespace certbound::store {

namespace {

constexpr std::size_t kQueuedChanges = 8192;
// So that a million that end together do not keep a revocation waiting.
constexpr std::size_t kForgottenAtOnce = 10'000;

std::array<metrics::Gauge, std::size(model::kDenialKinds)> make_denial_gauges(metrics::Registry& registry) {
  std::array<metrics::Gauge, std::size(model::kDenialKinds)> gauges;
  for (const model::DenialKind kind : model::kDenialKinds) {
    gauges[static_cast<std::size_t>(kind)] =
        registry.gauge("certbound_denials", "Denials that are stored, by what they name", {{"kind", name(kind)}});
  }
  return gauges;
}

Error refuse_change(std::string detail) {
  return {ErrorCode::temporarily_unavailable, Reason::overloaded, "the server is busy; ask again later",
          std::move(detail)};
}

/// Resumes the worker's coroutine. Copyable, as what std::function holds must be.
DenialRecorder::Done resume_with(Waiter<Result<void>> waiter) {
  auto shared = std::make_shared<Waiter<Result<void>>>(std::move(waiter));
  return [shared](Result<model::Denial> stored) {
    shared->resume(stored ? Result<void>{} : Result<void>{std::move(stored).error()});
  };
}

}  // namespace

DenialRecorder::DenialRecorder(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current,
                               OnChange on_change, metrics::Registry& registry)
    : connection_{std::move(connection)},
      on_change_{std::move(on_change)},
      counts_{make_denial_gauges(registry)},
      failures_{registry.counter("certbound_denials_failed_total", "Denials that could not be stored")},
      count_{current.size()},
      queue_{kQueuedChanges, [this](std::vector<Work>& batch) { write(batch); }} {
  for (const model::Denial& denial : current) counts_[static_cast<std::size_t>(denial.kind)].add(1);
}

Task<Result<void>> DenialRecorder::add(model::Denial denial) {
  if (count_.load() >= kMostDenials) co_return refuse_change("there are too many denials already");
  const auto start = [this, &denial](Waiter<Result<void>> waiter) {
    add(std::move(denial), resume_with(std::move(waiter)));
  };
  auto added = co_await suspend_until_resumed<Result<void>>(start);
  co_return added;
}

void DenialRecorder::note(model::Denial denial) {
  if (count_.load() >= kMostDenials) return note_failure(refuse_change("there are too many denials already"));
  push({std::move(denial), {}});
}

void DenialRecorder::add(model::Denial denial, Done done) { push({std::move(denial), std::move(done)}); }
void DenialRecorder::remove(std::uint64_t id, Done done) { push({Remove{id}, std::move(done)}); }
void DenialRecorder::forget(WallTime now) { push({Forget{now}, {}}); }

void DenialRecorder::push(Work work) {
  if (queue_.push(std::move(work))) return;
  // NOLINTNEXTLINE(bugprone-use-after-move): refused, push() leaves it here.
  const Done& done = work.done;
  Error error = refuse_change("the queue of denials is full or closed");
  note_failure(error);
  if (done) done(std::move(error));
}

void DenialRecorder::write(std::vector<Work>& batch) {
  write_added(batch);
  for (Work& work : batch) {
    if (const auto* asked = std::get_if<Remove>(&work.what)) write_removed(work, *asked);
    if (const auto* asked = std::get_if<Forget>(&work.what)) write_forgotten(*asked);
  }
}

void DenialRecorder::write_added(std::vector<Work>& batch) {
  std::vector<model::Denial> denials;
  for (Work& work : batch) {
    if (auto* denial = std::get_if<model::Denial>(&work.what)) denials.push_back(std::move(*denial));
  }
  if (denials.empty()) return;
  const auto written = connection_->add_denials(denials);
  if (written) {
    apply(denials, {});
  } else {
    note_failure(written.error());
  }
  std::size_t next = 0;
  for (Work& work : batch) {
    if (!std::holds_alternative<model::Denial>(work.what)) continue;
    model::Denial& denial = denials[next++];
    if (work.done) work.done(written ? Result<model::Denial>{std::move(denial)} : written.error());
  }
}

void DenialRecorder::write_removed(Work& work, const Remove& asked) {
  auto removed = connection_->remove_denial(asked.id);
  if (removed && *removed) apply({}, std::span{&**removed, 1});
  if (!work.done) return;
  if (!removed) return work.done(std::move(removed).error());
  if (!*removed) return work.done(invalid_input("there is no denial " + std::to_string(asked.id)));
  work.done(*std::move(*removed));
}

void DenialRecorder::write_forgotten(const Forget& asked) {
  const auto forgotten = connection_->forget_denials(asked.now, kForgottenAtOnce);
  if (!forgotten) return note_failure(forgotten.error());
  if (forgotten->empty()) return;
  apply({}, *forgotten);
  log::info("denials_forgotten", {{"count", forgotten->size()}});
  if (forgotten->size() == kForgottenAtOnce) forget(asked.now);
}

void DenialRecorder::apply(std::span<const model::Denial> added, std::span<const model::Denial> removed) {
  count_ += added.size();
  count_ -= removed.size();
  for (const model::Denial& denial : added) counts_[static_cast<std::size_t>(denial.kind)].add(1);
  for (const model::Denial& denial : removed) counts_[static_cast<std::size_t>(denial.kind)].add(-1);
  on_change_(added, removed);
}

void DenialRecorder::note_failure(const Error& error) const {
  failures_.increment();
  log::error("denial_failed", {{"detail", error.detail}});
}

}  // namespace certbound::store
