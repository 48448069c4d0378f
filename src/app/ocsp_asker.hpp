#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "fetch/client.hpp"
#include "oauth/client_auth/ocsp_source.hpp"

namespace certbound::app {

/// Asks OCSP responders for every worker, through the client for outbound requests: a certificate is asked about once,
/// however many requests on however many workers wait for it, and its answer serves all of them until it ends. A
/// responder that did not answer is left alone for a while, longer each time, so that it does not hold up every
/// request; whoever comes meanwhile hears so at once.
///
/// Answers are verified on the fetch thread. Any thread may call; a lock is held for a few lookups, and only where a
/// worker does not know the answer itself.
class OcspAsker final : public oauth::OcspSource {
 public:
  /// `client` outlives the asker, and is stopped before an event loop goes whose coroutines have waited here.
  OcspAsker(fetch::Client& client, metrics::Registry& registry, WallClock clock = wall_now);
  ~OcspAsker() override;

  /// Suspends for kOcspDeadline at most.
  [[nodiscard]] Task<std::vector<x509::OcspOutcome>> ask(x509::OcspOptions options,
                                                         std::vector<x509::OcspQuestion> questions) override;

  /// With a reload: everybody is asked again, also who did not answer, but about what is revoked.
  void forget_all_but_revoked();

 private:
  class State;
  std::shared_ptr<State> state_;
};

/// How long a request waits for responders, all of them together.
inline constexpr std::chrono::seconds kOcspDeadline{3};

}  // namespace certbound::app
