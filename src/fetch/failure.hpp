#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace certbound::fetch {

/// The stable reasons why a fetch came to nothing: in the log, the metrics and what explains. A name is never changed
/// and never reused.
enum class Failure : std::uint8_t {
  none,  ///< it did not fail

  url_invalid,
  scheme_not_allowed,
  request_invalid,
  resolve_failed,
  resolve_timeout,
  address_refused,
  connect_failed,
  connect_timeout,
  tls_failed,
  tls_timeout,
  certificate_untrusted,
  certificate_name,
  timeout,
  closed,
  malformed,
  header_too_large,
  body_too_large,
  redirected,
  status,
  not_modified_unasked,
  content_type,
  content_encoding,
  rejected,
  overloaded,
  stopped,
  internal,
};

/// How many there are; they are numbered from 0 without a gap.
inline constexpr std::size_t kFailureCount = static_cast<std::size_t>(Failure::internal) + 1;

/// `address_refused` and so on.
[[nodiscard]] std::string_view name(Failure failure);

/// What it means and what the operator can do, one sentence or two.
[[nodiscard]] std::string_view meaning(Failure failure);

}  // namespace certbound::fetch
