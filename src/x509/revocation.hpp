#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "x509/crl.hpp"
#include "x509/ocsp_cache.hpp"
#include "x509/verified_path.hpp"

namespace certbound::x509 {

/// What a trust store demands to know about revocation.
enum class RevocationMode : std::uint8_t {
  off,        ///< nothing is looked up
  soft_fail,  ///< refused is what is known to be revoked
  require,    ///< refused is what is not known not to be
};

/// `off`, `soft_fail`, `require`.
[[nodiscard]] std::string_view name(RevocationMode mode);

/// Where CRLs come from, PEM or DER: a file, or a URL that is fetched in the background. One of the two is empty.
struct CrlSource {
  std::filesystem::path file;
  std::string url;  ///< http or https
  [[nodiscard]] bool operator==(const CrlSource&) const = default;
};

/// `trust_stores.NAME.revocation`.
struct RevocationOptions {
  RevocationMode mode = RevocationMode::off;
  std::vector<CrlSource> crls;
  OcspOptions ocsp;
};

/// A trust store's policy with the CRLs that it has and whom it asks. Immutable; any thread may read it.
class Revocation {
 public:
  /// Off.
  Revocation() = default;
  Revocation(RevocationMode mode, std::vector<std::shared_ptr<const Crl>> crls, OcspOptions ocsp = {});

  /// The same policy with these CRLs in the place of its own.
  [[nodiscard]] Revocation with_crls(std::vector<std::shared_ptr<const Crl>> crls) const {
    return Revocation{mode_, std::move(crls), ocsp_};
  }

  [[nodiscard]] RevocationMode mode() const { return mode_; }
  /// The newest (thisUpdate) first.
  [[nodiscard]] std::span<const std::shared_ptr<const Crl>> crls() const { return crls_; }
  [[nodiscard]] const OcspOptions& ocsp() const { return ocsp_; }

  /// What is known about each certificate of a path but its last, the anchor. A certificate is looked up in the CRLs of
  /// its issuer: of the certificate that follows it in the path (Crl::is_of). Of several the newest that has begun
  /// counts. A list that is past nextUpdate, or not yet valid, still says that what it lists is revoked, and nothing
  /// about the rest. What the CRLs leave unknown OCSP may tell, and that OCSP knows of a revocation counts in any case:
  /// what `desk` knows is taken, and what it would have to ask is noted there, in the place of what stood there. Null:
  /// nobody can be asked here. Empty where the mode is off.
  [[nodiscard]] std::vector<RevocationFinding> look_up(std::span<const Certificate> path, WallTime now,
                                                       OcspDesk* desk) const;

  /// The verdict about a path that is verified otherwise; what was found goes into `path.revocation`, and the path's
  /// validity ends with that of the CRLs and the OCSP outcomes it rests on. Errors: `invalid_client` with
  /// certificate_revoked in every mode but off, or revocation_unknown where the mode is require; also, in both modes,
  /// where `desk` has got questions: there is no verdict before they are answered. What is revoked leaves none.
  [[nodiscard]] Result<void> check(VerifiedPath& path, WallTime now, OcspDesk* desk) const;

 private:
  RevocationMode mode_ = RevocationMode::off;
  [[nodiscard]] bool lists_signer(const OcspAnswer& answer, const Certificate& issuer, WallTime now) const;
  void ask_ocsp(RevocationFinding& finding, OcspQuestion question, WallTime now, OcspDesk* desk) const;

  std::vector<std::shared_ptr<const Crl>> crls_;
  OcspOptions ocsp_;
};

/// One sentence about what was found, and in which CRL or OCSP answer of what age: for people.
[[nodiscard]] std::string describe_finding(const RevocationFinding& finding, const Certificate& certificate,
                                           WallTime now);

}  // namespace certbound::x509
