#include "x509/revocation.hpp"

#include <algorithm>
#include <utility>

#include "x509/name.hpp"

namespace certbound::x509 {

namespace {

Error refuse(Reason reason, const VerifiedPath& path, std::size_t depth, WallTime now) {
  const Certificate& certificate = path.certificates[depth];
  return {ErrorCode::invalid_client, reason, "client authentication failed",
          "certificate " + std::to_string(depth) + " (" + render_name(*X509_get_subject_name(&certificate.handle())) +
              "): " + describe_finding(path.revocation[depth], certificate, now)};
}

/// `newest_first`: only the newest that has begun counts, and any later one that lists the certificate all the same.
RevocationFinding find_status(std::span<const std::shared_ptr<const Crl>> newest_first, const Certificate& certificate,
                              const Certificate& issuer, WallTime now) {
  RevocationFinding finding;
  for (const std::shared_ptr<const Crl>& crl : newest_first) {
    if (!crl->is_of(issuer)) continue;
    finding.crl = crl;
    if (crl->lists(certificate)) {
      finding.status = RevocationStatus::revoked;
      return finding;
    }
    if (now < crl->this_update()) continue;
    if (now < crl->next_update()) finding.status = RevocationStatus::good;
    return finding;
  }
  return finding;
}

/// The path holds no longer than what the finding rests on.
void narrow(VerifiedPath& path, const RevocationFinding& finding, WallTime now) {
  if (finding.ocsp_use == OcspUse::not_asked) {
    path.not_after = std::min(path.not_after, now);  // not to be remembered: others can ask
  }
  if (finding.ocsp) {
    path.not_before = std::max(path.not_before, finding.ocsp->holds_from);
    path.not_after = std::min(path.not_after, finding.ocsp->holds_until);
    // An answer of another signer would tell.
    if (finding.ocsp_use == OcspUse::signer_revoked) {
      path.not_after = std::min(path.not_after, finding.ocsp->made_at + kOcspPause);
    }
  }
  if (finding.status == RevocationStatus::good && finding.ocsp_use != OcspUse::decided) {
    path.not_before = std::max(path.not_before, finding.crl->this_update());
    path.not_after = std::min(path.not_after, finding.crl->next_update());
  }
}

/// About a status that no CRL decided.
std::string describe_ocsp(const RevocationFinding& finding, const Certificate& certificate, WallTime now) {
  if (finding.ocsp_use == OcspUse::not_asked) return "no OCSP responder was asked";
  const OcspOutcome& outcome = *finding.ocsp;
  const std::string why_older = outcome.failure.empty() ? "" : "; no newer answer: " + outcome.failure;
  if (!outcome.answer) return "OCSP did not tell: " + outcome.failure;
  const std::string answer = describe_ocsp_answer(*outcome.answer, now) + why_older;
  if (finding.ocsp_use == OcspUse::signer_revoked) return "a CRL lists the signer of the " + answer;
  switch (outcome.answer->status) {
    case OcspStatus::good:
      return "not revoked by the " + answer;
    case OcspStatus::revoked:
      return "its serial " + certificate.serial_hex() + " was revoked at " + to_rfc3339(outcome.answer->revoked_at) +
             ", by the " + answer;
    case OcspStatus::unknown:
      break;
  }
  return "the responder does not know the certificate, by the " + answer;
}

}  // namespace

std::string_view name(RevocationStatus status) {
  switch (status) {
    case RevocationStatus::good:
      return "good";
    case RevocationStatus::revoked:
      return "revoked";
    case RevocationStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name(RevocationMode mode) {
  switch (mode) {
    case RevocationMode::off:
      return "off";
    case RevocationMode::soft_fail:
      return "soft_fail";
    case RevocationMode::require:
      return "require";
  }
  return "require";
}

bool VerifiedPath::has_unknown_revocation() const {
  return std::any_of(revocation.begin(), revocation.end(),
                     [](const RevocationFinding& finding) { return finding.status == RevocationStatus::unknown; });
}

Revocation::Revocation(RevocationMode mode, std::vector<std::shared_ptr<const Crl>> crls, OcspOptions ocsp)
    : mode_{mode}, crls_{std::move(crls)}, ocsp_{std::move(ocsp)} {
  std::stable_sort(crls_.begin(), crls_.end(),
                   [](const auto& a, const auto& b) { return a->this_update() > b->this_update(); });
}

/// RFC 6960 section 4.2.2.2.1: the signer's own revocation, where it is not exempt and a CRL is at hand.
bool Revocation::lists_signer(const OcspAnswer& answer, const Certificate& issuer, WallTime now) const {
  return answer.delegate && !answer.is_delegate_exempt &&
         find_status(crls_, *answer.delegate, issuer, now).status == RevocationStatus::revoked;
}

/// What OCSP adds to what the CRLs say.
void Revocation::ask_ocsp(RevocationFinding& finding, OcspQuestion question, WallTime now, OcspDesk* desk) const {
  if (finding.status == RevocationStatus::revoked) return;
  const bool is_needed = finding.status == RevocationStatus::unknown;
  auto outcome = desk == nullptr ? nullptr : desk->answers.find(ocsp_key(question, ocsp_), now);
  const OcspAnswer* answer = outcome ? outcome->answer.get() : nullptr;
  const bool is_worthless = answer != nullptr && lists_signer(*answer, question.issuer, now);
  if (!outcome || (is_worthless && now >= outcome->made_at + kOcspPause)) {
    if (!is_needed) return;
    finding.ocsp_use = OcspUse::not_asked;
    if (desk == nullptr) return;
    if (outcome) question.newer_than = outcome->made_at;
    desk->questions.push_back(std::move(question));
    desk->options = ocsp_;
    return;
  }
  const bool is_revoked = answer != nullptr && answer->status == OcspStatus::revoked;
  if (!is_needed && !is_revoked) return;
  finding.ocsp = outcome;
  finding.ocsp_use = OcspUse::undecided;
  if (answer == nullptr || answer->status == OcspStatus::unknown) return;
  if (is_worthless) {
    finding.ocsp_use = OcspUse::signer_revoked;
    return;
  }
  finding.ocsp_use = OcspUse::decided;
  finding.status = is_revoked ? RevocationStatus::revoked : RevocationStatus::good;
}

std::vector<RevocationFinding> Revocation::look_up(std::span<const Certificate> path, WallTime now,
                                                   OcspDesk* desk) const {
  std::vector<RevocationFinding> findings;
  if (desk != nullptr) desk->questions.clear();
  if (mode_ == RevocationMode::off) return findings;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    findings.push_back(find_status(crls_, path[i], path[i + 1], now));
    if (ocsp_.is_on()) ask_ocsp(findings.back(), {path[i], path[i + 1]}, now, desk);
  }
  return findings;
}

Result<void> Revocation::check(VerifiedPath& path, WallTime now, OcspDesk* desk) const {
  path.revocation = look_up(path.certificates, now, desk);
  const auto find_first = [&path](RevocationStatus status) {
    const auto found = std::find_if(path.revocation.begin(), path.revocation.end(),
                                    [status](const RevocationFinding& finding) { return finding.status == status; });
    return static_cast<std::size_t>(found - path.revocation.begin());
  };
  const std::size_t none = path.revocation.size();
  if (const std::size_t depth = find_first(RevocationStatus::revoked); depth != none) {
    if (desk != nullptr) desk->questions.clear();  // whatever the answers are, it is decided
    return refuse(Reason::certificate_revoked, path, depth, now);
  }
  const bool has_questions = desk != nullptr && !desk->questions.empty();
  if (const std::size_t depth = find_first(RevocationStatus::unknown);
      depth != none && (mode_ == RevocationMode::require || has_questions)) {
    return refuse(Reason::revocation_unknown, path, depth, now);
  }
  for (const RevocationFinding& finding : path.revocation) narrow(path, finding, now);
  return {};
}

std::string describe_finding(const RevocationFinding& finding, const Certificate& certificate, WallTime now) {
  if (finding.ocsp_use == OcspUse::decided) return describe_ocsp(finding, certificate, now);
  std::string ocsp = finding.ocsp_use == OcspUse::none ? "" : describe_ocsp(finding, certificate, now);
  if (finding.crl == nullptr) {
    if (!ocsp.empty()) return ocsp;
    return "there is no CRL of its issuer \"" + render_name(*X509_get_issuer_name(&certificate.handle())) + "\"";
  }
  const std::string list = describe_crl(*finding.crl, now);
  switch (finding.status) {
    case RevocationStatus::good:
      return "not revoked by " + list;
    case RevocationStatus::revoked:
      return "its serial " + certificate.serial_hex() + " is revoked by " + list;
    case RevocationStatus::unknown:
      break;
  }
  return list +
         (now < finding.crl->this_update() ? ", is not valid yet; look at the clock as well"
                                           : ", is past; a newer one is needed") +
         (ocsp.empty() ? "" : "; " + ocsp);
}

}  // namespace certbound::x509
