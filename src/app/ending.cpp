#include "app/ending.hpp"

#include "base/text.hpp"
#include "x509/validity.hpp"

namespace certbound::app {

namespace {

std::string end_of(WallTime not_after, WallTime now) {
  return (not_after <= now ? " ended at " : " ends at ") + to_rfc3339(not_after);
}

}  // namespace

std::string describe_ending(const store::SeenCertificate& seen, WallTime now) {
  return "the certificate of client " + json_quoted(seen.client_id) + " (serial " + seen.serial + ", issued by " +
         json_quoted(seen.issuer) + ")" + end_of(seen.not_after, now) + "; last seen at " + to_rfc3339(seen.last_seen);
}

std::vector<std::string> describe_ending(std::span<const WatchedCertificate> watched,
                                         std::span<const store::SeenCertificate> seen, WallTime now) {
  std::vector<std::string> lines;
  for (const WatchedCertificate& certificate : watched) {
    if (certificate.not_after > now + x509::kExpiryWarning) continue;
    lines.push_back("the " + certificate.role + " certificate of " + json_quoted(certificate.subject) + " (" +
                    certificate.name + ")" + end_of(certificate.not_after, now) + "; renew it");
  }
  for (const store::SeenCertificate& one : seen) lines.push_back(describe_ending(one, now));
  return lines;
}

}  // namespace certbound::app
