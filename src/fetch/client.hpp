#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "fetch/options.hpp"
#include "fetch/request.hpp"
#include "fetch/resolver.hpp"

namespace certbound::fetch {

class Core;

/// What a test replaces.
struct Surroundings {
  Surroundings() = default;

  WallClock clock = wall_now;
  std::shared_ptr<Resolver> resolver;  ///< null: the system's
  std::function<double()> random;      ///< from 0 to below 1, called on the fetch thread; null: OpenSSL's generator
};

/// Outbound requests: one thread with an event loop of its own, so that no connection of a client ever waits for a
/// server of a partner. Several clients of one process count into the same series.
///
/// A fetch resolves the host, refuses addresses of special use unless `fetch.allow` lists the host (they would be a way
/// into our own network), dials an address that it checked, verifies TLS, sends one request, follows no redirect,
/// decodes no compression, and ends within the request's timeout. Proxies of the environment are not used. Neither a
/// URL's query nor a body is ever logged.
class Client {
 public:
  using Done = std::function<void(Outcome)>;

  /// Starts the thread. `registry` outlives the client.
  Client(std::shared_ptr<const Settings> settings, metrics::Registry& registry, Surroundings surroundings = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// As stop().
  ~Client();

  /// From any thread; does not block. `done` is called once on the fetch thread, which it holds up: it should take
  /// milliseconds, or hand on what takes longer. It is not called where the client has been stopped already.
  void fetch(Request request, Done done);

  /// Fetches that begin from now on use these settings: a reload. Any thread.
  void publish(std::shared_ptr<const Settings> settings);

  /// Ends every fetch with Failure::stopped, then the thread, within a second unless a `done` takes longer. Not on the
  /// fetch thread. May be called again.
  void stop();

 private:
  friend class Refresher;
  std::shared_ptr<Core> core_;
};

}  // namespace certbound::fetch
