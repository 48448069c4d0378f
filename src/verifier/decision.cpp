#include "certbound/decision.hpp"

#include <algorithm>

namespace certbound {

std::string_view name(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::token_missing:
      return "token_missing";
    case RefusalReason::request_malformed:
      return "request_malformed";
    case RefusalReason::token_malformed:
      return "token_malformed";
    case RefusalReason::header_refused:
      return "header_refused";
    case RefusalReason::key_unknown:
      return "key_unknown";
    case RefusalReason::signature_wrong:
      return "signature_wrong";
    case RefusalReason::type_wrong:
      return "type_wrong";
    case RefusalReason::claims_malformed:
      return "claims_malformed";
    case RefusalReason::issuer_wrong:
      return "issuer_wrong";
    case RefusalReason::audience_wrong:
      return "audience_wrong";
    case RefusalReason::expired:
      return "expired";
    case RefusalReason::not_yet_valid:
      return "not_yet_valid";
    case RefusalReason::denied:
      return "denied";
    case RefusalReason::confirmation_missing:
      return "confirmation_missing";
    case RefusalReason::confirmation_unknown:
      return "confirmation_unknown";
    case RefusalReason::certificate_missing:
      return "certificate_missing";
    case RefusalReason::certificate_malformed:
      return "certificate_malformed";
    case RefusalReason::certificate_mismatch:
      return "certificate_mismatch";
    case RefusalReason::scope_missing:
      return "scope_missing";
    case RefusalReason::keys_unavailable:
      return "keys_unavailable";
    case RefusalReason::denials_unavailable:
      return "denials_unavailable";
    case RefusalReason::internal:
      return "internal";
  }
  return "internal";
}

bool AccessToken::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

}  // namespace certbound
