#pragma once

#include <string>
#include <vector>

#include "base/base64url.hpp"
#include "base/clock.hpp"
#include "support/pki.hpp"
#include "x509/ocsp.hpp"

namespace certbound::test {

/// How a response names its signer.
enum class OcspSignerName { subject, key };

/// What to make. By default the answer `good` of the tests' present, for a day.
struct OcspShape {
  x509::OcspStatus status = x509::OcspStatus::good;
  WallTime produced_at = kNow - std::chrono::minutes{1};
  WallTime this_update = kNow - std::chrono::hours{1};
  WallTime next_update = kNow + std::chrono::hours{24};
  bool has_next_update = true;
  WallTime revoked_at = kNow - std::chrono::hours{48};
  std::string id_digest = "SHA1";  ///< of the certificate's name
  std::string digest;              ///< of the signature; empty: SHA-256
  Bytes nonce;                     ///< empty: none
  OcspSignerName signer_name = OcspSignerName::subject;
  bool has_signer_certificate = true;
  std::vector<Extension> extensions;         ///< of the response
  std::vector<Extension> single_extensions;  ///< of the answer
  std::vector<x509::OcspQuestion> others;    ///< further certificates, with the same status
};

/// A response by OpenSSL about `question`, signed by `signer`, in DER. Throws std::runtime_error where OpenSSL refuses.
[[nodiscard]] Bytes make_ocsp_response(const x509::OcspQuestion& question, const Identity& signer,
                                       const OcspShape& shape = {});

/// One without an answer: 3 is tryLater, 6 is unauthorized.
[[nodiscard]] Bytes make_ocsp_error(int status);

/// A certificate CN=`common_name` by `issuer` for signing OCSP answers.
[[nodiscard]] Identity make_ocsp_signer(const std::string& common_name, const Identity& issuer,
                                        std::vector<Extension> extensions = {});

}  // namespace certbound::test
