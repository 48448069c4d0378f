#pragma once

#include <span>
#include <string>
#include <string_view>

#include "certbound/decision.hpp"

namespace certbound::verifier {

/// Why one check refuses.
struct Fault {
  RefusalReason reason = RefusalReason::internal;
  std::string detail;  ///< a stranger's text in it is cut and escaped
};

/// A stranger's text for a detail: in quotes, cut and escaped.
[[nodiscard]] std::string quote_short(std::string_view text);

/// May the text stand in a quoted string of a challenge as it is (RFC 6750 section 3)?
[[nodiscard]] bool is_quotable(std::string_view text);

/// `text` as one line of a log, whatever a stranger has put into it: what is not printable ASCII becomes `?`, and it is
/// cut.
[[nodiscard]] std::string make_log_line(std::string text);

/// The answer to the request. `realm` is quotable; `required_scopes` are named where one is missing.
[[nodiscard]] Refusal make_refusal(Fault fault, std::string_view realm,
                                   std::span<const std::string_view> required_scopes);

}  // namespace certbound::verifier
