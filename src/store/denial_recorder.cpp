#include "store/denial_recorder.hpp"

#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "base/waiter.hpp"

namespace certbound::store {

namespace {

using model::DenialOrigin;

constexpr std::size_t kQueuedChanges = 8192;
// So that many that end together do not keep a revocation waiting.
constexpr std::size_t kForgottenAtOnce = 10'000;
constexpr std::chrono::minutes kBetweenWarnings{10};
// So that clients, whatever they do, do not fill the memory; then some are told of once more.
constexpr std::size_t kMostTold = 1000;

std::size_t index_of(model::DenialKind kind) { return static_cast<std::size_t>(kind); }
std::size_t index_of(DenialOrigin origin) { return static_cast<std::size_t>(origin); }

std::array<metrics::Gauge, std::size(model::kDenialKinds)> make_denial_gauges(metrics::Registry& registry) {
  std::array<metrics::Gauge, std::size(model::kDenialKinds)> gauges;
  for (const model::DenialKind kind : model::kDenialKinds) {
    gauges.at(index_of(kind)) =
        registry.gauge("certbound_denials", "Denials that are stored, by what they name", {{"kind", name(kind)}});
  }
  return gauges;
}

std::array<metrics::Gauge, std::size(model::kDenialOrigins)> make_origin_gauges(metrics::Registry& registry) {
  std::array<metrics::Gauge, std::size(model::kDenialOrigins)> gauges;
  for (const DenialOrigin origin : model::kDenialOrigins) {
    gauges.at(index_of(origin)) = registry.gauge(
        "certbound_denials_by_origin", "Denials that are stored, by who asked for them", {{"origin", name(origin)}});
  }
  return gauges;
}

std::array<metrics::Counter, std::size(model::kDenialOrigins)> make_refusal_counters(metrics::Registry& registry) {
  std::array<metrics::Counter, std::size(model::kDenialOrigins)> counters;
  for (const DenialOrigin origin : model::kDenialOrigins) {
    counters.at(index_of(origin)) =
        registry.counter("certbound_denials_refused_total",
                         "Denials for which there was no room, by who asked for them", {{"origin", name(origin)}});
  }
  return counters;
}

Error refuse_change(std::string detail) {
  return {ErrorCode::temporarily_unavailable, Reason::overloaded, "the server is busy; ask again later",
          std::move(detail)};
}

/// Resumes the worker's coroutine. Copyable, as what std::function holds must be.
DenialRecorder::Done resume_with(Waiter<Result<model::Denial>> waiter) {
  auto shared = std::make_shared<Waiter<Result<model::Denial>>>(std::move(waiter));
  return [shared](Result<model::Denial> stored) { shared->resume(std::move(stored)); };
}

}  // namespace

DenialRecorder::DenialRecorder(std::unique_ptr<DenialStore> connection, std::span<const model::Denial> current,
                               OnChange on_change, metrics::Registry& registry, const DenialLimits& limits)
    : connection_{std::move(connection)},
      on_change_{std::move(on_change)},
      counts_{make_denial_gauges(registry)},
      origins_{make_origin_gauges(registry)},
      refusals_{make_refusal_counters(registry)},
      failures_{registry.counter("certbound_denials_failed_total", "Denials that could not be stored")},
      live_{limits},
      queue_{kQueuedChanges, [this](std::vector<Work>& batch) { write(batch); }} {
  for (const model::Denial& denial : current) {
    counts_.at(index_of(denial.kind)).add(1);
    origins_.at(index_of(denial.origin)).add(1);
    live_.put(denial);
  }
}

Task<Result<model::Denial>> DenialRecorder::add(model::Denial denial) {
  const auto start = [this, &denial](Waiter<Result<model::Denial>> waiter) {
    add(std::move(denial), resume_with(std::move(waiter)));
  };
  auto added = co_await suspend_until_resumed<Result<model::Denial>>(start);
  co_return added;
}

void DenialRecorder::add(model::Denial denial, Done done) { push({std::move(denial), std::move(done)}); }
void DenialRecorder::remove(std::uint64_t id, Done done) { push({Remove{id}, std::move(done)}); }
void DenialRecorder::forget(WallTime now) { push({Forget{now}, {}}); }

void DenialRecorder::push(Work work) {
  if (queue_.push(std::move(work))) return;
  const Error error = refuse_change("the queue of denials is full, or the server ends");
  note_failure(error);
  // NOLINTNEXTLINE(bugprone-use-after-move): what was not pushed is untouched
  if (work.done) work.done(error);
}

void DenialRecorder::write(std::vector<Work>& batch) {
  for (Work& work : batch) {
    if (const auto* denial = std::get_if<model::Denial>(&work.what)) {
      place(*denial, work.done);
      continue;
    }
    write_round();
    if (const auto* asked = std::get_if<Remove>(&work.what)) write_removed(*asked, work.done);
    if (const auto* asked = std::get_if<Forget>(&work.what)) (void)write_forgotten(asked->now);
  }
  write_round();
}

void DenialRecorder::place(const model::Denial& asked, const Done& done) {
  std::string key = LiveDenials::key_of(asked);
  // The one before has no id yet, and an end that may be taken back.
  if (round_keys_.contains(key)) write_round();
  auto placement = live_.place(asked);
  if (!placement && make_room(asked.created_at)) placement = live_.place(asked);
  if (!placement) {
    note_refusal(asked, placement.error());
    if (done) done(std::move(placement).error());
    return;
  }
  if (!placement->is_changed()) {
    if (done) done(std::move(placement->after));
    return;
  }
  live_.put(placement->after);
  round_keys_.insert(std::move(key));
  round_.push_back({*std::move(placement), done});
}

void DenialRecorder::write_round() {
  if (round_.empty()) return;
  const std::vector<Placed> round = std::exchange(round_, {});
  round_keys_.clear();
  std::vector<model::Denial> added;
  std::vector<model::Denial> removed;
  for (const Placed& placed : round) {
    added.push_back(placed.placement.after);
    if (placed.placement.before) removed.push_back(*placed.placement.before);
  }
  const auto written = connection_->write_denials(added);
  if (written) {
    for (const model::Denial& denial : added) live_.put(denial);  // with their ids
    apply(added, removed);
  } else {
    take_back(round);
    note_failure(written.error());
  }
  for (std::size_t i = 0; i < round.size(); ++i) {
    if (round[i].done) round[i].done(written ? Result<model::Denial>{std::move(added[i])} : written.error());
  }
}

void DenialRecorder::take_back(const std::vector<Placed>& round) {
  for (const Placed& placed : round) {
    live_.remove(placed.placement.after);
    if (placed.placement.before) live_.put(*placed.placement.before);
  }
}

void DenialRecorder::write_removed(const Remove& asked, const Done& done) {
  auto removed = connection_->remove_denial(asked.id);
  if (removed && *removed) {
    live_.remove(**removed);
    apply({}, std::span{&**removed, 1});
  }
  if (!done) return;
  if (!removed) return done(std::move(removed).error());
  if (!*removed) return done(invalid_input("there is no denial " + std::to_string(asked.id)));
  done(*std::move(*removed));
}

std::size_t DenialRecorder::write_forgotten(WallTime now) {
  const auto forgotten = connection_->forget_denials(now, kForgottenAtOnce);
  if (!forgotten) {
    note_failure(forgotten.error());
    return 0;
  }
  if (forgotten->empty()) return 0;
  for (const model::Denial& denial : *forgotten) live_.remove(denial);
  apply({}, *forgotten);
  log::info("denials_forgotten", {{"count", forgotten->size()}});
  if (forgotten->size() == kForgottenAtOnce) forget(now);
  return forgotten->size();
}

/// What is over takes room until it is forgotten. Looked at once a second, whatever clients send.
bool DenialRecorder::make_room(WallTime now) {
  if (made_room_at_ == now) return false;
  made_room_at_ = now;
  write_round();
  return write_forgotten(now) > 0;
}

void DenialRecorder::apply(std::span<const model::Denial> added, std::span<const model::Denial> removed) {
  for (const model::Denial& denial : added) {
    counts_.at(index_of(denial.kind)).add(1);
    origins_.at(index_of(denial.origin)).add(1);
  }
  for (const model::Denial& denial : removed) {
    counts_.at(index_of(denial.kind)).add(-1);
    origins_.at(index_of(denial.origin)).add(-1);
  }
  on_change_(added, removed);
}

void DenialRecorder::note_failure(const Error& error) const {
  failures_.increment();
  log::error("denial_failed", {{"detail", error.detail}});
}

void DenialRecorder::note_refusal(const model::Denial& asked, const Error& error) {
  refusals_.at(index_of(asked.origin)).increment();
  // The operator who asked is told.
  if (asked.origin == DenialOrigin::by_operator) return;
  const auto told = told_.find(asked.revoked_by);
  const bool is_news =
      told == told_.end() || asked.created_at < told->second || asked.created_at - told->second >= kBetweenWarnings;
  if (!is_news) return;
  if (told_.size() >= kMostTold) told_.clear();
  told_.insert_or_assign(asked.revoked_by, asked.created_at);
  log::error("denial_refused", {{"client_id", asked.revoked_by},
                                {"kind", name(asked.kind)},
                                {"subject", asked.subject},
                                {"reason", name(error.reason)},
                                {"detail", error.detail}});
}

}  // namespace certbound::store
