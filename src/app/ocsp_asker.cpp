#include "app/ocsp_asker.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/ocsp_fetch.hpp"
#include "base/backoff.hpp"
#include "base/log.hpp"

namespace certbound::app {

namespace asio = boost::asio;

namespace {

using SteadyClock = std::chrono::steady_clock;
using x509::OcspOutcome;

/// How long a responder that does not answer is left alone.
constexpr Backoff kResponderBackoff{std::chrono::seconds{12}, std::chrono::minutes{1}};
/// Responders whose failures are remembered; certificates may name many on a listed host.
constexpr std::size_t kMostResponders = 1024;
/// Of one responder, so that a slow one takes no connection from the others; and what waits for one of these. A
/// responder of usual speed answers so many within kOcspDeadline.
constexpr std::size_t kMostUnderWay = 4;
constexpr std::size_t kMostQueued = 128;
/// For how long nobody is asked again where it was not the responder that failed.
constexpr std::chrono::seconds kOwnPause{1};

/// Holds what makes two workers' questions one: copies that share nothing with a worker's handshakes.
Result<x509::OcspQuestion> copy_question(const x509::OcspQuestion& question) {
  auto certificate = x509::Certificate::parse_der(question.certificate.to_der());
  if (!certificate) return std::move(certificate).error();
  auto issuer = x509::Certificate::parse_der(question.issuer.to_der());
  if (!issuer) return std::move(issuer).error();
  return x509::OcspQuestion{*std::move(certificate), *std::move(issuer)};
}

/// A coroutine that waits for some outcomes. Touched on its own executor only, but for `executor`.
struct Waiter {
  Waiter(const asio::any_io_executor& own, std::size_t count)
      : executor{own}, timer{own, kOcspDeadline}, outcomes(count), revoked(count) {}

  void take(std::size_t index, const OcspOutcome& outcome) {
    outcomes[index] = outcome;
    if (--open == 0) timer.cancel();
  }

  asio::any_io_executor executor;
  asio::steady_timer timer;
  std::vector<crypto::Sha256> keys;  ///< of the flights that it waits for, or waited
  std::vector<std::optional<OcspOutcome>> outcomes;
  std::vector<std::shared_ptr<const x509::OcspAnswer>> revoked;  ///< what counts on while no answer comes; may be null
  std::size_t open = 0;
};

/// Whom an outcome is for.
struct Place {
  std::shared_ptr<Waiter> waiter;
  std::size_t index = 0;
};

/// A fetch that is under way.
struct Flight {
  explicit Flight(OcspFetch fetch) : asked{std::move(fetch)} {}

  [[nodiscard]] const std::string& url() const { return asked.request.url; }

  const OcspFetch asked;
  std::vector<Place> waiting;  // under the lock
};

/// Under the lock.
struct Responder {
  [[nodiscard]] std::size_t most_under_way() const { return failures > 0 ? 1 : kMostUnderWay; }
  [[nodiscard]] bool has_flights() const { return under_way > 0 || !queued.empty(); }
  [[nodiscard]] bool is_idle() const { return failures == 0 && !has_flights(); }
  /// One that has failed gets one question, and nobody waits behind that.
  [[nodiscard]] bool is_full() const { return failures > 0 ? has_flights() : queued.size() >= kMostQueued; }
  [[nodiscard]] std::chrono::seconds time_left_alone() const {
    return std::chrono::ceil<std::chrono::seconds>(left_alone_until - SteadyClock::now());
  }
  void forgive() {
    failures = 0;
    left_alone_until = SteadyClock::time_point();
  }

  int failures = 0;  ///< in a row
  SteadyClock::time_point left_alone_until;
  std::size_t under_way = 0;
  std::deque<crypto::Sha256> queued;  ///< flights that wait for others to land
};

struct OcspMetrics {
  explicit OcspMetrics(metrics::Registry& registry)
      : requests{registry.counter("certbound_ocsp_requests_total", "Questions sent to OCSP responders")},
        good{outcome(registry, "good")},
        revoked{outcome(registry, "revoked")},
        unknown{outcome(registry, "unknown")},
        refused{outcome(registry, "refused")},
        unreachable{outcome(registry, "unreachable")},
        left_alone{outcome(registry, "left_alone")},
        no_responder{outcome(registry, "no_responder")} {}

  static metrics::Counter outcome(metrics::Registry& registry, std::string_view label) {
    return registry.counter(
        "certbound_ocsp_outcomes_total",
        "OCSP questions by what came of them: the answer; refused (not a good answer), unreachable, "
        "left_alone (it was just unreachable, or too many questions are open), no_responder (none is known)",
        {{"outcome", label}});
  }

  void count(const OcspOutcome& result, fetch::Failure failure) const {
    if (is_own_failure(failure)) return left_alone.increment();
    if (failure != fetch::Failure::none) return unreachable.increment();
    if (!result.answer) return refused.increment();
    switch (result.answer->status) {
      case x509::OcspStatus::good:
        return good.increment();
      case x509::OcspStatus::revoked:
        return revoked.increment();
      case x509::OcspStatus::unknown:
        return unknown.increment();
    }
  }

  metrics::Counter requests;
  metrics::Counter good;
  metrics::Counter revoked;
  metrics::Counter unknown;
  metrics::Counter refused;
  metrics::Counter unreachable;
  metrics::Counter left_alone;
  metrics::Counter no_responder;
};

}  // namespace

class OcspAsker::State : public std::enable_shared_from_this<State> {
 public:
  State(fetch::Client& client, metrics::Registry& registry, WallClock clock)
      : client_{client}, metrics_{registry}, clock_{clock} {}

  /// On the waiter's executor. What is known is there when it returns; the rest is counted in `open`.
  void enter(const std::shared_ptr<Waiter>& waiter, const x509::OcspOptions& options,
             const std::vector<x509::OcspQuestion>& questions) {
    const std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const crypto::Sha256 key = x509::ocsp_key(questions[i], options);
      if (const auto known = cache_.find(key, clock_()); known && known->made_at > questions[i].newer_than) {
        waiter->outcomes[i] = *known;
        continue;
      }
      waiter->revoked[i] = cache_.find_revoked(key);
      auto found = flights_.find(key);
      if (found == flights_.end()) {
        Made made = make_flight(options, questions[i]);
        if (auto* outcome = std::get_if<OcspOutcome>(&made)) {
          waiter->outcomes[i] = *cache_.put(key, std::move(*outcome));
          continue;
        }
        found = flights_.emplace(key, std::get<std::shared_ptr<Flight>>(std::move(made))).first;
        responders_[found->second->url()].queued.push_back(key);
      }
      const std::shared_ptr<Flight> flight = found->second;
      waiter->keys.push_back(key);
      flight->waiting.push_back({waiter, i});
      ++waiter->open;
      take_off(responders_[flight->url()]);
    }
  }

  /// The waiter's coroutine goes on, or goes: nothing is posted to its executor after this.
  void leave(const std::shared_ptr<Waiter>& waiter) {
    if (waiter->keys.empty()) return;
    const std::lock_guard lock{mutex_};
    for (const crypto::Sha256& key : waiter->keys) {
      const auto found = flights_.find(key);
      if (found == flights_.end()) continue;
      std::erase_if(found->second->waiting, [&waiter](const Place& place) { return place.waiter == waiter; });
    }
  }

  void forget_all_but_revoked() {
    const std::lock_guard lock{mutex_};
    cache_.forget_all_but_revoked();
    for (auto& [url, responder] : responders_) responder.forgive();
    std::erase_if(responders_, [](const auto& entry) { return entry.second.is_idle(); });
  }

  [[nodiscard]] WallTime now() const { return clock_(); }

 private:
  /// A flight, or what is the outcome without one.
  using Made = std::variant<std::shared_ptr<Flight>, OcspOutcome>;

  Made make_flight(const x509::OcspOptions& options, const x509::OcspQuestion& question) {
    const auto url = find_ocsp_responder(options, question.certificate);
    if (!url) {
      metrics_.no_responder.increment();
      return OcspOutcome::of_failure(url.error().detail, clock_(), x509::kOcspPause);
    }
    if (auto refused = leave_alone(*url)) return *std::move(refused);
    auto copy = copy_question(question);
    auto fetch = copy ? make_ocsp_fetch(*std::move(copy), *url) : Result<OcspFetch>{std::move(copy).error()};
    if (fetch) return std::make_shared<Flight>(*std::move(fetch));
    metrics_.refused.increment();
    return OcspOutcome::of_failure(fetch.error().detail, clock_(), x509::kOcspPause);
  }

  /// What is the outcome where this responder cannot be asked now.
  std::optional<OcspOutcome> leave_alone(const std::string& url) {
    const auto found = responders_.find(url);
    if (found == responders_.end()) return std::nullopt;
    const Responder& responder = found->second;
    if (const auto wait = responder.time_left_alone(); wait.count() > 0) return left_alone(wait);
    if (!responder.is_full()) return std::nullopt;
    metrics_.left_alone.increment();
    return OcspOutcome::of_failure("too many questions to the responder are open", clock_(), kOwnPause);
  }

  OcspOutcome left_alone(std::chrono::seconds wait) const {
    metrics_.left_alone.increment();
    return OcspOutcome::of_failure(
        "the responder did not answer just now and is left alone for " + std::to_string(wait.count()) + " s", clock_(),
        wait);
  }

  /// Under the lock. Begins what waits for the responder, as far as it may be asked.
  void take_off(Responder& responder) {
    while (!responder.queued.empty() && responder.under_way < responder.most_under_way()) {
      const crypto::Sha256 key = responder.queued.front();
      responder.queued.pop_front();
      auto flight = flights_.extract(key);
      if (flight.empty() || flight.mapped()->waiting.empty()) continue;  // nobody waits any more
      begin(key, flight.mapped());
      ++responder.under_way;
      flights_.insert(std::move(flight));
    }
  }

  /// Its end finds the lock taken until the flight is entered.
  void begin(const crypto::Sha256& key, const std::shared_ptr<Flight>& flight) {
    client_.fetch(flight->asked.request, [self = shared_from_this(), key, flight](const fetch::Outcome& answer) {
      self->finish(key, *flight, answer);
    });
    metrics_.requests.increment();
  }

  /// On the fetch thread. Whatever is thrown must not keep the flight, or nobody could ask again.
  void finish(const crypto::Sha256& key, Flight& flight, const fetch::Outcome& answer) {
    std::shared_ptr<const OcspOutcome> known;
    try {
      known = judge(key, flight, answer);
    } catch (const std::exception& exception) {
      log::error("ocsp_outcome_lost", {{"detail", exception.what()}});
    }
    const std::lock_guard lock{mutex_};
    flights_.erase(key);
    const auto found = responders_.find(flight.url());
    --found->second.under_way;
    if (known) deliver(flight, known);
    go_on(found->second);
    if (found->second.is_idle()) responders_.erase(found);
  }

  std::shared_ptr<const OcspOutcome> judge(const crypto::Sha256& key, const Flight& flight,
                                           const fetch::Outcome& answer) {
    const std::chrono::seconds pause = note_responder(flight.url(), answer);
    OcspOutcome outcome = read(flight.asked, answer, pause);
    metrics_.count(outcome, answer.failure);
    const std::lock_guard lock{mutex_};
    return cache_.put(key, std::move(outcome));
  }

  OcspOutcome read(const OcspFetch& asked, const fetch::Outcome& answer, std::chrono::seconds pause) const {
    try {
      return read_ocsp_outcome(asked, answer, clock_(), pause);
    } catch (const std::exception& exception) {
      return OcspOutcome::of_failure(exception.what(), clock_(), x509::kOcspPause);
    }
  }

  /// Under the lock.
  static void deliver(Flight& flight, const std::shared_ptr<const OcspOutcome>& known) {
    for (Place& place : std::exchange(flight.waiting, {})) {
      // The waiter goes with the handler: its timer ends on its own thread.
      const asio::any_io_executor executor = place.waiter->executor;
      asio::post(executor, [place = std::move(place), known] { place.waiter->take(place.index, *known); });
    }
  }

  /// Under the lock. With what waits for the responder, now that a question is answered or is not.
  void go_on(Responder& responder) {
    const auto wait = responder.time_left_alone();
    if (wait.count() <= 0) return take_off(responder);
    while (!responder.queued.empty()) {
      const crypto::Sha256 key = responder.queued.front();
      responder.queued.pop_front();
      const auto flight = flights_.extract(key);
      if (!flight.empty()) deliver(*flight.mapped(), cache_.put(key, left_alone(wait)));
    }
  }

  /// How long it is left alone. What is our own fault is not counted against it.
  std::chrono::seconds note_responder(const std::string& url, const fetch::Outcome& answer) {
    if (is_own_failure(answer.failure)) return kOwnPause;
    const std::lock_guard lock{mutex_};
    Responder& responder = responders_[url];
    if (answer.is_ok()) {
      responder.forgive();
      return std::chrono::seconds{0};
    }
    if (responders_.size() > kMostResponders) {
      std::erase_if(responders_, [](const auto& entry) { return !entry.second.has_flights(); });
    }
    constexpr double kNoJitter = 0.5;
    const auto delay = delay_after_failure(kResponderBackoff, ++responder.failures, kNoJitter,
                                           answer.retry_after.value_or(std::chrono::seconds{0}));
    responder.left_alone_until = SteadyClock::now() + delay;
    return std::chrono::ceil<std::chrono::seconds>(delay);
  }

  fetch::Client& client_;
  OcspMetrics metrics_;
  WallClock clock_;
  std::mutex mutex_;  // guards what follows, and Flight::waiting
  x509::OcspCache cache_;
  std::unordered_map<crypto::Sha256, std::shared_ptr<Flight>, crypto::Sha256Hash> flights_;
  std::map<std::string, Responder> responders_;
};

namespace {

/// Takes the waiter out of the flights, however its coroutine ends.
template <typename State>
class Stay {
 public:
  Stay(std::shared_ptr<State> state, std::shared_ptr<Waiter> waiter)
      : state_{std::move(state)}, waiter_{std::move(waiter)} {}
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay() { state_->leave(waiter_); }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Waiter> waiter_;
};

std::vector<OcspOutcome> take_outcomes(Waiter& waiter, WallTime now) {
  std::vector<OcspOutcome> outcomes;
  for (std::size_t i = 0; i < waiter.outcomes.size(); ++i) {
    std::optional<OcspOutcome>& outcome = waiter.outcomes[i];
    if (!outcome) {
      outcome = OcspOutcome::of_failure("no answer in time", now, kOcspDeadline);
      outcome->answer = std::move(waiter.revoked[i]);  // as OcspCache::put
    }
    outcomes.push_back(*std::move(outcome));
  }
  return outcomes;
}

}  // namespace

OcspAsker::OcspAsker(fetch::Client& client, metrics::Registry& registry, WallClock clock)
    : state_{std::make_shared<State>(client, registry, clock)} {}
OcspAsker::~OcspAsker() = default;

Task<std::vector<OcspOutcome>> OcspAsker::ask(x509::OcspOptions options, std::vector<x509::OcspQuestion> questions) {
  constexpr auto kResume = asio::as_tuple(asio::use_awaitable);
  const auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor, questions.size());
  const Stay<State> stay{state_, waiter};
  state_->enter(waiter, options, questions);
  // Ends at the deadline, or by cancellation with the last outcome.
  if (waiter->open > 0) co_await waiter->timer.async_wait(kResume);
  co_return take_outcomes(*waiter, state_->now());
}

void OcspAsker::forget_all_but_revoked() { state_->forget_all_but_revoked(); }

}  // namespace certbound::app
