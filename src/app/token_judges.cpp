#include "app/token_judges.hpp"

#include <utility>

#include "oauth/active.hpp"
#include "oauth/sealed_token.hpp"

namespace certbound::app {

namespace {

bool is_out_of_service(const AccessToken& token, const oauth::DenyList& denied, WallTime now) {
  oauth::Claims claims;
  claims.client_id = token.client_id;
  claims.jti = token.token_id;
  claims.issued_at = token.issued_at;
  claims.expires_at = token.expires_at;
  claims.confirmation.x5t_s256 = token.x5t_s256.value_or("");
  return !oauth::is_active(claims, denied, now);
}

/// As the library names the same faults of a JWT.
RefusalReason reason_of(oauth::SealStep step) {
  switch (step) {
    case oauth::SealStep::take_apart:
      return RefusalReason::token_malformed;
    case oauth::SealStep::check_type:
      return RefusalReason::type_wrong;
    case oauth::SealStep::find_key:
      return RefusalReason::key_unknown;
    case oauth::SealStep::open:
      return RefusalReason::signature_wrong;
    case oauth::SealStep::read_claims:
      return RefusalReason::claims_malformed;
  }
  return RefusalReason::internal;
}

std::variant<std::string, verifier::Fault> open_opaque(std::string_view token, const oauth::Snapshot& snapshot) {
  oauth::SealStep step{};
  const auto claims = oauth::open_sealed_token(token, snapshot.sealing_keys, step);
  if (!claims) {
    const bool is_ours = claims.error().code == ErrorCode::server_error;
    return verifier::Fault{is_ours ? RefusalReason::internal : reason_of(step), claims.error().detail};
  }
  std::string json{'{'};
  oauth::append_claims(json, *claims);
  json.back() = '}';
  return json;
}

}  // namespace

gate::IsDenied make_denial_check(std::shared_ptr<const oauth::DenyList> denied, WallClock clock) {
  return [denied = std::move(denied), clock](const AccessToken& token) {
    return is_out_of_service(token, *denied, clock());
  };
}

gate::OpenOpaque make_opener(std::shared_ptr<const oauth::Snapshot> snapshot) {
  return [snapshot = std::move(snapshot)](std::string_view token) { return open_opaque(token, *snapshot); };
}

}  // namespace certbound::app
