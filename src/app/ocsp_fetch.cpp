#include "app/ocsp_fetch.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <utility>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "fetch/allow_list.hpp"
#include "x509/name.hpp"

namespace certbound::app {

namespace {

constexpr std::string_view kRequestType = "application/ocsp-request";
constexpr std::string_view kResponseType = "application/ocsp-response";
/// Of a URL that a certificate names, in a text.
constexpr std::size_t kMostShownOfUrl = 256;

}  // namespace

Result<std::string> find_ocsp_responder(const x509::OcspOptions& options, const x509::Certificate& certificate) {
  if (options.source == x509::OcspSource::responder) return options.responder;
  const auto hosts = fetch::AllowList::parse(options.hosts);
  if (!hosts) return hosts.error();
  std::vector<std::string> urls = x509::find_ocsp_urls(certificate);
  for (const std::string& text : urls) {
    const auto url = fetch::parse_url(text);
    if (url && hosts->allows(*url)) return text;
  }
  if (urls.empty()) return invalid_input("the certificate names no OCSP responder (authorityInfoAccess)");
  for (std::string& url : urls) {
    if (url.size() > kMostShownOfUrl) url = url.substr(0, kMostShownOfUrl) + "…";
  }
  return invalid_input("the certificate names " + join(urls, ", ") + ", whose host is not in ocsp_hosts");
}

Result<OcspFetch> make_ocsp_fetch(x509::OcspQuestion question, std::string url) {
  OcspFetch made{std::move(question)};
  made.nonce.resize(x509::kOcspNonceBytes);
  if (auto filled = crypto::fill_random(made.nonce); !filled) return std::move(filled).error();
  const auto der = x509::make_ocsp_request(made.question, made.nonce);
  if (!der) return der.error();
  made.request.method = fetch::Method::post;
  made.request.url = std::move(url);
  made.request.schemes = fetch::Schemes::https_and_http;
  made.request.body.assign(der->begin(), der->end());
  made.request.body_type = kRequestType;
  made.request.content_types = {std::string{kResponseType}};
  made.request.max_body_bytes = x509::kMaximumOcspBytes;
  made.request.timeout = kOcspTimeout;
  return made;
}

bool is_own_failure(fetch::Failure failure) {
  constexpr std::array kOwn{fetch::Failure::request_invalid, fetch::Failure::rejected, fetch::Failure::overloaded,
                            fetch::Failure::stopped, fetch::Failure::internal};
  return std::find(kOwn.begin(), kOwn.end(), failure) != kOwn.end();
}

x509::OcspOutcome read_ocsp_outcome(const OcspFetch& asked, const fetch::Outcome& answer, WallTime now,
                                    std::chrono::seconds pause) {
  using x509::OcspOutcome;
  if (!answer.is_ok()) {
    const std::string what = is_own_failure(answer.failure) ? "nobody was asked: " : "the responder did not answer: ";
    return OcspOutcome::of_failure(what + std::string{fetch::name(answer.failure)} + ": " + answer.detail, now, pause);
  }
  auto verified = x509::verify_ocsp_response(as_bytes(answer.body), asked.question, asked.nonce, now);
  if (verified) return OcspOutcome::of_answer(*std::move(verified), now);
  const x509::Certificate& certificate = asked.question.certificate;
  log::warning("ocsp_refused", {{"subject", x509::render_name(*X509_get_subject_name(&certificate.handle()))},
                                {"serial", certificate.serial_hex()},
                                {"detail", verified.error().detail}});
  return OcspOutcome::of_failure(verified.error().detail, now, x509::kOcspPause);
}

std::vector<x509::OcspOutcome> ask_ocsp_now(const x509::OcspOptions& options,
                                            const std::vector<x509::OcspQuestion>& questions,
                                            const std::shared_ptr<const fetch::Settings>& settings, WallTime now) {
  using x509::OcspOutcome;
  metrics::Registry unread;
  fetch::Client client{settings, unread};
  std::vector<OcspOutcome> outcomes;
  for (const x509::OcspQuestion& question : questions) {
    auto url = find_ocsp_responder(options, question.certificate);
    auto asked = url ? make_ocsp_fetch(question, *std::move(url)) : Result<OcspFetch>{std::move(url).error()};
    if (!asked) {
      outcomes.push_back(OcspOutcome::of_failure(asked.error().detail, now, x509::kOcspPause));
      continue;
    }
    std::promise<fetch::Outcome> answered;
    auto answer = answered.get_future();
    client.fetch(asked->request, [&answered](const fetch::Outcome& outcome) { answered.set_value(outcome); });
    outcomes.push_back(read_ocsp_outcome(*asked, answer.get(), now, x509::kOcspPause));
  }
  return outcomes;
}

}  // namespace certbound::app
