#include "fetch/core.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "base/spawn.hpp"
#include "crypto/random.hpp"
#include "fetch/render_request.hpp"

namespace certbound::fetch {

namespace {

constexpr std::string_view kAgeFamily = "certbound_fetch_last_good_timestamp_seconds";

double random_unit() {
  std::array<std::uint8_t, 4> octets{};
  // Without entropy refreshes lose their jitter, nothing more.
  if (!crypto::fill_random(octets)) return 0.5;
  std::uint32_t number = 0;
  std::memcpy(&number, octets.data(), sizeof number);
  return static_cast<double>(number) / 4294967296.0;
}

}  // namespace

FetchMetrics::FetchMetrics(metrics::Registry& registry)
    : attempts{registry.counter("certbound_fetch_attempts_total", "Outbound requests that were begun")},
      received_bytes{
          registry.counter("certbound_fetch_received_bytes_total", "Octets of answers to outbound requests")},
      not_modified{registry.counter("certbound_fetch_not_modified_total", "Outbound requests answered by 304")},
      faults{
          registry.counter("certbound_fetch_faults_total", "Exceptions that reached the end of an outbound request")},
      seconds{registry.histogram("certbound_fetch_seconds", "Time that outbound requests took")},
      under_way{registry.gauge("certbound_fetch_under_way", "Outbound requests under way")} {
  for (std::size_t i = 1; i < kFailureCount; ++i) {
    failures[i] = registry.counter("certbound_fetch_failures_total", "Outbound requests that failed, by reason",
                                   {{"reason", name(static_cast<Failure>(i))}});
  }
}

Core::Core(std::shared_ptr<const Settings> settings, metrics::Registry& registry, Surroundings surroundings)
    : door_{std::make_shared<LoopDoor>(loop_)},
      settings_{std::move(settings)},
      registry_{registry},
      metrics_{registry},
      surroundings_{std::move(surroundings)} {
  if (!surroundings_.resolver) surroundings_.resolver = make_system_resolver();
  if (!surroundings_.random) surroundings_.random = random_unit;
}

void Core::start() {
  work_.emplace(loop_.get_executor());
  thread_ = std::thread{[this] { run(); }};
  thread_id_ = thread_.get_id();
}

void Core::stop() {
  if (!thread_.joinable()) return;
  door_->post([this] { end_all(); });
  thread_.join();
}

void Core::run() {
  loop_.run();
  // What was posted before the door closed has its answer, and is not kept by the loop until the end of the process.
  door_->close();
  loop_.restart();
  loop_.poll();
}

void Core::end_all() {
  is_stopping_ = true;
  const auto queued = std::exchange(queued_, {});
  for (const auto& flight : queued) finish(flight, Outcome{Failure::stopped, "stopped"}, 0);
  const auto under_way = under_way_;
  for (const auto& flight : under_way) flight->exchange->stop();
  // Timers of refreshers are not waited for.
  if (under_way_.empty()) loop_.stop();
}

/// What a caller's function throws must not end the thread, nor keep the answer from the others who wait for it.
void Core::call(const Client::Done& done, Outcome outcome) {
  try {
    done(std::move(outcome));
  } catch (const std::exception& exception) {
    metrics_.faults.increment();
    log::error("fetch_callback_failed", {{"detail", exception.what()}});
  }
}

void Core::refuse(const Client::Done& done, Failure failure, std::string detail, const std::string& shown_url) {
  metrics_.failures[static_cast<std::size_t>(failure)].increment();
  log::warning("fetch_failed", {{"url", shown_url}, {"reason", name(failure)}, {"detail", detail}});
  Outcome outcome{failure, std::move(detail)};
  outcome.received_at = now();
  call(done, std::move(outcome));
}

void Core::begin(Request request, Client::Done done) {
  auto url = parse_url(request.url);
  // A URL that does not parse is not shown: what is wrong with it may be a password in it.
  if (!url) return refuse(done, Failure::url_invalid, url.error().detail, "");
  const std::string shown = render_for_log(*url);
  if (is_stopping_) return refuse(done, Failure::stopped, "stopped", shown);
  if (url->scheme == Scheme::http && request.schemes == Schemes::https_only) {
    return refuse(done, Failure::scheme_not_allowed, "https is required", shown);
  }
  if (auto problem = check_request(request)) return refuse(done, problem->failure, problem->detail, shown);
  if (const auto found = by_key_.find(request.key); found != by_key_.end()) {
    found->second->waiting.push_back(std::move(done));
    return;
  }
  if (queued_.size() >= settings_->options().waiting) {
    return refuse(done, Failure::overloaded, "too many fetches wait", shown);
  }
  auto flight = std::make_shared<Flight>();
  flight->key = request.key;
  flight->shown_url = shown;
  flight->waiting.push_back(std::move(done));
  ExchangeParts parts{std::move(request),     *std::move(url), settings_,
                      surroundings_.resolver, door_,           surroundings_.clock};
  flight->exchange = std::make_shared<Exchange>(loop_, std::move(parts));
  if (!flight->key.empty()) by_key_.emplace(flight->key, flight);
  queued_.push_back(std::move(flight));
  take_off();
}

/// Begins what waits, as far as the number of connections permits.
void Core::take_off() {
  while (!queued_.empty() && under_way_.size() < settings_->options().concurrent) {
    auto flight = std::move(queued_.front());
    queued_.pop_front();
    under_way_.insert(flight);
    metrics_.attempts.increment();
    metrics_.under_way.add(1);
    spawn(loop_.get_executor(), run_flight(std::move(flight)), "fetch", metrics_.faults);
  }
}

Task<void> Core::run_flight(std::shared_ptr<Flight> flight) {
  const auto began = std::chrono::steady_clock::now();
  Outcome outcome;
  try {
    outcome = co_await flight->exchange->run();
  } catch (const std::exception& exception) {
    // Its place and its key must not stay taken.
    metrics_.faults.increment();
    outcome = Outcome{Failure::internal, exception.what()};
  }
  const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - began;
  finish(flight, std::move(outcome), lasted.count());
}

void Core::finish(const std::shared_ptr<Flight>& flight, Outcome outcome, double lasted_seconds) {
  metrics_.under_way.add(-static_cast<double>(under_way_.erase(flight)));
  if (!flight->key.empty()) by_key_.erase(flight->key);
  metrics_.received_bytes.increment(static_cast<double>(flight->exchange->received_bytes()));
  if (outcome.is_not_modified) metrics_.not_modified.increment();
  if (lasted_seconds > 0) metrics_.seconds.observe(lasted_seconds);
  const auto milliseconds = static_cast<long long>(lasted_seconds * 1000);
  if (outcome.is_ok()) {
    log::debug("fetched", {{"url", flight->shown_url}, {"status", outcome.status}, {"milliseconds", milliseconds}});
  } else {
    metrics_.failures[static_cast<std::size_t>(outcome.failure)].increment();
    log::warning("fetch_failed", {{"url", flight->shown_url},
                                  {"reason", name(outcome.failure)},
                                  {"detail", outcome.detail},
                                  {"milliseconds", milliseconds}});
  }
  if (!is_stopping_) take_off();
  // Most often it is one, and a CRL may have 100 MB.
  for (std::size_t i = 0; i + 1 < flight->waiting.size(); ++i) call(flight->waiting[i], outcome);
  if (!flight->waiting.empty()) call(flight->waiting.back(), std::move(outcome));
  if (is_stopping_ && under_way_.empty()) loop_.stop();
}

metrics::Gauge Core::take_age_series(const std::string& name) {
  const std::lock_guard lock{age_mutex_};
  AgeSeries& series = age_series_[name];
  if (series.users++ == 0) {
    series.gauge = registry_.gauge(kAgeFamily, "When what is fetched was last fetched and found good; 0 for never",
                                   {{"name", name}});
  }
  return series.gauge;
}

void Core::give_back_age_series(const std::string& name) {
  const std::lock_guard lock{age_mutex_};
  const auto found = age_series_.find(name);
  if (found == age_series_.end() || --found->second.users > 0) return;
  registry_.remove_gauge(kAgeFamily, found->second.gauge);
  age_series_.erase(found);
}

}  // namespace certbound::fetch
