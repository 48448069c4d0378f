#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "audit/writer.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "base/reason.hpp"
#include "http/handler.hpp"
#include "oauth/endpoints/client_endpoint.hpp"
#include "oauth/health.hpp"
#include "oauth/issue.hpp"
#include "oauth/key_directory.hpp"
#include "oauth/proof/dpop.hpp"
#include "oauth/seen_filter.hpp"
#include "oauth/snapshot.hpp"
#include "oauth/token_reader.hpp"
#include "store/client_directory.hpp"
#include "store/seen_recorder.hpp"

namespace certbound::oauth {

/// The series that requests count into; one set for the process.
struct ServiceMetrics {
  explicit ServiceMetrics(metrics::Registry& registry);

  metrics::Counter tokens_issued;
  metrics::Counter dpop_tokens_issued;
  std::array<metrics::Counter, kReasonCount> refusals;  ///< by Reason
  metrics::Histogram token_seconds;
  metrics::Counter active_introspections;
  metrics::Counter inactive_introspections;
  metrics::Counter tokens_revoked;
  metrics::Counter document_requests;
  metrics::Counter verification_hits;
  metrics::Counter unknown_revocations;
  metrics::Counter faults;
};

/// The protocol on one worker: takes one snapshot per request, routes, answers. Every answer of the token endpoint
/// has its audit record with the kernel before it leaves; where the record cannot be written nothing is granted.
class Service final : public http::Handler {
 public:
  Service(store::ClientDirectory& directory, OcspSource& ocsp, store::SeenRecorder& seen,
          store::DenialRecorder& denials, DpopTools dpop, audit::Writer& audit, const ServiceMetrics& metrics,
          const Health& health, WallClock clock);

  struct Published;
  /// A snapshot with what one worker needs to answer under it.
  using Prepared = std::shared_ptr<Published>;

  /// What publish() takes; touches no service, so that everything that can fail does so before anything changes. On any
  /// thread. Errors: `server_error` where the active key cannot sign.
  [[nodiscard]] static Result<Prepared> prepare(const std::shared_ptr<const Snapshot>& snapshot);

  /// A new configuration is about to take effect: the registry changes first. Until publish() or release() a request
  /// whose client has to be looked up waits. On the worker's thread, as the two others.
  void hold() { directory_.hold(); }

  /// New requests, and those that waited, see `prepared`; those that have their client already keep what they had.
  void publish(Prepared prepared);

  /// The same where nothing but trust stores has changed: clients and what was verified for other stores stay known.
  void renew(Prepared prepared);

  /// KeyDirectory::replace, with publish(): the clients are those of one configuration.
  void publish_keys(const KeyDirectory::Published& published) { keys_.replace(published); }
  /// KeyDirectory::put.
  void put_keys(std::string_view client_id, std::shared_ptr<const KeySet> keys, std::uint64_t attempt) {
    keys_.put(client_id, std::move(keys), attempt);
  }

  /// Every token that is judged from now on is judged by `denied`. On the worker's thread.
  void publish_denied(std::shared_ptr<const DenyList> denied) { denied_ = std::move(denied); }

  /// What the deny feed's URL shows from now on; null: that there is none just now. On the worker's thread.
  void publish_feed(std::shared_ptr<const Document> feed) { feed_ = std::move(feed); }

  /// The registry did not change after all.
  void release() { directory_.release(); }

  [[nodiscard]] Task<http::Response> handle(const http::Request& request) override;

 private:
  [[nodiscard]] Task<http::Response> route(const http::Request& request, const Published& published);
  [[nodiscard]] Task<http::Response> answer_client(const ClientEndpoint& endpoint, const http::Request& request);
  [[nodiscard]] Task<Result<http::Response>> decide(const ClientEndpoint& endpoint, const http::Request& request,
                                                    audit::Event& event);
  [[nodiscard]] Task<Result<http::Response>> try_once(const ClientEndpoint& endpoint, const http::Request& request,
                                                      x509::OcspDesk& desk, audit::Event& event);
  [[nodiscard]] Task<Result<http::Response>> ask_and_try(const ClientEndpoint& endpoint, const http::Request& request,
                                                         x509::OcspDesk& desk, audit::Event& event);
  [[nodiscard]] http::Response refuse(const ClientEndpoint& endpoint, const Error& error, const http::Request& request,
                                      audit::Event& event);
  [[nodiscard]] Error note_fault(const http::Request& request, std::string what);
  void count_hits();
  void offer_nonce(const http::Request& request, http::Response& response) const;
  [[nodiscard]] Task<void> deny_revoked(audit::Event& event, Error& refusal);
  [[nodiscard]] http::Response show_feed(const http::Request& request) const;
  void note_seen(const audit::Event& event);
  void count(const audit::Event& event, std::chrono::duration<double> lasted);

  store::ClientDirectory& directory_;
  KeyDirectory keys_;
  x509::VerificationMemory memory_;
  std::size_t counted_hits_ = 0;
  x509::OcspCache answers_;
  OcspSource& ocsp_;
  store::SeenRecorder& seen_;
  SeenFilter seen_filter_;
  store::DenialRecorder& denials_;
  DpopTools dpop_;
  std::shared_ptr<const Document> feed_;
  std::shared_ptr<const DenyList> denied_ = std::make_shared<const DenyList>();
  audit::Writer& audit_;
  const ServiceMetrics& metrics_;
  const Health& health_;
  WallClock clock_;
  Prepared published_;
};

/// Shared by the requests that are answered under it, all of one worker.
struct Service::Published {
  std::shared_ptr<const Snapshot> snapshot;
  TokenSigner signer;
  TokenReader tokens;
  std::vector<std::string> endpoint_paths;  // of all_client_endpoints(), in its order
  std::string jwks_path;
  std::string feed_path;
  std::string metadata_path;
  std::string healthz_path;
  std::string readyz_path;
};

}  // namespace certbound::oauth
