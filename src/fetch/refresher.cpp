#include "fetch/refresher.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/log.hpp"
#include "fetch/core.hpp"

namespace certbound::fetch {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// Whatever the bounds and the server say: never without a pause.
constexpr std::chrono::milliseconds kShortestDelay{50};

}  // namespace

class Refresher::State : public std::enable_shared_from_this<State> {
 public:
  State(std::shared_ptr<Core> core, RefreshPlan plan, UseLater use, std::optional<LastGood> seed)
      : core_{std::move(core)}, plan_{std::move(plan)}, use_{std::move(use)}, timer_{core_->loop()} {
    age_ = core_->take_age_series(plan_.name);
    if (!seed) return;
    plan_.request.validators = seed->validators;
    good_until_ = seed->good_until;
    remember(std::move(*seed));
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  /// On the fetch thread.
  void begin() {
    const bool is_needed = !is_ended_ && !is_under_way_ && !core_->is_stopping();
    if (is_needed) is_under_way_ = true;
    is_asked_for_ = false;  // after the other: between the two there is never neither
    if (!is_needed) return;
    timer_.cancel();
    core_->begin(plan_.request, [self = shared_from_this()](Outcome outcome) { self->finish(std::move(outcome)); });
  }

  /// Any thread.
  void end() {
    {
      std::unique_lock lock{use_mutex_, std::defer_lock};
      if (!core_->is_fetch_thread()) lock.lock();
      is_ended_ = true;
    }
    core_->give_back_age_series(plan_.name);
    // The timer belongs to the fetch thread; where that has ended the timer never fires.
    core_->door()->post([self = shared_from_this()] { self->timer_.cancel(); });
  }

  Refetch refetch_now() {
    const auto now = SteadyClock::now().time_since_epoch().count();
    const auto interval = std::chrono::duration_cast<SteadyClock::duration>(plan_.refetch_interval).count();
    if (now < refetch_allowed_) return is_coming() ? Refetch::under_way : Refetch::too_soon;
    if (is_under_way_ || is_asked_for_.exchange(true)) return Refetch::under_way;
    // Another thread may have asked, and been answered, since the first look.
    if (now < refetch_allowed_) {
      is_asked_for_ = false;
      return is_coming() ? Refetch::under_way : Refetch::too_soon;
    }
    refetch_allowed_ = now + interval;
    core_->door()->post([self = shared_from_this()] { self->begin(); });
    return Refetch::begun;
  }

  [[nodiscard]] RefreshStatus status() const {
    const std::lock_guard lock{status_mutex_};
    return status_;
  }

  [[nodiscard]] std::shared_ptr<const LastGood> last_good() const {
    const std::lock_guard lock{status_mutex_};
    return last_good_;
  }

 private:
  /// An attempt is under way, or was asked for and has not begun.
  [[nodiscard]] bool is_coming() const { return is_asked_for_ || is_under_way_; }

  void finish(Outcome outcome) {
    if (!outcome.is_ok() || outcome.is_not_modified) return conclude(outcome, Examination{good_until_, Taken::whole});
    // Held while it is in use, so that end() knows when nobody is in there any more.
    const std::lock_guard lock{use_mutex_};
    if (is_ended_) {
      is_under_way_ = false;
      return;
    }
    give(std::make_shared<const Outcome>(std::move(outcome)));
  }

  /// A reader that throws has refused: the next attempt must be scheduled all the same.
  void give(const std::shared_ptr<const Outcome>& outcome) {
    const Answer answer = [door = core_->door(), weak = weak_from_this(), outcome](Examined examined) {
      // Later also where the answer comes at once: the lock is held now.
      door->post([weak, outcome, examined = std::move(examined)] {
        if (const auto self = weak.lock()) self->conclude(*outcome, examined);
      });
    };
    try {
      use_(outcome, answer);
    } catch (const std::exception& exception) {
      answer(internal_error(exception.what()));
    }
  }

  void conclude(const Outcome& outcome, const Examined& examined) {
    if (!is_under_way_) return;  // answered twice
    Failure failure = outcome.failure;
    std::string detail = outcome.detail;
    if (!examined) {
      failure = Failure::rejected;
      detail = examined.error().detail;
      log::warning("fetch_rejected", {{"name", plan_.name}, {"detail", detail}});
    }
    const std::lock_guard lock{use_mutex_};
    if (!is_ended_) {
      if (failure == Failure::none) {
        good_until_ = examined->good_until;
        take(outcome);
        if (examined->taken == Taken::in_part) plan_.request.validators = {};
      }
      note(outcome, failure, std::move(detail));
    }
    // Not before it was told: whoever finds none under way finds what the last one brought.
    is_under_way_ = false;
  }

  void take(const Outcome& outcome) {
    plan_.request.validators = outcome.validators;
    LastGood good;
    if (outcome.is_not_modified) {
      const auto before = last_good();
      if (before) good.body = before->body;
    } else if (plan_.keep == Keep::body) {
      good.body = outcome.body;
    }
    good.validators = outcome.validators;
    good.received_at = outcome.received_at;
    remember(std::move(good));
  }

  void remember(LastGood good) {
    age_.set(static_cast<double>(unix_seconds(good.received_at)));
    const std::lock_guard lock{status_mutex_};
    status_.last_good = good.received_at;
    last_good_ = std::make_shared<const LastGood>(std::move(good));
  }

  /// The answer's lifetime, cut by that of its content, but never below the least that the plan permits.
  [[nodiscard]] std::chrono::seconds lifetime(const Outcome& outcome) const {
    if (!good_until_) return outcome.fresh_for;
    const std::chrono::seconds left = *good_until_ - outcome.received_at;
    return std::max(std::min(outcome.fresh_for, left), plan_.request.freshness.minimum);
  }

  /// Writes down how it went and sets the timer.
  void note(const Outcome& outcome, Failure failure, std::string detail) {
    std::chrono::milliseconds delay{};
    const double random = core_->random();
    {
      const std::lock_guard lock{status_mutex_};
      if (failure == Failure::none) {
        status_.failures = 0;
        delay = delay_after_success(lifetime(outcome), random);
      } else {
        if (status_.failures < std::numeric_limits<int>::max()) ++status_.failures;
        const auto asked = outcome.retry_after.value_or(std::chrono::seconds{0});
        delay = delay_after_failure(plan_.backoff, status_.failures, random, asked);
      }
      delay = std::max(delay, kShortestDelay);
      status_.last_failure = failure;
      status_.last_detail = std::move(detail);
      status_.last_attempt = core_->now();
      status_.next_attempt = core_->now() + std::chrono::duration_cast<std::chrono::seconds>(delay);
    }
    if (plan_.on_attempt) plan_.on_attempt(status());
    if (is_ended_ || core_->is_stopping()) return;
    timer_.expires_after(delay);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->begin();
    });
  }

  const std::shared_ptr<Core> core_;
  RefreshPlan plan_;  // its validators: of the fetch thread, once begun
  const UseLater use_;
  boost::asio::steady_timer timer_;
  metrics::Gauge age_;
  std::optional<WallTime> good_until_;  // of the fetch thread
  std::mutex use_mutex_;
  std::atomic<bool> is_ended_{false};
  std::atomic<bool> is_asked_for_{false};
  std::atomic<bool> is_under_way_{false};
  std::atomic<SteadyClock::rep> refetch_allowed_{std::numeric_limits<SteadyClock::rep>::min()};
  mutable std::mutex status_mutex_;  // guards what follows
  RefreshStatus status_;
  std::shared_ptr<const LastGood> last_good_;
};

Refresher::Refresher(Client& client, RefreshPlan plan, Use use, std::optional<LastGood> seed)
    : Refresher{client, std::move(plan),
                UseLater{[use = std::move(use)](const std::shared_ptr<const Outcome>& outcome, const Answer& answer) {
                  auto used = use(*outcome);
                  answer(used ? Examined{Examination()} : Examined{std::move(used).error()});
                }},
                std::move(seed)} {}

Refresher::Refresher(Client& client, RefreshPlan plan, UseLater use, std::optional<LastGood> seed)
    : state_{std::make_shared<State>(client.core_, std::move(plan), std::move(use), std::move(seed))} {
  client.core_->door()->post([state = state_] { state->begin(); });
}

Refresher::~Refresher() { state_->end(); }

Refresher::Refetch Refresher::refetch_now() { return state_->refetch_now(); }

RefreshStatus Refresher::status() const { return state_->status(); }

std::shared_ptr<const LastGood> Refresher::last_good() const { return state_->last_good(); }

}  // namespace certbound::fetch
