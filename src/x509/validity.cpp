#include "x509/validity.hpp"

#include "x509/name.hpp"

namespace certbound::x509 {

Validity validity_at(const Certificate& certificate, WallTime now) {
  if (now < certificate.not_before()) return Validity::not_yet;
  const WallTime end = certificate.not_after();
  if (now >= end) return Validity::past;
  return now > end - kExpiryWarning ? Validity::ends_soon : Validity::within;
}

bool is_valid_at(const Certificate& certificate, WallTime now) {
  const Validity validity = validity_at(certificate, now);
  return validity == Validity::within || validity == Validity::ends_soon;
}

std::string describe_validity(const Certificate& certificate, WallTime now) {
  const std::string what = "the certificate of \"" + render_name(*X509_get_subject_name(&certificate.handle())) + "\" ";
  switch (validity_at(certificate, now)) {
    case Validity::not_yet:
      return what + "is not valid before " + to_rfc3339(certificate.not_before()) + "; look at the clock as well";
    case Validity::ends_soon:
      return what + "expires at " + to_rfc3339(certificate.not_after()) + "; renew it";
    case Validity::past:
      return what + "expired at " + to_rfc3339(certificate.not_after()) + "; renew it";
    case Validity::within:
      break;
  }
  return {};
}

std::string describe_age(std::chrono::seconds age) {
  if (age < std::chrono::seconds{0}) return "of the future";
  if (age >= std::chrono::days{2}) return std::to_string(age / std::chrono::days{1}) + " d old";
  if (age >= std::chrono::hours{2}) return std::to_string(age / std::chrono::hours{1}) + " h old";
  if (age >= std::chrono::minutes{2}) return std::to_string(age / std::chrono::minutes{1}) + " min old";
  return std::to_string(age.count()) + " s old";
}

}  // namespace certbound::x509
