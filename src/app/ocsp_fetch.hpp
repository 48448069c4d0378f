#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "fetch/client.hpp"
#include "fetch/request.hpp"
#include "x509/ocsp_cache.hpp"

namespace certbound::app {

/// How long a responder may take for all of an answer.
inline constexpr std::chrono::milliseconds kOcspTimeout{2500};

/// The URL of whom to ask about the certificate: the configuration's responder, or the first that the certificate names
/// on one of the listed hosts. Errors: `invalid_request`, `detail` says what the certificate names instead.
[[nodiscard]] Result<std::string> find_ocsp_responder(const x509::OcspOptions& options,
                                                      const x509::Certificate& certificate);

/// A question on its way.
struct OcspFetch {
  explicit OcspFetch(x509::OcspQuestion asked) : question{std::move(asked)} {}

  x509::OcspQuestion question;
  Bytes nonce;
  fetch::Request request;
};

/// The fetch that asks `url` (RFC 6960 appendix A.1: POST). Errors: `server_error`.
[[nodiscard]] Result<OcspFetch> make_ocsp_fetch(x509::OcspQuestion question, std::string url);

/// Does it say nothing of the responder, which was not asked, or whose answer we could not take?
[[nodiscard]] bool is_own_failure(fetch::Failure failure);

/// What came of it. `pause` is how long a responder that did not answer is left alone.
[[nodiscard]] x509::OcspOutcome read_ocsp_outcome(const OcspFetch& asked, const fetch::Outcome& answer, WallTime now,
                                                  std::chrono::seconds pause);

/// Asks and waits, for a command line: at `now`, under these settings. The outcomes are in the order of the questions.
[[nodiscard]] std::vector<x509::OcspOutcome> ask_ocsp_now(const x509::OcspOptions& options,
                                                          const std::vector<x509::OcspQuestion>& questions,
                                                          const std::shared_ptr<const fetch::Settings>& settings,
                                                          WallTime now);

}  // namespace certbound::app
