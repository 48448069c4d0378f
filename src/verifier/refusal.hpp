#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "certbound/decision.hpp"

namespace certbound::verifier {

/// How a request presents its token: RFC 6750 section 2.1, RFC 9449 section 7.1.
enum class Scheme : std::uint8_t { bearer, dpop };

/// Why one check refuses.
struct Fault {
  RefusalReason reason = RefusalReason::internal;
  std::string detail;           ///< a stranger's text in it is cut and escaped
  std::string dpop_nonce = {};  ///< for the answer; empty: none
};

/// A stranger's text for a detail: in quotes, cut and escaped.
[[nodiscard]] std::string quote_short(std::string_view text);

/// May the text stand in a quoted string of a challenge as it is (RFC 6750 section 3)?
[[nodiscard]] bool is_quotable(std::string_view text);

/// `text` as one line of a log, whatever a stranger has put into it: what is not printable ASCII becomes `?`, and it is
/// cut.
[[nodiscard]] std::string make_log_line(std::string text);

/// What the challenges of one verifier say beside what is wrong.
struct Challenger {
  std::string realm;            ///< quotable
  std::string dpop_algorithms;  ///< of proofs, with blanks between them; empty: `DPoP` is not offered
};

/// The answer to the request. The error stands in the challenge of the scheme that was used; a 401 offers the other one
/// too (RFC 9449 section 7.2). `required_scopes` are named where one is missing.
[[nodiscard]] Refusal make_refusal(Fault fault, Scheme used, const Challenger& challenger,
                                   std::span<const std::string_view> required_scopes);

}  // namespace certbound::verifier
