#include "gate/service.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "gate/forwarded_certificate.hpp"
#include "gate/forwarded_request.hpp"
#include "http/form.hpp"
#include "http/json_response.hpp"
#include "jose/jwe.hpp"
#include "verifier/claims.hpp"
#include "verifier/refusal.hpp"

namespace certbound::gate {

namespace {

constexpr std::string_view kPath = "/verify";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

/// Of some 1.5 KiB each; one such memory for each worker.
constexpr std::size_t kKnownTokens = 16384;

/// On a Unix socket whoever may connect may ask. Else only whose certificate is listed: the handshake proved its key.
bool may_ask(const http::Request& request, const Published& published) {
  if (published.options.is_local()) return true;
  const auto& peer = request.connection->peer;
  return peer && std::find(published.proxies.begin(), published.proxies.end(), peer->leaf_thumbprint) !=
                     published.proxies.end();
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void append_scopes(std::string_view text, std::vector<std::string>& scopes) {
  for (const std::string_view scope : split(text, ' ')) {
    if (!scope.empty()) scopes.emplace_back(scope);
  }
}

/// Scopes in the query add to what is needed, so whoever can write it gains nothing.
Result<std::vector<std::string>> find_scopes(const http::Request& request, const Published& published) {
  std::vector<std::string> scopes = published.scopes;
  if (request.path != kPath || request.query.empty()) return scopes;
  const auto form = http::parse_form(request.query, kForm);
  if (!form) return form.error();
  append_scopes(form->find("scope"), scopes);
  return scopes;
}

Options with_usual_headers(Options options) {
  if (options.certificate_header.empty()) options.certificate_header = usual_header(options.certificate_format);
  if (options.method_header.empty()) options.method_header = kMethodHeader;
  if (options.uri_header.empty()) options.uri_header = kUriHeader;
  return options;
}

/// Proofs are made for the URL that clients call: where it is not known none is looked at.
DpopOptions dpop_rules(const Options& options, const std::shared_ptr<ProofMemory>& proofs) {
  DpopOptions rules;
  rules.is_accepted = !options.url.empty();
  rules.made_since = proofs->made_since();
  if (!options.dpop_algorithms.empty()) rules.algorithms = options.dpop_algorithms;
  rules.remember = [proofs](const auto& key, std::chrono::sys_seconds until) { return proofs->remember(key, until); };
  return rules;
}

/// For the log: what the proxy has not told, where it was needed.
Refusal explain(Refusal refusal, const ForwardedRequest& client) {
  if (refusal.reason == RefusalReason::proof_request_mismatch && !client.problem.empty()) {
    refusal.detail = verifier::make_log_line(client.problem);
  }
  return refusal;
}

std::vector<std::string_view> values_of(const http::Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const http::Header& header : request.headers) {
    if (header.name == name) values.emplace_back(header.value);
  }
  return values;
}

http::Response accept(const AccessToken& token) {
  std::string scope = join(token.scopes, " ");
  http::Response response;
  response.headers = {{"X-Certbound-Client-Id", token.client_id},
                      {"X-Certbound-Subject", token.subject},
                      {"X-Certbound-Scope", std::move(scope)},
                      {"X-Certbound-Token-Id", token.token_id},
                      {"X-Certbound-Expires-At", std::to_string(token.expires_at.time_since_epoch().count())},
                      {"X-Certbound-Certificate", token.x5t_s256.value_or("")},
                      {"X-Certbound-Jkt", token.jkt.value_or("")},
                      {"Cache-Control", "no-store"}};
  return response;
}

}  // namespace

Metrics::Metrics(metrics::Registry& registry)
    : accepted{registry.counter("certbound_verifier_decisions_total", "Requests of proxies, by what was decided",
                                {{"decision", "accepted"}})},
      strangers{registry.counter("certbound_verifier_strangers_total",
                                 "Requests to a verifier by peers whose certificate is none of its proxies")} {
  for (std::size_t i = 0; i < kReasons; ++i) {
    refused[i] = registry.counter("certbound_verifier_decisions_total", "Requests of proxies, by what was decided",
                                  {{"decision", name(static_cast<RefusalReason>(i))}});
  }
}

Result<std::shared_ptr<const Published>> make_published(Options options, std::vector<crypto::Sha256> proxies,
                                                        const std::string& issuer, const std::string& jwks,
                                                        const std::shared_ptr<ProofMemory>& proofs, WallClock clock) {
  auto published = std::make_shared<Published>();
  published->policy = {issuer, {options.audience}, options.binding, std::chrono::seconds{0}};
  published->clock = clock;
  VerifierOptions rules;
  rules.issuer = issuer;
  rules.audiences = {options.audience};
  rules.jwks = jwks;
  rules.binding = options.binding;
  rules.dpop = dpop_rules(options, proofs);
  rules.cached_tokens = kKnownTokens;
  rules.clock_skew = std::chrono::seconds{0};  // the clock is the one that issued the tokens
  rules.clock = clock;
  try {
    published->dpop = std::make_shared<const verifier::DpopVerifier>(rules.dpop);
    published->verifier = std::make_shared<TokenVerifier>(std::move(rules));
  } catch (const std::invalid_argument& error) {
    return invalid_input(error.what());
  }
  published->challenger = {options.audience, published->dpop->algorithms()};
  append_scopes(options.scope, published->scopes);
  published->options = with_usual_headers(std::move(options));
  published->proxies = std::move(proxies);
  return std::shared_ptr<const Published>{std::move(published)};
}

void Service::replace_keys(const std::string& jwks) {
  TokenVerifier& verifier = *published_->verifier;
  if (!verifier.replace_keys(jwks)) log::error("verifier_keys_not_taken", {{"detail", verifier.key_status().problem}});
}

Task<http::Response> Service::handle(const http::Request& request) {
  const std::shared_ptr<const Published> published = published_;
  co_return answer(request, *published);
}

http::Response Service::answer(const http::Request& request, const Published& published) const {
  if (!may_ask(request, published)) {
    metrics_.strangers.increment();
    if (const auto unwritten = stranger_lines_.take(published.clock())) {
      log::warning(
          "verifier_stranger",
          {{"request_id", request.id}, {"peer", request.connection->peer_address}, {"not_logged", *unwritten}});
    }
    return http::error_response(403, "access_denied", "this verifier answers its proxies alone", request.id);
  }
  const bool is_ours = request.path == kPath || request.path.starts_with(std::string{kPath} + "/");
  return is_ours ? decide(request, published) : http::not_found(request.id);
}

http::Response Service::decide(const http::Request& request, const Published& published) const {
  const auto scopes = find_scopes(request, published);
  // The proxy's own configuration is at fault: neither 401 nor 403, which it would hand on.
  if (!scopes) return http::error_response(400, "invalid_request", "the query is not well formed", request.id);
  const std::vector<std::string_view> needed{scopes->begin(), scopes->end()};
  const Options& options = published.options;
  const PresentedCertificate certificate =
      read_forwarded_certificate(request, options.certificate_header, options.certificate_format);
  const ForwardedRequest client = read_forwarded_request(request, options);
  const auto authorization = values_of(request, "authorization");
  const auto dpop = values_of(request, "dpop");
  const Decision decision = judge({client.method, client.url, authorization, dpop}, certificate, needed, published);
  if (!decision) return refuse(request, explain(decision.refusal(), client));
  http::Response response = accept(decision.token());
  // Whoever reads the headers must not be told more lines than there are.
  const bool is_plain = std::all_of(response.headers.begin(), response.headers.end(),
                                    [](const auto& header) { return is_visible(header.second); });
  if (!is_plain) {
    Refusal refusal;
    refusal.detail = "a claim holds characters that no header can carry";
    return refuse(request, refusal);
  }
  metrics_.accepted.increment();
  return response;
}

Decision Service::judge(const PresentedRequest& asked, const PresentedCertificate& certificate,
                        TokenVerifier::Scopes needed, const Published& published) const {
  const auto [scheme, found] = verifier::find_credentials(asked.authorization, published.understood());
  const auto refusal = [&, used = scheme](verifier::Fault fault) {
    return Decision{verifier::make_refusal(std::move(fault), used, published.challenger, needed)};
  };
  if (const auto* token = std::get_if<std::string_view>(&found); token != nullptr && jose::has_parts_of_jwe(*token)) {
    auto judged = judge_opaque(*token, {certificate, scheme, {}}, asked, needed, published);
    if (auto* fault = std::get_if<verifier::Fault>(&judged)) return refusal(std::move(*fault));
    return Decision{std::get<std::shared_ptr<const AccessToken>>(std::move(judged))};
  }
  Decision decision = published.verifier->verify_request(asked, certificate, needed);
  if (!decision) return decision;
  auto denial = find_denial(decision.token());
  return denial ? refusal(*std::move(denial)) : decision;
}

/// Opened anew for each request, and nothing of it is kept: so a denial has nothing to outrun.
std::variant<std::shared_ptr<const AccessToken>, verifier::Fault> Service::judge_opaque(
    std::string_view token, verifier::Presentation presented, const PresentedRequest& asked,
    TokenVerifier::Scopes needed, const Published& published) const {
  auto opened = open_opaque_(token);
  if (auto* fault = std::get_if<verifier::Fault>(&opened)) return std::move(*fault);
  auto claims = verifier::parse_claims(std::get<std::string>(std::move(opened)));
  if (!claims) return verifier::Fault{RefusalReason::claims_malformed, claims.error().detail};
  const auto now = published.clock();
  const auto denial = [this](const AccessToken& opaque) { return find_denial(opaque); };
  const auto check_key = [&](const crypto::Sha256& jkt) { return published.dpop->check(asked, token, jkt, now); };
  if (published.dpop->is_accepted()) presented.check_key = std::cref(check_key);
  auto fault = verifier::check_claims(*claims, published.policy, now, denial, presented, needed);
  if (fault) return *std::move(fault);
  return std::make_shared<const AccessToken>(std::move(claims->token));
}

std::optional<verifier::Fault> Service::find_denial(const AccessToken& token) const {
  if (!is_denied_(token)) return std::nullopt;
  return verifier::Fault{RefusalReason::denied, "the token is out of service"};
}

http::Response Service::refuse(const http::Request& request, const Refusal& refusal) const {
  metrics_.refused[static_cast<std::size_t>(refusal.reason)].increment();
  if (const auto unwritten = refusal_lines_.take(published_->clock())) {
    log::info("verifier_refused", {{"request_id", request.id},
                                   {"reason", name(refusal.reason)},
                                   {"detail", refusal.detail},
                                   {"peer", request.connection->peer_address},
                                   {"not_logged", *unwritten}});
  }
  http::Response response;
  // A proxy hands on a 401 and a 403, and takes whatever else a verifier answers for a fault of its own.
  response.status = refusal.reason == RefusalReason::request_malformed ? 401 : refusal.status;
  if (!refusal.www_authenticate.empty()) response.headers.emplace_back("WWW-Authenticate", refusal.www_authenticate);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace certbound::gate
