#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "fetch/client.hpp"
#include "fetch/request.hpp"

namespace certbound::fetch {

/// What was fetched and found good: what a caller persists, so that a start while the server is down still serves.
struct LastGood {
  std::string body;
  Validators validators;
  WallTime received_at{};              ///< when it was last fetched, or confirmed by a 304
  std::optional<WallTime> good_until;  ///< of a seed: as Examination::good_until
};

/// Does the refresher keep the octets? A CRL is large, and its reader keeps a form of its own.
enum class Keep : std::uint8_t { body, nothing };

/// What of a content was taken: all that counts; or part of it, so that it does not stand for what there is, and is
/// asked for in full again.
enum class Taken : std::uint8_t { whole, in_part };

/// What an examination came to.
struct Examination {
  std::optional<WallTime> good_until;  ///< the next attempt begins before that; nothing for no such time
  Taken taken = Taken::whole;
};

struct RefreshStatus;

struct RefreshPlan {
  RefreshPlan() = default;

  std::string name;  ///< of the metrics and the log: from the configuration, so that their number is bounded
  Request request;   ///< a GET; its validators are the refresher's
  Keep keep = Keep::body;
  Backoff backoff;
  /// Hears how each attempt ended, on the fetch thread, before refetch_now() calls it ended; not after the refresher's
  /// end. It should take milliseconds.
  std::function<void(const RefreshStatus&)> on_attempt;
  std::chrono::milliseconds refetch_interval{std::chrono::seconds{30}};  ///< the least between two refetch_now()
};

/// How a refresher stands: for metrics, `client explain` and readiness.
struct RefreshStatus {
  RefreshStatus() = default;

  std::optional<WallTime> last_good;     ///< when it was last fetched or confirmed; its age is counted from here
  WallTime last_attempt{};               ///< when the last attempt ended; the epoch where none has
  WallTime next_attempt{};               ///< scheduled; in the past while one is under way
  int failures = 0;                      ///< in a row, up to now
  Failure last_failure = Failure::none;  ///< of the last attempt
  std::string last_detail;
};

/// Keeps one URL's content current: fetches it at once, then shortly before its lifetime ends, conditionally; after
/// failures with exponential back-off, while what it has stays what it has.
class Refresher {
 public:
  /// Is given each new content (a 304 is none), on the fetch thread. What it refuses counts as a failed attempt: the
  /// content before stays the last good one.
  using Use = std::function<Result<void>(const Outcome&)>;

  /// What an examination came to, or why the content is refused.
  using Examined = Result<Examination>;
  /// To be called once, on any thread.
  using Answer = std::function<void(Examined)>;
  /// As Use, where the examination takes more than milliseconds: hands it on, and whoever has it answers later. The
  /// attempt lasts until then.
  using UseLater = std::function<void(std::shared_ptr<const Outcome>, Answer)>;

  enum class Refetch : std::uint8_t { begun, under_way, too_soon };

  /// Begins. `seed` is what an earlier process had; `use` is not called for it. The client outlives the refresher.
  Refresher(Client& client, RefreshPlan plan, Use use, std::optional<LastGood> seed = std::nullopt);
  Refresher(Client& client, RefreshPlan plan, UseLater use, std::optional<LastGood> seed = std::nullopt);
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;
  /// Neither `use` nor `on_attempt` is called any more when it returns: it waits for one that is being called, except
  /// on the fetch thread. An answer that comes later is dropped.
  ~Refresher();

  /// Asks now, since something is not in what there is: at most once per refetch_interval however often it is called,
  /// so that strangers cannot make us ask. Does not block, takes no lock; any thread.
  Refetch refetch_now();

  /// Any thread.
  [[nodiscard]] RefreshStatus status() const;

  /// Null where nothing is known yet; without a body where the plan keeps nothing. Any thread.
  [[nodiscard]] std::shared_ptr<const LastGood> last_good() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace certbound::fetch
