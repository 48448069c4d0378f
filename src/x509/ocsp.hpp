#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64url.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {

/// Whom a trust store asks by OCSP (RFC 6960).
enum class OcspSource : std::uint8_t {
  none,              ///< nobody
  responder,         ///< one responder, named by the configuration
  from_certificate,  ///< the responder that each certificate names, where its host is listed
};

/// `trust_stores.NAME.revocation.ocsp` and `ocsp_hosts`.
struct OcspOptions {
  OcspOptions() = default;

  OcspSource source = OcspSource::none;
  std::string responder;           ///< URL; of OcspSource::responder
  std::vector<std::string> hosts;  ///< of OcspSource::from_certificate; as fetch::AllowList reads them

  [[nodiscard]] bool is_on() const { return source != OcspSource::none; }
};

/// Is this certificate revoked? Asked of a path that is verified: `issuer` issued it.
struct OcspQuestion {
  OcspQuestion(Certificate asked, Certificate issued_by)
      : certificate{std::move(asked)}, issuer{std::move(issued_by)} {}

  Certificate certificate;
  Certificate issuer;
  /// An outcome that was known by then is of no use; whoever asks has it.
  WallTime newer_than = WallTime::min();
};

enum class OcspStatus : std::uint8_t {
  good,
  revoked,
  unknown,  ///< the responder does not know the certificate
};

/// `good`, `revoked`, `unknown`.
[[nodiscard]] std::string_view name(OcspStatus status);

/// What a responder said about one certificate; it exists only with a good signature.
struct OcspAnswer {
  OcspAnswer() = default;

  OcspStatus status = OcspStatus::unknown;
  WallTime produced_at{};
  WallTime this_update{};
  /// nextUpdate; where it has none kOcspDefaultLifetime from this_update. No later than the end of the delegate.
  WallTime valid_until{};
  bool has_next_update = false;
  WallTime revoked_at{};  ///< of OcspStatus::revoked
  /// Whose key signed, where it is not the issuer's own: a certificate that the issuer made for that.
  std::optional<Certificate> delegate;
  /// Does the delegate's certificate say that its own revocation need not be looked up (id-pkix-ocsp-nocheck)?
  bool is_delegate_exempt = false;
};

/// How far a responder's clock may be ahead of ours.
inline constexpr std::chrono::seconds kOcspSkew{300};
/// How long an answer without nextUpdate holds from its thisUpdate: its responder has newer ones at any time.
inline constexpr std::chrono::seconds kOcspDefaultLifetime{300};
/// An answer has one or two KiB, with the responder's certificate.
inline constexpr std::size_t kMaximumOcspBytes = 64UL * 1024;
/// RFC 9654 section 2.1.
inline constexpr std::size_t kOcspNonceBytes = 32;

/// The URLs of the responders that the certificate names (authorityInfoAccess, id-ad-ocsp), in its order. At most four.
/// What they are the CA decided, and before its path is verified, whoever made the certificate.
[[nodiscard]] std::vector<std::string> find_ocsp_urls(const Certificate& certificate);

/// The request in DER (RFC 6960 section 4.1), unsigned, for one certificate, which it names by SHA-1 digests, as every
/// responder understands: they identify, nothing rests on them. `nonce` may be empty; then it has none. Errors:
/// `server_error`.
[[nodiscard]] Result<Bytes> make_ocsp_request(const OcspQuestion& question, ByteView nonce);

/// Exactly one OCSPResponse in DER, held to RFC 6960 section 3.2 at `now`: successful; one answer about this very
/// certificate (issuer's name and key, serial; by SHA-1 or SHA-256); signed by the issuer's key, or by that of a
/// certificate which the issuer issued directly for OCSPSigning and which is valid now; signatures and keys of at least
/// 112 bits of security; neither of the future nor past. A nonce may be missing, since responders that sign beforehand
/// have none; one that is there must be `nonce`. Costs a few signature verifications; any thread.
/// Errors: `invalid_request`, `detail` says what, for people.
[[nodiscard]] Result<OcspAnswer> verify_ocsp_response(ByteView der, const OcspQuestion& question, ByteView nonce,
                                                      WallTime now);

/// `OCSP answer of 2026-01-15T12:00:00Z (2 h old) by "CN=OCSP", next update 2026-01-22T12:00:00Z`: for people.
[[nodiscard]] std::string describe_ocsp_answer(const OcspAnswer& answer, WallTime now);

}  // namespace certbound::x509
