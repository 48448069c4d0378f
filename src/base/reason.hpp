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
  client_id_mismatch,
  secret_missing,
  secret_wrong,
  secret_expired,
  assertion_missing,
  assertion_malformed,
  assertion_type_wrong,
  assertion_algorithm_refused,
  assertion_key_unknown,
  assertion_signature_wrong,
  assertion_issuer_wrong,
  assertion_audience_wrong,
  assertion_expired,
  assertion_not_yet_valid,
  assertion_lifetime_too_long,
  assertion_replayed,
  assertion_before_start,

  // Proof of possession (RFC 9449).
  dpop_proof_missing,
  dpop_proof_repeated,
  dpop_proof_malformed,
  dpop_type_wrong,
  dpop_algorithm_refused,
  dpop_key_unusable,
  dpop_signature_wrong,
  dpop_method_wrong,
  dpop_url_wrong,
  dpop_proof_expired,
  dpop_proof_not_yet_valid,
  dpop_proof_replayed,
  dpop_proof_before_start,
  dpop_nonce_missing,
  dpop_nonce_wrong,
  dpop_not_wanted,

  // The server.
  invalid_input,
  overloaded,
  denials_full,
  replays_full,
  replays_unknown,
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
