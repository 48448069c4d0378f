#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "x509/certificate.hpp"
#include "x509/crl.hpp"

namespace certbound::x509 {

enum class RevocationStatus : std::uint8_t {
  good,     ///< not listed by a CRL of the issuer that holds now
  revoked,  ///< listed
  unknown,  ///< no CRL of the issuer holds now
};

/// `good`, `revoked`, `unknown`.
[[nodiscard]] std::string_view name(RevocationStatus status);

/// What is known about one certificate of a path.
struct RevocationFinding {
  RevocationStatus status = RevocationStatus::unknown;
  /// What the status rests on: the list itself, or the one that is past or not yet valid. Null where there is none of
  /// the issuer.
  std::shared_ptr<const Crl> crl;
};

/// A validated path, leaf first, anchor last.
struct VerifiedPath {
  std::vector<Certificate> certificates;
  WallTime not_before{};  ///< the latest begin of validity on the path, of certificates and the CRLs that were used
  WallTime not_after{};   ///< the earliest end, of certificates and the CRLs that were used (nextUpdate)
  /// Of each certificate but the anchor, in the path's order. Empty where the store does not ask for revocation.
  std::vector<RevocationFinding> revocation;

  /// Was the path accepted although nobody knows whether one of its certificates is revoked?
  [[nodiscard]] bool has_unknown_revocation() const;
};

}  // namespace certbound::x509
