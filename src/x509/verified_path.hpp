#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "x509/certificate.hpp"
#include "x509/crl.hpp"
#include "x509/ocsp_cache.hpp"

namespace certbound::x509 {

enum class RevocationStatus : std::uint8_t {
  good,     ///< not listed by a CRL of the issuer that holds now, or an OCSP answer that holds now says so
  revoked,  ///< listed, or an OCSP answer says so
  unknown,  ///< neither a CRL of the issuer nor an OCSP answer that holds now tells
};

/// `good`, `revoked`, `unknown`.
[[nodiscard]] std::string_view name(RevocationStatus status);

/// What OCSP has to do with a finding.
enum class OcspUse : std::uint8_t {
  none,            ///< the store does not ask, or a CRL has decided
  not_asked,       ///< somebody has to ask first
  undecided,       ///< was asked, and did not tell
  signer_revoked,  ///< did tell, but a CRL lists the certificate that signed the answer
  decided,         ///< the status is the answer's
};

/// What is known about one certificate of a path.
struct RevocationFinding {
  RevocationStatus status = RevocationStatus::unknown;
  /// What the status rests on: the list itself, or the one that is past or not yet valid. Null where there is none of
  /// the issuer.
  std::shared_ptr<const Crl> crl;
  OcspUse ocsp_use = OcspUse::none;
  std::shared_ptr<const OcspOutcome> ocsp;  ///< null with OcspUse::none and OcspUse::not_asked
};

/// A validated path, leaf first, anchor last.
struct VerifiedPath {
  std::vector<Certificate> certificates;
  /// The latest begin of validity on the path, of certificates and of the CRLs and OCSP outcomes that were used.
  WallTime not_before{};
  /// The earliest end, of certificates, the CRLs and OCSP answers that were used (nextUpdate), and of how long an OCSP
  /// responder that did not tell is left alone.
  WallTime not_after{};
  /// Of each certificate but the anchor, in the path's order. Empty where the store does not ask for revocation.
  std::vector<RevocationFinding> revocation;

  /// Was the path accepted although nobody knows whether one of its certificates is revoked?
  [[nodiscard]] bool has_unknown_revocation() const;
};

}  // namespace certbound::x509
