#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/x509_vfy.h>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "x509/certificate.hpp"
#include "x509/presented.hpp"
#include "x509/revocation.hpp"
#include "x509/verified_path.hpp"

namespace certbound::x509 {

/// One entry of `trust_stores`.
struct TrustStoreOptions {
  std::string name;
  std::vector<std::filesystem::path> anchors;        ///< PEM; required
  std::vector<std::filesystem::path> intermediates;  ///< PEM; not trusted, only material for the path
  bool strict = true;                                ///< RFC 5280 profile (X509_V_FLAG_X509_STRICT)
  RevocationOptions revocation;
};

/// Named anchors that end a chain for the clients that name this store, and for nobody else. Never the system's CAs; an
/// anchor is the certificate, not its name. Immutable once made; verify() may be called from any thread.
class TrustStore {
 public:
  /// Errors: `invalid_request` for an empty or damaged set of anchors: fails closed (CVE-2026-27586). An anchor that is
  /// not a CA (basicConstraints) is refused, except that a v1 self-signed root is accepted where `strict` is false.
  [[nodiscard]] static Result<std::shared_ptr<const TrustStore>> make(std::string name,
                                                                      std::vector<Certificate> anchors,
                                                                      std::vector<Certificate> intermediates,
                                                                      bool strict);

  /// The same store with this policy and these CRLs, as a new generation: what was remembered of this one ends.
  [[nodiscard]] std::shared_ptr<const TrustStore> with_revocation(Revocation revocation) const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_strict() const { return strict_; }
  [[nodiscard]] std::span<const Certificate> anchors() const { return anchors_; }
  [[nodiscard]] std::span<const Certificate> intermediates() const { return intermediates_; }
  [[nodiscard]] const Revocation& revocation() const { return revocation_; }
  /// Anchors and intermediates: whose CRLs the store takes.
  [[nodiscard]] std::vector<Certificate> authorities() const;

  /// The store's own number, unique in this process: part of the key under which a verdict is remembered, so that a
  /// reload ends it.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  struct Query {
    WallTime now{};
    ChainLimits limits{};  ///< what exceeds it is refused; count and octets before anything is looked at
    /// What is known by OCSP; null: nothing, and nobody can be asked.
    OcspDesk* ocsp = nullptr;
  };

  /// RFC 5280 section 6 by OpenSSL: path to an anchor of this store (partial chains: an anchor need not be
  /// self-signed), purpose ssl_client, security level 2, the policies that a CA demands, X509_STRICT where is_strict(),
  /// nothing else than `leaf`, `untrusted` and this store. A leaf that is itself an anchor is refused, also where
  /// another anchor issued it: an anchor issues, it does not authenticate. notAfter itself is past. Then the revocation
  /// policy (Revocation::check). About 72 us for leaf and root. Errors: `invalid_client` with the Reason that fits
  /// (anchor_not_for_client, issuer_missing, certificate_expired, wrong_purpose, …); `detail` names the certificate at
  /// fault by its depth and subject and gives OpenSSL's own words; for issuer_missing the issuer that is missing; for
  /// not_strict what the certificate lacks; for certificate_revoked and revocation_unknown the CRL or OCSP answer and
  /// its age. `server_error` where OpenSSL cannot work.
  [[nodiscard]] Result<VerifiedPath> verify(const Certificate& leaf, std::span<const Certificate> untrusted,
                                            const Query& query) const;

  /// The same without the revocation policy: for saying which step refused, never for accepting.
  [[nodiscard]] Result<VerifiedPath> find_path(const Certificate& leaf, std::span<const Certificate> untrusted,
                                               const Query& query) const;

  /// Does an anchor or intermediate of this store seem to have issued the certificate (name and key identifier; no
  /// signature is checked)? For saying whose a refused certificate is; never for accepting one.
  [[nodiscard]] bool has_issuer_of(const Certificate& certificate) const;

 private:
  TrustStore() = default;
  TrustStore(const TrustStore&) = default;

  std::string name_;
  std::vector<Certificate> anchors_;
  std::vector<Certificate> intermediates_;
  std::shared_ptr<X509_STORE> store_;  // not changed once made
  Revocation revocation_;
  std::uint64_t generation_ = 0;
  bool strict_ = true;
};

}  // namespace certbound::x509
