#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "crypto/digest.hpp"
#include "gate/line_budget.hpp"
#include "gate/options.hpp"
#include "gate/proof_memory.hpp"
#include "http/handler.hpp"
#include "verifier/authorization.hpp"
#include "verifier/check_claims.hpp"
#include "verifier/dpop_verifier.hpp"

namespace certbound::gate {

/// The series that decisions count into; one set for the process.
struct Metrics {
  explicit Metrics(metrics::Registry& registry);

  static constexpr std::size_t kReasons = static_cast<std::size_t>(RefusalReason::internal) + 1;

  metrics::Counter accepted;
  std::array<metrics::Counter, kReasons> refused;  ///< by RefusalReason
  metrics::Counter strangers;                      ///< peers that may not ask
};

/// Is this token, which is good otherwise, out of service? On any worker's thread; microseconds.
using IsDenied = std::function<bool(const AccessToken& token)>;

/// The claims of an opaque token that this server sealed, as JSON that introspection would show, or why it is none. On
/// any worker's thread; microseconds. Nothing of it is kept.
using OpenOpaque = std::function<std::variant<std::string, verifier::Fault>(std::string_view token)>;

/// What one verifier needs to decide: made before anything changes, since it can fail.
struct Published {
  Options options;
  std::vector<std::string> scopes;      ///< of `options.scope`
  std::vector<crypto::Sha256> proxies;  ///< x5t#S256 of whom it answers; unused on a Unix socket
  std::shared_ptr<TokenVerifier> verifier;
  verifier::ClaimPolicy policy;                        ///< the same rules, for opaque tokens
  std::shared_ptr<const verifier::DpopVerifier> dpop;  ///< the same
  verifier::Challenger challenger;
  WallClock clock = wall_now;

  [[nodiscard]] verifier::Schemes understood() const {
    return dpop->is_accepted() ? verifier::Schemes::bearer_and_dpop : verifier::Schemes::bearer;
  }
};

/// Errors: `invalid_request`, `detail` names the option. `jwks` is the server's own JWK Set, `proofs` what this process
/// has taken of DPoP proofs.
[[nodiscard]] Result<std::shared_ptr<const Published>> make_published(
    Options options, std::vector<crypto::Sha256> proxies, const std::string& issuer, const std::string& jwks,
    const std::shared_ptr<ProofMemory>& proofs, WallClock clock = wall_now);

/// The answer to a proxy that asks whether a request may pass: `/verify`, with the request's Authorization and DPoP
/// headers, and its client's certificate, its method and its URI in headers. 200 with headers that say whose token it
/// is; 401 and 403 with the challenge of RFC 6750 and RFC 9449. `?scope=` names further scopes that are needed; below
/// `/verify/` whatever the proxy appends is not looked at. Everything else about the request is the proxy's.
///
/// On one worker's thread.
class Service final : public http::Handler {
 public:
  explicit Service(const Metrics& metrics) : metrics_{metrics} {}

  /// Requests that begin from now on are decided so. What is remembered of tokens goes with `published`.
  void publish(std::shared_ptr<const Published> published) { published_ = std::move(published); }
  /// Tokens that it names are refused from now on.
  void publish_denied(IsDenied is_denied) { is_denied_ = std::move(is_denied); }
  /// Opaque tokens are opened by it from now on.
  void publish_opener(OpenOpaque open_opaque) { open_opaque_ = std::move(open_opaque); }
  /// The server's JWK Set has changed, and nothing else.
  void replace_keys(const std::string& jwks);

  [[nodiscard]] Task<http::Response> handle(const http::Request& request) override;

 private:
  [[nodiscard]] http::Response answer(const http::Request& request, const Published& published) const;
  [[nodiscard]] http::Response decide(const http::Request& request, const Published& published) const;
  [[nodiscard]] Decision judge(const PresentedRequest& asked, const PresentedCertificate& certificate,
                               TokenVerifier::Scopes needed, const Published& published) const;
  [[nodiscard]] std::variant<std::shared_ptr<const AccessToken>, verifier::Fault> judge_opaque(
      std::string_view token, verifier::Presentation presented, const PresentedRequest& asked,
      TokenVerifier::Scopes needed, const Published& published) const;
  [[nodiscard]] std::optional<verifier::Fault> find_denial(const AccessToken& token) const;
  [[nodiscard]] http::Response refuse(const http::Request& request, const Refusal& refusal) const;

  const Metrics& metrics_;
  mutable LineBudget refusal_lines_;  // counts what was decided, as the metrics do
  mutable LineBudget stranger_lines_;
  IsDenied is_denied_;                          // from before the first request on
  OpenOpaque open_opaque_;                      // from before the first request on
  std::shared_ptr<const Published> published_;  // from before the first request on
};

}  // namespace certbound::gate
