#include "certbound/decision.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace certbound {

namespace {

struct Row {
  RefusalReason reason;
  std::string_view name;
};

/// In the order of the enumeration.
constexpr Row kRows[] = {
    {RefusalReason::token_missing, "token_missing"},
    {RefusalReason::request_malformed, "request_malformed"},
    {RefusalReason::token_malformed, "token_malformed"},
    {RefusalReason::header_refused, "header_refused"},
    {RefusalReason::key_unknown, "key_unknown"},
    {RefusalReason::signature_wrong, "signature_wrong"},
    {RefusalReason::type_wrong, "type_wrong"},
    {RefusalReason::claims_malformed, "claims_malformed"},
    {RefusalReason::issuer_wrong, "issuer_wrong"},
    {RefusalReason::audience_wrong, "audience_wrong"},
    {RefusalReason::expired, "expired"},
    {RefusalReason::not_yet_valid, "not_yet_valid"},
    {RefusalReason::denied, "denied"},
    {RefusalReason::confirmation_missing, "confirmation_missing"},
    {RefusalReason::confirmation_unknown, "confirmation_unknown"},
    {RefusalReason::certificate_missing, "certificate_missing"},
    {RefusalReason::certificate_malformed, "certificate_malformed"},
    {RefusalReason::certificate_mismatch, "certificate_mismatch"},
    {RefusalReason::scheme_wrong, "scheme_wrong"},
    {RefusalReason::proof_key_mismatch, "proof_key_mismatch"},
    {RefusalReason::proof_missing, "proof_missing"},
    {RefusalReason::proof_repeated, "proof_repeated"},
    {RefusalReason::proof_malformed, "proof_malformed"},
    {RefusalReason::proof_header_refused, "proof_header_refused"},
    {RefusalReason::proof_signature_wrong, "proof_signature_wrong"},
    {RefusalReason::proof_request_mismatch, "proof_request_mismatch"},
    {RefusalReason::proof_token_mismatch, "proof_token_mismatch"},
    {RefusalReason::proof_expired, "proof_expired"},
    {RefusalReason::proof_not_yet_valid, "proof_not_yet_valid"},
    {RefusalReason::proof_before_start, "proof_before_start"},
    {RefusalReason::proof_replayed, "proof_replayed"},
    {RefusalReason::proof_nonce_missing, "proof_nonce_missing"},
    {RefusalReason::proof_nonce_wrong, "proof_nonce_wrong"},
    {RefusalReason::scope_missing, "scope_missing"},
    {RefusalReason::keys_unavailable, "keys_unavailable"},
    {RefusalReason::denials_unavailable, "denials_unavailable"},
    {RefusalReason::proofs_unavailable, "proofs_unavailable"},
    {RefusalReason::internal, "internal"},
};

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].reason != static_cast<RefusalReason>(i)) return false;
  }
  return kRows[std::size(kRows) - 1].reason == RefusalReason::internal;
}
static_assert(are_in_order());

}  // namespace

std::string_view name(RefusalReason reason) {
  const auto index = static_cast<std::size_t>(reason);
  return index < std::size(kRows) ? kRows[index].name : "internal";
}

bool AccessToken::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

}  // namespace certbound
