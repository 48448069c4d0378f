#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace certbound {

/// The stable reason codes of the log, the audit record, the metrics and `client explain`. A code is never renamed and
/// never reused; docs/ERRORS.md is generated from the table in reason.cpp.
enum class Reason : std::uint8_t {
  none,  ///< granted

  // The request.
  malformed_form,
  repeated_parameter,
  missing_parameter,
  wrong_content_type,
  unsupported_grant_type,
  grant_not_allowed,
  malformed_scope,
  scope_not_allowed,
  scope_not_for_resource,
  malformed_resource,
  resource_unknown,
  resource_not_allowed,
  resource_missing,
  resource_formats_differ,
  token_not_owned,
  several_credentials,

  // Client authentication.
  client_unknown,
  certificate_missing,
  method_mismatch,
  subject_mismatch,
  subject_order_differs,
  certificate_not_registered,
  anchor_not_for_client,
  issuer_missing,
  certificate_expired,
  certificate_not_yet_valid,
  wrong_purpose,
  not_strict,
  weak_key,
  weak_signature,
  bad_signature,
  chain_too_long,
  unsupported_critical_extension,
  name_constraints_violated,
  ca_invalid,
  chain_invalid,
  certificate_unusable,
  certificate_revoked,
  revocation_unknown,
  client_denied,
  certificate_denied,

  // The server.
  invalid_input,
  overloaded,
  denials_full,
  audit_unavailable,
  internal,
};

/// How many there are; they are numbered from 0 without a gap.
inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::internal) + 1;

/// `subject_mismatch` and so on: what the log, the audit record and the metrics say.
[[nodiscard]] std::string_view name(Reason reason);

/// What it means and what the operator can do, one sentence or two.
[[nodiscard]] std::string_view meaning(Reason reason);

}  // namespace certbound
