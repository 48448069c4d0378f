#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {

/// The largest file of CRLs that is read: a list of a million entries has 50 MB, and PEM makes that a third larger.
inline constexpr std::size_t kMaximumCrlFileBytes = 128UL << 20;

/// The most lists in one file or answer: each costs a verification of a signature.
inline constexpr std::size_t kMostCrlsOfAFile = 1024;

/// A serial number as it is: 24 octets of two's complement, most significant first, so that no two serials are one.
class Serial {
 public:
  /// The content octets of an INTEGER. Nothing where there are none, or more than RFC 5280 section 4.1.2.2 permits: 20,
  /// and one for the sign.
  [[nodiscard]] static std::optional<Serial> from_content(ByteView content);
  /// A certificate's. Nothing where it is longer than that.
  [[nodiscard]] static std::optional<Serial> of(const Certificate& certificate);

  [[nodiscard]] bool operator==(const Serial&) const = default;
  [[nodiscard]] std::strong_ordering operator<=>(const Serial& other) const { return words_ <=> other.words_; }

 private:
  std::array<std::uint64_t, 3> words_{};
};

/// A certificate revocation list (RFC 5280 section 5) that was verified: it exists only with a good signature of one of
/// the certificates that it was parsed with. Keeps the serials, 24 octets for each, and not what it was parsed from.
/// Immutable; any thread may read it.
class Crl {
 public:
  /// Exactly one complete CRL in DER, read once, front to back. The signature is verified over the very octets of the
  /// tbsCertList against that one of `issuers` that has the CRL's issuer name, its key usage permitting (cRLSign); it
  /// is held to the strength of certificates' signatures. No octet of an entry is looked at before that. A version 1
  /// list and one without a number are accepted; one without nextUpdate is not. Reasons and invalidity dates are not
  /// kept: listed is revoked, also on hold. Errors: `invalid_request`, `detail` says what: malformed, not DER; none of
  /// `issuers` issued it; weak or wrong signature; a delta or indirect CRL, one that a issuingDistributionPoint limits,
  /// an entry removeFromCRL, an unknown critical extension, an extension twice.
  [[nodiscard]] static Result<std::shared_ptr<const Crl>> parse_der(ByteView der, std::span<const Certificate> issuers);

  /// The certificate whose key signed the list.
  [[nodiscard]] const Certificate& issuer() const { return issuer_; }
  /// The CRL number in lower-case hexadecimal; empty where the list has none.
  [[nodiscard]] const std::string& number() const { return number_; }
  [[nodiscard]] WallTime this_update() const { return this_update_; }
  [[nodiscard]] WallTime next_update() const { return next_update_; }
  [[nodiscard]] std::size_t size() const { return serials_.size(); }

  /// Does the list speak of what this certificate issues: the issuer's name and its very key? Two CAs of one name are
  /// two issuers; a CA's renewed certificate with the same key is the same issuer.
  [[nodiscard]] bool is_of(const Certificate& issuer) const;

  /// Is the certificate's serial listed? Exact; below 1 us for a million entries. Whether the list is of the
  /// certificate's issuer the caller has to ask.
  [[nodiscard]] bool lists(const Certificate& certificate) const;
  [[nodiscard]] bool lists(const Serial& serial) const;

 private:
  explicit Crl(Certificate issuer) : issuer_{std::move(issuer)} {}

  Certificate issuer_;
  std::string number_;
  WallTime this_update_{};
  WallTime next_update_{};
  std::vector<Serial> serials_;  // sorted
};

/// The CRLs of a file or of an answer: one in DER, or every `X509 CRL` block of a PEM text, whose blocks of other kinds
/// are skipped. Errors: as Crl::parse_der(), with the block's number; where there is none, a damaged block, or a
/// private key; more than kMostCrlsOfAFile, before the first is looked at. One block at a time is decoded.
[[nodiscard]] Result<std::vector<std::shared_ptr<const Crl>>> parse_crls(std::string_view content,
                                                                         std::span<const Certificate> issuers);

/// What of CRLs that somebody else puts together concerns the issuers.
struct KnownCrls {
  std::vector<std::shared_ptr<const Crl>> crls;
  std::vector<std::string> left_out;  ///< why, for each list of a CA that is none of the issuers
};

/// As parse_crls(), for what comes from a URL: a list whose issuer's name is none of the issuers' is left out as long
/// as another remains. Errors: as parse_crls(), so also where a list of a known name is not signed with its key.
[[nodiscard]] Result<KnownCrls> parse_known_crls(std::string_view content, std::span<const Certificate> issuers);

/// Is this a list of a CA of another name? False for what is no list.
[[nodiscard]] bool is_of_another_ca(ByteView der, std::span<const Certificate> issuers);

/// `CRL 1a of "CN=Root" of 2026-01-15T12:00:00Z (2 h old), next update 2026-01-22T12:00:00Z`: for people.
[[nodiscard]] std::string describe_crl(const Crl& crl, WallTime now);

}  // namespace certbound::x509
