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

Revocation::Revocation(RevocationMode mode, std::vector<std::shared_ptr<const Crl>> crls)
    : mode_{mode}, crls_{std::move(crls)} {
  std::stable_sort(crls_.begin(), crls_.end(),
                   [](const auto& a, const auto& b) { return a->this_update() > b->this_update(); });
}

std::vector<RevocationFinding> Revocation::look_up(std::span<const Certificate> path, WallTime now) const {
  std::vector<RevocationFinding> findings;
  if (mode_ == RevocationMode::off) return findings;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) findings.push_back(find_status(crls_, path[i], path[i + 1], now));
  return findings;
}

Result<void> Revocation::check(VerifiedPath& path, WallTime now) const {
  path.revocation = look_up(path.certificates, now);
  const auto find_first = [&path](RevocationStatus status) {
    const auto found = std::find_if(path.revocation.begin(), path.revocation.end(),
                                    [status](const RevocationFinding& finding) { return finding.status == status; });
    return static_cast<std::size_t>(found - path.revocation.begin());
  };
  const std::size_t none = path.revocation.size();
  if (const std::size_t depth = find_first(RevocationStatus::revoked); depth != none) {
    return refuse(Reason::certificate_revoked, path, depth, now);
  }
  if (const std::size_t depth = find_first(RevocationStatus::unknown);
      depth != none && mode_ == RevocationMode::require) {
    return refuse(Reason::revocation_unknown, path, depth, now);
  }
  for (const RevocationFinding& finding : path.revocation) {
    if (finding.status != RevocationStatus::good) continue;
    path.not_before = std::max(path.not_before, finding.crl->this_update());
    path.not_after = std::min(path.not_after, finding.crl->next_update());
  }
  return {};
}

std::string describe_finding(const RevocationFinding& finding, const Certificate& certificate, WallTime now) {
  if (finding.crl == nullptr) {
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
  return now < finding.crl->this_update() ? list + ", is not valid yet; look at the clock as well"
                                          : list + ", is past; a newer one is needed";
}

}  // namespace certbound::x509
