#include "certbound/token_verifier.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "jose/algorithm.hpp"
#include "jose/jws_verify.hpp"
#include "verifier/authorization.hpp"
#include "verifier/check_claims.hpp"
#include "verifier/claims.hpp"
#include "verifier/deny_feed.hpp"
#include "verifier/dpop_verifier.hpp"
#include "verifier/key_set.hpp"
#include "verifier/last_good.hpp"
#include "verifier/refusal.hpp"

namespace certbound {

namespace {

using verifier::Challenger;
using verifier::Claims;
using verifier::DenyFeed;
using verifier::Fault;
using verifier::KeySet;
using verifier::Presentation;
using verifier::Scheme;
using verifier::Schemes;

/// What a token may have at the most: HTTP servers take no longer header.
constexpr std::size_t kMaximumTokenBytes = 16UL * 1024;
constexpr std::chrono::minutes kMaximumSkew{5};
/// After a deny feed could not be had: a second at first, then twice as long each time.
constexpr std::chrono::milliseconds kFirstRetry{std::chrono::seconds{1}};
constexpr std::chrono::milliseconds kLongestRetry{std::chrono::seconds{15}};
constexpr std::string_view kAccessTokenType = "at+jwt";
constexpr std::string_view kDenyFeedType = "denied+jwt";

using KeyRing = verifier::LastGood<KeySet>;
using DenyWatch = verifier::LastGood<DenyFeed>;
using ClaimsOrFault = std::variant<std::shared_ptr<const Claims>, Fault>;

[[noreturn]] void refuse_option(const std::string& problem) {
  throw std::invalid_argument{"VerifierOptions::" + problem};
}

void check_algorithms(const std::vector<std::string>& algorithms) {
  if (algorithms.empty()) refuse_option("algorithms: empty");
  for (const std::string& algorithm : algorithms) {
    if (jose::find_algorithm(algorithm) == nullptr) {
      refuse_option("algorithms: " + verifier::quote_short(algorithm) + " is none that is known");
    }
  }
}

void check_durations(const VerifierOptions& options) {
  using std::chrono::seconds;
  if (options.clock_skew < seconds{0} || options.clock_skew > kMaximumSkew) refuse_option("clock_skew: not 0 to 300 s");
  if (options.minimum_refresh_interval < seconds{1}) refuse_option("minimum_refresh_interval: less than 1 s");
  if (options.refresh_interval < options.minimum_refresh_interval) {
    refuse_option("refresh_interval: less than minimum_refresh_interval");
  }
  if (options.denied_refresh_interval < seconds{1}) refuse_option("denied_refresh_interval: less than 1 s");
  if (options.maximum_key_age < options.refresh_interval) refuse_option("maximum_key_age: less than refresh_interval");
}

/// The options as they are used. Throws std::invalid_argument.
VerifierOptions checked(VerifierOptions options) {
  if (options.issuer.empty()) refuse_option("issuer: empty");
  if (options.audiences.empty()) refuse_option("audiences: empty");
  for (const std::string& audience : options.audiences) {
    if (audience.empty()) refuse_option("audiences: one is empty");
  }
  if (options.jwks.empty() && !options.fetch_keys) refuse_option("jwks: empty, and there is no fetch_keys");
  check_algorithms(options.algorithms);
  check_durations(options);
  if (options.realm.empty()) options.realm = options.audiences.front();
  if (!verifier::is_quotable(options.realm)) refuse_option("realm: a character that a challenge cannot hold");
  if (!options.clock) options.clock = &wall_now;
  return options;
}

/// RFC 9068 section 4 and RFC 7515 section 4.1.9: a media type, so without regard to case, `application/` left out or
/// not.
bool has_type(std::string_view header_json, std::string_view expected) {
  const auto header = parse_json(header_json);
  if (!header) return false;
  constexpr std::string_view kApplication = "application/";
  std::string_view type = string_member(*header, "typ");
  if (ascii_iequals(type.substr(0, kApplication.size()), kApplication)) type.remove_prefix(kApplication.size());
  return ascii_iequals(type, expected);
}

RefusalReason reason_of(jose::JwsStep step, const Error& error) {
  if (error.code == ErrorCode::server_error) return RefusalReason::internal;
  switch (step) {
    case jose::JwsStep::take_apart:
      return RefusalReason::token_malformed;
    case jose::JwsStep::choose:
      return RefusalReason::header_refused;
    case jose::JwsStep::find_key:
      return RefusalReason::key_unknown;
    case jose::JwsStep::verify:
      return RefusalReason::signature_wrong;
  }
  return RefusalReason::internal;
}

KeyRing::Options ring_options(const VerifierOptions& options) {
  const auto load = [cached_tokens = options.cached_tokens](std::string text, std::chrono::sys_seconds) {
    return verifier::load_key_set(std::move(text), cached_tokens);
  };
  return {options.fetch_keys, load, options.refresh_interval, options.minimum_refresh_interval,
          options.maximum_key_age};
}

}  // namespace

class TokenVerifier::State {
 public:
  explicit State(VerifierOptions options)
      : options_{checked(std::move(options))},
        policy_{options_.issuer, options_.audiences, options_.binding, options_.clock_skew},
        algorithms_{options_.algorithms.begin(), options_.algorithms.end()},
        dpop_{std::move(options_.dpop)},
        bearer_alone_{options_.realm, {}},
        bearer_and_dpop_{options_.realm, dpop_.algorithms()},
        ring_{ring_options(options_)},
        denied_{denied_options()} {
    if (options_.jwks.empty()) return;
    if (auto loaded = ring_.replace(std::move(options_.jwks), now()); !loaded)
      refuse_option("jwks: " + loaded.error().detail);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() = default;

  [[nodiscard]] std::chrono::sys_seconds now() const { return options_.clock(); }
  [[nodiscard]] KeyRing& ring() { return ring_; }
  [[nodiscard]] DenyWatch& denied() { return denied_; }

  /// `token` as it stands behind `Bearer `.
  [[nodiscard]] Decision decide_token(std::string_view token, const PresentedCertificate& certificate,
                                      Scopes required) {
    return decide(bearer_alone_, Scheme::bearer, required, [&] {
      return judge(token, {certificate, Scheme::bearer, {}}, required, nullptr);
    });
  }

  /// Of `request` the Authorization fields alone.
  [[nodiscard]] Decision decide_bearer(const PresentedRequest& request, const PresentedCertificate& certificate,
                                       Scopes required) {
    return decide(bearer_alone_, Scheme::bearer, required, [&]() -> ClaimsOrFault {
      auto [scheme, token] = verifier::find_credentials(request.authorization, Schemes::bearer);
      if (auto* fault = std::get_if<Fault>(&token)) return std::move(*fault);
      return judge(std::get<std::string_view>(token), {certificate, scheme, {}}, required, nullptr);
    });
  }

  [[nodiscard]] Decision decide_request(const PresentedRequest& request, const PresentedCertificate& certificate,
                                        Scopes required) {
    if (!dpop_.is_accepted()) return decide_bearer(request, certificate, required);
    Scheme used = Scheme::bearer;
    return decide(bearer_and_dpop_, used, required, [&]() -> ClaimsOrFault {
      auto [scheme, token] = verifier::find_credentials(request.authorization, Schemes::bearer_and_dpop);
      used = scheme;
      if (auto* fault = std::get_if<Fault>(&token)) return std::move(*fault);
      return judge(std::get<std::string_view>(token), {certificate, scheme, {}}, required, &request);
    });
  }

 private:
  /// Runs `judge`, which gives claims or a fault. What it throws is a refusal too: a clock of the caller's, no memory.
  template <typename Judge>
  [[nodiscard]] Decision decide(const Challenger& challenger, const Scheme& used, Scopes required, const Judge& judge) {
    try {
      ClaimsOrFault judged = judge();
      if (auto* fault = std::get_if<Fault>(&judged)) {
        return Decision{verifier::make_refusal(std::move(*fault), used, challenger, required)};
      }
      auto claims = std::get<std::shared_ptr<const Claims>>(std::move(judged));
      const AccessToken* token = &claims->token;
      return Decision{std::shared_ptr<const AccessToken>{std::move(claims), token}};
    } catch (const std::exception& exception) {
      return Decision{verifier::make_refusal({RefusalReason::internal, exception.what()}, used, challenger, required)};
    }
  }

  /// `request`: where a proof may be; null where nobody has told.
  [[nodiscard]] ClaimsOrFault judge(std::string_view token, Presentation presented, Scopes required,
                                    const PresentedRequest* request) {
    const auto time = now();
    auto found = find_claims(token, time);
    const auto* claims = std::get_if<std::shared_ptr<const Claims>>(&found);
    if (claims == nullptr) return found;
    const auto find_denial = [this, time](const AccessToken& accepted) { return check_denied(accepted, time); };
    const auto check_key = [&](const crypto::Sha256& jkt) { return dpop_.check(*request, token, jkt, time); };
    if (request != nullptr) presented.check_key = std::cref(check_key);
    auto fault = verifier::check_claims(**claims, policy_, time, find_denial, presented, required);
    if (fault) return *std::move(fault);
    return found;
  }

  /// The claims of a token whose signature and type are right, now or when it came first.
  [[nodiscard]] ClaimsOrFault find_claims(std::string_view token, std::chrono::sys_seconds time) {
    if (token.size() > kMaximumTokenBytes) return Fault{RefusalReason::token_malformed, "larger than 16 KiB"};
    const auto keys = ring_.take(time);
    if (!keys) return Fault{RefusalReason::keys_unavailable, "no keys of the issuer: " + ring_.status().problem};
    const crypto::Sha256 digest = crypto::sha256(token);
    if (auto known = keys->cache.find(digest)) return known;
    auto verified = verify_signed(token, *keys);
    const auto* fault = std::get_if<Fault>(&verified);
    if (fault == nullptr) return remember(*keys, digest, std::move(verified));
    if (fault->reason != RefusalReason::key_unknown) return verified;
    const auto newer = ring_.find_newer(keys, time);
    if (newer == keys) return verified;
    return remember(*newer, digest, verify_signed(token, *newer));
  }

  static ClaimsOrFault remember(const KeySet& keys, const crypto::Sha256& digest, ClaimsOrFault verified) {
    if (const auto* claims = std::get_if<std::shared_ptr<const Claims>>(&verified)) keys.cache.put(digest, *claims);
    return verified;
  }

  [[nodiscard]] ClaimsOrFault verify_signed(std::string_view token, const KeySet& keys) const {
    jose::JwsStep step{};
    auto jws = jose::verify_compact(token, keys.keys, algorithms_, step);
    if (!jws) return Fault{reason_of(step, jws.error()), std::move(jws.error().detail)};
    if (!has_type(jws->header_json, kAccessTokenType)) return Fault{RefusalReason::type_wrong, "typ: not at+jwt"};
    auto claims = verifier::parse_claims(std::move(jws->payload));
    if (!claims) return Fault{RefusalReason::claims_malformed, std::move(claims.error().detail)};
    claims->token.key_id = std::move(jws->kid);
    return std::make_shared<const Claims>(*std::move(claims));
  }

  [[nodiscard]] DenyWatch::Options denied_options() {
    const auto load = [this](std::string text, std::chrono::sys_seconds time) {
      return load_feed(std::move(text), time);
    };
    DenyWatch::Options watch{options_.fetch_denied, load, options_.denied_refresh_interval,
                             std::min(options_.denied_refresh_interval, options_.minimum_refresh_interval),
                             // Its age is what the issuer says of it: check_denied().
                             std::chrono::hours{24 * 365}};
    watch.retry = Backoff{kFirstRetry, kLongestRetry};
    watch.confirm = [this](const DenyFeed& feed, std::chrono::sys_seconds time) { return check_end(feed, time); };
    return watch;
  }

  [[nodiscard]] Result<void> check_end(const DenyFeed& feed, std::chrono::sys_seconds time) const {
    if (time < feed.expires_at + policy_.clock_skew) return {};
    return invalid_input("the deny feed: expired");
  }

  [[nodiscard]] std::optional<Fault> check_denied(const AccessToken& token, std::chrono::sys_seconds time) {
    if (!options_.fetch_denied) return std::nullopt;
    const auto feed = denied_.take(time);
    if (!feed) return Fault{RefusalReason::denials_unavailable, "no deny feed: " + denied_.status().problem};
    if (!check_end(*feed, time)) {
      return Fault{RefusalReason::denials_unavailable,
                   "the deny feed ended at " + to_rfc3339(feed->expires_at) + ": " + denied_.status().problem};
    }
    const std::string_view by = feed->find_denial(token, time);
    if (by.empty()) return std::nullopt;
    return Fault{RefusalReason::denied, "denied by " + std::string{by}};
  }

  /// Signed by the issuer as such a feed, its own, valid, and no older than the one in use: an old one would take
  /// denials back.
  [[nodiscard]] Result<std::shared_ptr<const DenyFeed>> load_feed(std::string text, std::chrono::sys_seconds time) {
    auto jws = verify_feed(text, time);
    if (!jws) return std::move(jws).error();
    if (!has_type(jws->header_json, kDenyFeedType)) return invalid_input("the deny feed: typ: not denied+jwt");
    auto feed = DenyFeed::parse(jws->payload, std::move(text));
    if (!feed) return feed;
    const DenyFeed& loaded = **feed;
    if (loaded.issuer != policy_.issuer) return invalid_input("the deny feed: of another issuer");
    if (auto valid = check_end(loaded, time); !valid) return std::move(valid).error();
    if (time + policy_.clock_skew < loaded.issued_at) return invalid_input("the deny feed: from the future");
    const auto current = denied_.status().current;
    if (current && loaded.issued_at < current->issued_at)
      return invalid_input("the deny feed: older than the one in use");
    return feed;
  }

  [[nodiscard]] Result<jose::VerifiedJws> verify_feed(std::string_view text, std::chrono::sys_seconds time) {
    const auto keys = ring_.take(time);
    if (!keys) return invalid_input("the deny feed: no keys of the issuer");
    jose::JwsStep step{};
    auto jws = jose::verify_compact(text, keys->keys, algorithms_, step, verifier::kMaximumFeedBytes);
    if (jws || step != jose::JwsStep::find_key) return jws;
    const auto newer = ring_.find_newer(keys, time);
    return newer == keys ? jws
                         : jose::verify_compact(text, newer->keys, algorithms_, step, verifier::kMaximumFeedBytes);
  }

  VerifierOptions options_;
  verifier::ClaimPolicy policy_;
  std::vector<std::string_view> algorithms_;  // of options_
  verifier::DpopVerifier dpop_;
  Challenger bearer_alone_;
  Challenger bearer_and_dpop_;
  KeyRing ring_;
  DenyWatch denied_;
};

Fetch fetch_from_file(std::filesystem::path path) {
  return [path = std::move(path)]() -> std::optional<std::string> {
    auto text = load_file(path, verifier::kMaximumFeedBytes);
    if (!text) throw std::runtime_error{text.error().detail};
    return *std::move(text);
  };
}

TokenVerifier::TokenVerifier(VerifierOptions options) : state_{std::make_unique<State>(std::move(options))} {}

TokenVerifier::~TokenVerifier() = default;

Decision TokenVerifier::verify(std::string_view token, const PresentedCertificate& certificate,
                               Scopes required_scopes) const {
  return state_->decide_token(token, certificate, required_scopes);
}

Decision TokenVerifier::verify(std::string_view token, const PresentedCertificate& certificate,
                               std::initializer_list<std::string_view> required_scopes) const {
  return verify(token, certificate, Scopes{required_scopes.begin(), required_scopes.size()});
}

Decision TokenVerifier::verify_request(const PresentedRequest& request, const PresentedCertificate& certificate,
                                       Scopes required_scopes) const {
  return state_->decide_request(request, certificate, required_scopes);
}

Decision TokenVerifier::verify_request(std::span<const std::string_view> authorization,
                                       const PresentedCertificate& certificate, Scopes required_scopes) const {
  return state_->decide_bearer({{}, {}, authorization, {}}, certificate, required_scopes);
}

bool TokenVerifier::refresh_keys() { return state_->ring().refresh(state_->now()).has_value(); }

bool TokenVerifier::refresh_denied() { return state_->denied().refresh(state_->now()).has_value(); }

bool TokenVerifier::replace_keys(std::string_view jwks) {
  return state_->ring().replace(std::string{jwks}, state_->now()).has_value();
}

KeyStatus TokenVerifier::key_status() const {
  const auto status = state_->ring().status();
  if (!status.current) return {0, {}, status.problem, {}};
  return {status.current->keys.size(), status.loaded_at, status.problem, status.current->skipped};
}

DeniedStatus TokenVerifier::denied_status() const {
  const auto status = state_->denied().status();
  if (!status.current) return {{}, {}, status.problem};
  return {status.current->issued_at, status.current->expires_at, status.problem};
}

}  // namespace certbound
