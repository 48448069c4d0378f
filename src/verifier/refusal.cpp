#include "verifier/refusal.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace certbound::verifier {

namespace {

constexpr std::size_t kMaximumQuoted = 128;
constexpr std::size_t kMaximumLine = 512;

/// What a reason is on the wire: the status, and the `error` of the challenge. RFC 6750 section 3.1, RFC 9449 section
/// 7.1.
struct WireAnswer {
  int status;
  std::string_view error;
  bool has_challenge;
};

WireAnswer wire_answer(RefusalReason reason, Scheme used) {
  switch (reason) {
    case RefusalReason::token_missing:
      return {401, "", true};
    case RefusalReason::request_malformed:
      return {400, "invalid_request", true};
    case RefusalReason::token_malformed:
    case RefusalReason::header_refused:
    case RefusalReason::key_unknown:
    case RefusalReason::signature_wrong:
    case RefusalReason::type_wrong:
    case RefusalReason::claims_malformed:
    case RefusalReason::issuer_wrong:
    case RefusalReason::audience_wrong:
    case RefusalReason::expired:
    case RefusalReason::not_yet_valid:
    case RefusalReason::denied:
    case RefusalReason::confirmation_missing:
    case RefusalReason::confirmation_unknown:
    case RefusalReason::certificate_missing:
    case RefusalReason::certificate_malformed:
    case RefusalReason::certificate_mismatch:
    case RefusalReason::scheme_wrong:
    case RefusalReason::proof_key_mismatch:
      return {401, "invalid_token", true};
    case RefusalReason::proof_missing:
      return {401, used == Scheme::dpop ? "invalid_dpop_proof" : "invalid_token", true};
    case RefusalReason::proof_repeated:
    case RefusalReason::proof_malformed:
    case RefusalReason::proof_header_refused:
    case RefusalReason::proof_signature_wrong:
    case RefusalReason::proof_request_mismatch:
    case RefusalReason::proof_token_mismatch:
    case RefusalReason::proof_expired:
    case RefusalReason::proof_not_yet_valid:
    case RefusalReason::proof_before_start:
    case RefusalReason::proof_replayed:
      return {401, "invalid_dpop_proof", true};
    case RefusalReason::proof_nonce_missing:
    case RefusalReason::proof_nonce_wrong:
      return {401, "use_dpop_nonce", true};
    case RefusalReason::scope_missing:
      return {403, "insufficient_scope", true};
    case RefusalReason::keys_unavailable:
    case RefusalReason::denials_unavailable:
    case RefusalReason::proofs_unavailable:
      return {503, "", false};
    case RefusalReason::internal:
      return {500, "", false};
  }
  return {500, "", false};
}

/// RFC 6749 section 3.3. Others are in no token, so they are refused like any that is missing; they are not repeated.
bool is_scope_token(std::string_view text) {
  return is_quotable(text) && !text.empty() && text.find(' ') == std::string_view::npos;
}

std::string join_scopes(std::span<const std::string_view> scopes) {
  std::string text;
  for (const std::string_view scope : scopes) {
    if (!is_scope_token(scope)) continue;
    if (!text.empty()) text.push_back(' ');
    text += scope;
  }
  return text;
}

/// One parameter that is always there, and none in both challenges: they stand in one field, and not everybody reads
/// where the second begins.
std::string render_challenge(Scheme scheme, const Challenger& challenger, std::string_view parameters) {
  const std::string fixed = scheme == Scheme::bearer ? "Bearer realm=\"" + challenger.realm + "\""
                                                     : "DPoP algs=\"" + challenger.dpop_algorithms + "\"";
  return fixed + std::string{parameters};
}

Scheme other_than(Scheme scheme) { return scheme == Scheme::bearer ? Scheme::dpop : Scheme::bearer; }

}  // namespace

std::string quote_short(std::string_view text) { return json_quoted(text.substr(0, kMaximumQuoted)); }

bool is_quotable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

std::string make_log_line(std::string text) {
  if (text.size() > kMaximumLine) text.resize(kMaximumLine);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

Refusal make_refusal(Fault fault, Scheme used, const Challenger& challenger,
                     std::span<const std::string_view> required_scopes) {
  const WireAnswer answer = wire_answer(fault.reason, used);
  Refusal refusal{
      fault.reason, answer.status, {}, make_log_line(std::move(fault.detail)), {}, std::move(fault.dpop_nonce)};
  if (!answer.has_challenge) return refusal;
  std::string parameters;
  if (!answer.error.empty()) parameters += ", error=\"" + std::string{answer.error} + "\"";
  const bool is_about_scopes = fault.reason == RefusalReason::scope_missing;
  if (const std::string scopes = join_scopes(required_scopes); is_about_scopes && !scopes.empty()) {
    parameters += ", scope=\"" + scopes + "\"";
  }
  refusal.challenges.push_back(render_challenge(used, challenger, parameters));
  if (answer.status == 401 && !challenger.dpop_algorithms.empty()) {
    refusal.challenges.push_back(render_challenge(other_than(used), challenger, {}));
  }
  refusal.www_authenticate = join(refusal.challenges, ", ");
  return refusal;
}

}  // namespace certbound::verifier
