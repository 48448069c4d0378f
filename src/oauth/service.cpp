#include "oauth/service.hpp"

#include <chrono>
#include <exception>

#include "base/log.hpp"
#include "http/json_response.hpp"
#include "oauth/client_auth/authenticate.hpp"
#include "oauth/endpoints/deny_feed.hpp"
#include "oauth/endpoints/documents.hpp"
#include "oauth/error_response.hpp"
#include "x509/name.hpp"

namespace certbound::oauth {

namespace {

constexpr std::string_view kJwkSet = "application/jwk-set+json";

/// One line for each certificate and generation of its trust store, then the verdict is remembered; with OCSP one for
/// each time that it was not told.
void log_unknown_revocation(const x509::TrustStore& store, const x509::VerifiedPath& path, WallTime now) {
  for (std::size_t i = 0; i < path.revocation.size(); ++i) {
    if (path.revocation[i].status != x509::RevocationStatus::unknown) continue;
    const x509::Certificate& certificate = path.certificates[i];
    log::warning("revocation_unknown", {{"trust_store", store.name()},
                                        {"subject", x509::render_name(*X509_get_subject_name(&certificate.handle()))},
                                        {"serial", certificate.serial_hex()},
                                        {"detail", x509::describe_finding(path.revocation[i], certificate, now)}});
  }
}

/// Nobody is asked again now, but by the next request.
void answer_with_failures(x509::OcspDesk& desk, WallTime now) {
  const auto failure = x509::OcspOutcome::of_failure("the configuration changed while responders were asked", now,
                                                     std::chrono::seconds{1});
  for (const x509::OcspQuestion& question : desk.questions) {
    desk.answers.put(x509::ocsp_key(question, desk.options), failure);
  }
}

std::array<metrics::Counter, kReasonCount> make_refusal_counters(metrics::Registry& registry) {
  std::array<metrics::Counter, kReasonCount> counters;
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    counters[i] =
        registry.counter("certbound_refusals_total", "Requests of clients refused, by reason (docs/ERRORS.md)",
                         {{"reason", name(static_cast<Reason>(i))}});
  }
  return counters;
}

model::Denial make_revoked_denial(const audit::Event& event) {
  model::Denial denial;
  denial.kind = model::DenialKind::thumbprint;
  denial.subject = event.certificate->x5t_s256;
  denial.issued_before = event.time + std::chrono::seconds{1};  // those of this second too
  denial.reason = "found revoked when it came as client " + event.client_id;
  denial.created_at = event.time;
  denial.until = event.time + model::kLongestLifetime + model::kVerifierSlack;
  denial.origin = model::DenialOrigin::by_server;
  return denial;
}

audit::Event make_event(const ClientEndpoint& endpoint, const http::Request& request, WallTime now) {
  audit::Event event;
  event.time = now;
  event.endpoint = endpoint.name;
  event.request_id = request.id;
  event.peer = request.connection->peer_address;
  event.listener = request.connection->listener_address;
  event.certificate = request.connection->peer;
  return event;
}

/// Only then the certificate is the client's, and its end the client's concern: any other may be made for the
/// connection.
bool is_authenticated_by_certificate(const audit::Event& event) {
  return event.auth_method == name(model::AuthMethod::tls_client_auth) ||
         event.auth_method == name(model::AuthMethod::self_signed_tls_client_auth);
}

bool is_counted_elsewhere(Reason reason) {
  return reason == Reason::denials_full || reason == Reason::replays_full || reason == Reason::replays_unknown;
}

/// Does the reason speak of keys, of which the client may have published others?
bool may_be_newer_than_keys(Reason reason) {
  return reason == Reason::certificate_not_registered || reason == Reason::assertion_key_unknown ||
         reason == Reason::assertion_signature_wrong;
}

/// Responders were asked again and again, and each time the configuration had other questions by then.
Error undecided() {
  return {ErrorCode::temporarily_unavailable, Reason::overloaded, "the server is busy; ask again later",
          "a responder's answer is missing"};
}

/// OPTIONS of a known URL says what it takes (RFC 9110 section 9.3.7).
http::Response answer_options(std::string_view allow) {
  http::Response response;
  response.status = 204;
  response.headers.emplace_back("Allow", std::string{allow});
  return response;
}

/// The answer for a method that a document does not take, if it is one.
std::optional<http::Response> check_document_method(const http::Request& request) {
  constexpr std::string_view kAllow = "GET, HEAD, OPTIONS";
  if (request.method == http::Method::get || request.method == http::Method::head) return std::nullopt;
  if (request.method == http::Method::options) return answer_options(kAllow);
  return http::method_not_allowed(kAllow, request.id);
}

}  // namespace

ServiceMetrics::ServiceMetrics(metrics::Registry& registry)
    : tokens_issued{registry.counter("certbound_tokens_issued_total", "Access tokens issued")},
      dpop_tokens_issued{registry.counter("certbound_dpop_tokens_issued_total",
                                          "Of the access tokens issued those that are bound to a DPoP key")},
      refusals{make_refusal_counters(registry)},
      token_seconds{registry.histogram("certbound_token_duration_seconds", "Time to answer a token request")},
      active_introspections{registry.counter("certbound_introspections_total", "Introspections answered, by the answer",
                                             {{"active", "true"}})},
      inactive_introspections{registry.counter("certbound_introspections_total",
                                               "Introspections answered, by the answer", {{"active", "false"}})},
      tokens_revoked{registry.counter("certbound_tokens_revoked_total", "Tokens that their clients revoked")},
      document_requests{registry.counter("certbound_document_requests_total", "Requests for metadata and keys")},
      verification_hits{
          registry.counter("certbound_chain_verifications_remembered_total", "Chain validations answered from memory")},
      unknown_revocations{registry.counter(
          "certbound_revocation_unknown_total",
          "Chain validations that soft_fail accepted though nobody says whether a certificate is revoked")},
      faults{registry.counter("certbound_faults_total", "Exceptions that reached a coroutine's end; each is a bug")} {}

Service::Service(store::ClientDirectory& directory, OcspSource& ocsp, store::SeenRecorder& seen,
                 store::DenialRecorder& denials, DpopTools dpop, audit::Writer& audit, const ServiceMetrics& metrics,
                 const Health& health, WallClock clock)
    : directory_{directory},
      memory_{x509::VerificationMemory::kCapacity,
              [&metrics](const x509::TrustStore& store, const x509::VerifiedPath& path, WallTime now) {
                metrics.unknown_revocations.increment();
                log_unknown_revocation(store, path, now);
              }},
      ocsp_{ocsp},
      seen_{seen},
      denials_{denials},
      dpop_{dpop},
      audit_{audit},
      metrics_{metrics},
      health_{health},
      clock_{clock} {}

Result<Service::Prepared> Service::prepare(const std::shared_ptr<const Snapshot>& snapshot) {
  auto signer = TokenSigner::make(snapshot->active_key());
  if (!signer) return std::move(signer).error();
  auto tokens = TokenReader::make(snapshot);
  if (!tokens) return std::move(tokens).error();
  const std::string& path = snapshot->issuer_path;
  std::vector<std::string> endpoint_paths;
  for (const ClientEndpoint& endpoint : all_client_endpoints()) {
    endpoint_paths.push_back(path + std::string{endpoint.path});
  }
  return std::make_shared<Published>(
      Published{snapshot, *std::move(signer), *std::move(tokens), std::move(endpoint_paths), path + "/oauth2/jwks",
                path + "/oauth2/denied", metadata_path(path), path + "/healthz", path + "/readyz"});
}

void Service::publish(Prepared prepared) {
  published_ = std::move(prepared);
  memory_.clear();
  answers_.forget_all_but_revoked();
  directory_.clear();
}

void Service::renew(Prepared prepared) { published_ = std::move(prepared); }

Task<http::Response> Service::handle(const http::Request& request) {
  const std::shared_ptr<const Published> published = published_;
  std::string fault;
  try {
    co_return co_await route(request, *published);
  } catch (const std::exception& exception) {
    fault = exception.what();
  }
  const Error error = note_fault(request, std::move(fault));
  co_return render_error(error, request);
}

Error Service::note_fault(const http::Request& request, std::string what) {
  metrics_.faults.increment();
  log::error("fault", {{"request_id", request.id}, {"detail", what}});
  return internal_error(std::move(what));
}

Task<http::Response> Service::route(const http::Request& request, const Published& published) {
  for (std::size_t i = 0; i < published.endpoint_paths.size(); ++i) {
    if (request.path != published.endpoint_paths[i]) continue;
    if (request.method == http::Method::post) co_return co_await answer_client(all_client_endpoints()[i], request);
    constexpr std::string_view kAllow = "POST, OPTIONS";
    if (request.method == http::Method::options) co_return answer_options(kAllow);
    co_return http::method_not_allowed(kAllow, request.id);
  }
  const bool is_metadata = request.path == published.metadata_path;
  const bool is_jwks = request.path == published.jwks_path;
  const bool is_feed = request.path == published.feed_path;
  const bool is_healthz = request.path == published.healthz_path;
  const bool is_readyz = request.path == published.readyz_path;
  if (!is_metadata && !is_jwks && !is_feed && !is_healthz && !is_readyz) co_return http::not_found(request.id);
  if (auto refused = check_document_method(request)) co_return *std::move(refused);
  if (is_healthz) co_return health_.render_healthz();
  if (is_readyz) co_return co_await health_.render_readyz();
  metrics_.document_requests.increment();
  if (is_feed) co_return show_feed(request);
  const Snapshot& snapshot = *published.snapshot;
  if (is_metadata) co_return serve_document(snapshot.metadata, http::kJson, request);
  co_return serve_document(snapshot.jwks, kJwkSet, request);
}

Task<http::Response> Service::answer_client(const ClientEndpoint& endpoint, const http::Request& request) {
  const auto began = std::chrono::steady_clock::now();
  audit::Event event = make_event(endpoint, request, clock_());
  event.generation = published_->snapshot->generation;
  auto answered = co_await decide(endpoint, request, event);
  http::Response response = answered ? *std::move(answered) : refuse(endpoint, answered.error(), request, event);
  // The record leaves before the answer: it may know a token that nobody got, never the other way round.
  const auto recorded = co_await audit_.record(event);
  if (!recorded) {
    event.reason = recorded.error().reason;
    log::error("audit_failed", {{"request_id", request.id}, {"detail", recorded.error().detail}});
    response = render_error(recorded.error(), request);
  }
  count(event, std::chrono::steady_clock::now() - began);
  if (endpoint.name == "token") offer_nonce(request, response);
  co_return response;
}

Task<Result<http::Response>> Service::decide(const ClientEndpoint& endpoint, const http::Request& request,
                                             audit::Event& event) {
  std::string fault;
  try {
    x509::OcspDesk desk{answers_};
    auto answered = co_await try_once(endpoint, request, desk, event);
    if (!desk.questions.empty()) answered = co_await ask_and_try(endpoint, request, desk, event);
    if (!answered && may_be_newer_than_keys(answered.error().reason)) {
      // The certificate, or the key of the assertion, may be newer than what the client's jwks_uri said last. All is
      // looked at anew then: the registration may have changed while the request waited.
      const bool is_worth_another_try = co_await keys_.renew(event.client_id);
      if (is_worth_another_try) answered = co_await try_once(endpoint, request, desk, event);
      if (!desk.questions.empty()) answered = co_await ask_and_try(endpoint, request, desk, event);
    }
    if (answered) note_seen(event);
    if (!answered && answered.error().reason == Reason::certificate_revoked) {
      co_await deny_revoked(event, answered.error());
    }
    co_return answered;
  } catch (const std::exception& exception) {
    fault = exception.what();
  }
  co_return note_fault(request, std::move(fault));
}

/// RFC 9449 section 8.2: with every answer to a client that knows of proofs, so that its next one is good.
void Service::offer_nonce(const http::Request& request, http::Response& response) const {
  const bool is_wanted = published_->snapshot->dpop.nonce == DpopOptions::Nonce::on && request.find_header("dpop");
  if (!is_wanted) return;
  const auto nonce = dpop_.nonces.issue(clock_());
  if (nonce) {
    response.headers.emplace_back("DPoP-Nonce", *nonce);
  } else {
    log::error("nonce_not_made", {{"request_id", request.id}, {"detail", nonce.error().detail}});
  }
}

/// Those since the last count: requests that were suspended meanwhile are not this one's alone.
void Service::count_hits() {
  const std::size_t hits = memory_.hits() - counted_hits_;
  if (hits == 0) return;
  counted_hits_ += hits;
  metrics_.verification_hits.increment(static_cast<double>(hits));
}

/// All is looked at anew with the answers: a reload may have come meanwhile, and a trust store of the new configuration
/// may have questions of its own. Reloads without end are no reason to wait without end: then nobody tells.
Task<Result<http::Response>> Service::ask_and_try(const ClientEndpoint& endpoint, const http::Request& request,
                                                  x509::OcspDesk& desk, audit::Event& event) {
  co_await ask_responders(desk, ocsp_);
  auto answered = co_await try_once(endpoint, request, desk, event);
  if (desk.questions.empty()) co_return answered;
  co_await ask_responders(desk, ocsp_);
  answered = co_await try_once(endpoint, request, desk, event);
  if (desk.questions.empty()) co_return answered;
  answer_with_failures(desk, clock_());
  co_return co_await try_once(endpoint, request, desk, event);
}

Task<Result<http::Response>> Service::try_once(const ClientEndpoint& endpoint, const http::Request& request,
                                               x509::OcspDesk& desk, audit::Event& event) {
  const auto call = co_await read_client_call(request, directory_, event);
  if (!call) co_return call.error();
  // Taken only now: a registration and the trust stores that it is checked against belong to one configuration.
  const std::shared_ptr<Published> published = published_;
  const std::shared_ptr<const DenyList> denied = denied_;
  event.generation = published->snapshot->generation;
  std::shared_ptr<const KeySet> fetched;
  if (call->registration && !call->registration->client.jwks_uri.empty()) fetched = keys_.find(event.client_id);
  desk.questions.clear();
  AuthContext auth{*published->snapshot, memory_, desk, event.time};
  auth.fetched_keys = fetched.get();
  auth.denied = denied.get();
  auth.present = clock_();
  const auto caller =
      co_await authenticate_client(call->registration, request, call->credential, auth, dpop_.replays, event);
  count_hits();
  if (!caller) co_return caller.error();
  // Nothing is decided, so nothing is done: the request begins anew with the answers.
  if (!desk.questions.empty()) co_return undecided();
  const EndpointContext context{
      *published->snapshot, *denied, published->tokens, published->signer, denials_, dpop_, clock_()};
  auto answered = co_await endpoint.answer(request, call->form, *caller, context, event);
  co_return answered;
}

http::Response Service::show_feed(const http::Request& request) const {
  if (feed_) return serve_document(*feed_, "application/jwt", request);
  const Error error{ErrorCode::temporarily_unavailable, Reason::overloaded,
                    "there is no deny feed now; ask again later"};
  return render_error(error, request);
}

/// Tokens that the certificate got before it was revoked. Later ones are none of ours to deny: it may be registered
/// by itself for another client, where revocation does not count, or be taken off the list again.
/// Where it cannot be stored the certificate is refused all the same, and its next request tries again.
Task<void> Service::deny_revoked(audit::Event& event, Error& refusal) {
  model::Denial denial = make_revoked_denial(event);
  const auto denied = co_await denials_.add(std::move(denial));
  if (denied) {
    event.denial = denied->id;
  } else {
    refusal.detail += "; the tokens that it has could not be denied: " + denied.error().detail;
  }
}

void Service::note_seen(const audit::Event& event) {
  if (!event.certificate || !is_authenticated_by_certificate(event)) return;
  if (!seen_filter_.is_due(event.client_id, event.certificate->leaf_thumbprint, event.time)) return;
  const x509::PresentedChain& presented = *event.certificate;
  seen_.note({std::string{event.client_id}, presented.x5t_s256, presented.serial, presented.issuer,
              presented.leaf.not_after(), event.time, event.time});
}

void Service::count(const audit::Event& event, std::chrono::duration<double> lasted) {
  if (event.reason != Reason::none) {
    metrics_.refusals[static_cast<std::size_t>(event.reason)].increment();
  } else if (event.endpoint == "introspection") {
    (event.token_state == "active" ? metrics_.active_introspections : metrics_.inactive_introspections).increment();
  } else if (event.endpoint == "revocation") {
    if (event.token_state == "revoked") metrics_.tokens_revoked.increment();
  } else {
    metrics_.tokens_issued.increment();
    if (event.token_type == "DPoP") metrics_.dpop_tokens_issued.increment();
  }
  if (event.endpoint == "token") metrics_.token_seconds.observe(lasted.count());
}

http::Response Service::refuse(const ClientEndpoint& endpoint, const Error& error, const http::Request& request,
                               audit::Event& event) {
  event.reason = error.reason;
  event.detail = error.detail;
  // A client may ask without end, and metrics say it too; each has its audit record.
  if (is_counted_elsewhere(error.reason)) return render_error(error, request, endpoint.refusal);
  const bool is_ours = error.code == ErrorCode::server_error || error.code == ErrorCode::temporarily_unavailable;
  log::write(is_ours ? log::Level::error : log::Level::info, is_ours ? "request_failed" : "client_refused",
             {{"request_id", request.id},
              {"endpoint", endpoint.name},
              {"client_id", event.client_id},
              {"error", name(error.code)},
              {"reason", name(error.reason)},
              {"detail", error.detail},
              {"x5t#S256", event.certificate ? std::string_view{event.certificate->x5t_s256} : std::string_view{}},
              {"subject", event.certificate ? std::string_view{event.certificate->subject} : std::string_view{}},
              {"peer", event.peer},
              {"where", is_ours ? error.where.file_name() : ""}});
  return render_error(error, request, endpoint.refusal);
}

}  // namespace certbound::oauth
