#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/writer.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/reason.hpp"
#include "http/handler.hpp"
#include "oauth/endpoints/token.hpp"
#include "oauth/health.hpp"
#include "oauth/issue.hpp"
#include "oauth/snapshot.hpp"
#include "store/client_directory.hpp"

namespace certbound::oauth {

/// The series that requests count into; one set for the process.
struct ServiceMetrics {
  explicit ServiceMetrics(metrics::Registry& registry);

  metrics::Counter tokens_issued;
  std::array<metrics::Counter, kReasonCount> refusals;  ///< by Reason
  metrics::Histogram token_seconds;
  metrics::Counter document_requests;
  metrics::Counter verification_hits;
  metrics::Counter faults;
};

/// The protocol on one worker: takes the snapshot once per request, routes, answers. Every answer of the token endpoint
/// has its audit record with the kernel before it leaves; where the record cannot be written nothing is granted.
class Service final : public http::Handler {
 public:
  Service(store::ClientDirectory& directory, audit::Writer& audit, const ServiceMetrics& metrics, const Health& health,
          WallClock clock);

  /// New requests see `snapshot`; those that are being answered keep theirs. On the worker's thread. Errors:
  /// `server_error` where the active key cannot sign; then nothing changes.
  [[nodiscard]] Result<void> publish(std::shared_ptr<const Snapshot> snapshot);

  [[nodiscard]] Task<http::Response> handle(const http::Request& request) override;

 private:
  /// One snapshot with what this worker needs to sign under it; shared by the requests that began under it.
  struct Published {
    std::shared_ptr<const Snapshot> snapshot;
    TokenSigner signer;
    std::string token_path;
    std::string jwks_path;
    std::string metadata_path;
    std::string healthz_path;
    std::string readyz_path;
  };

  [[nodiscard]] Task<http::Response> route(const http::Request& request, Published& published);
  [[nodiscard]] Task<http::Response> answer_token(const http::Request& request, Published& published);
  [[nodiscard]] http::Response refuse(const Error& error, const http::Request& request, audit::Event& event);

  WorkerState worker_;
  audit::Writer& audit_;
  const ServiceMetrics& metrics_;
  const Health& health_;
  WallClock clock_;
  std::shared_ptr<Published> published_;
};

}  // namespace certbound::oauth
