#pragma once

#include <string>
#include <vector>

#include "crypto/digest.hpp"
#include "x509/certificate.hpp"
#include "x509/name.hpp"

namespace certbound::x509 {

/// What the peer of one connection presented. The handshake proved possession of the leaf's key and nothing else; the
/// leaf alone is the identity, whatever else was sent along (CVE-2023-2422). Made once per connection, shared by
/// authentication, binding and audit, so that they cannot speak of two certificates.
struct PresentedChain {
  PresentedChain(Certificate leaf_certificate, std::vector<Certificate> others);

  Certificate leaf;
  std::vector<Certificate> intermediates;  ///< as sent, without the leaf; not trusted
  crypto::Sha256 leaf_thumbprint;
  /// The leaf's subject, read once. An error where it is malformed (Name::from_x509): then it meets no rule.
  Result<Name> subject_name;
  std::string x5t_s256;  ///< leaf_thumbprint as `cnf` carries it
  // For the audit record and the log. Rendered, so for people only: nothing parses them.
  std::string subject;  ///< RFC 4514
  std::string issuer;   ///< RFC 4514
  std::string serial;   ///< hexadecimal
};

/// The bounds of what a peer may present (CVE-2026-32280: chain building blows up with many certificates).
struct ChainLimits {
  std::size_t certificates = 6;     ///< the leaf among them
  std::size_t bytes = 32UL * 1024;  ///< their DER
  int depth = 4;                    ///< certificates between leaf and anchor, whoever sent or holds them; from 0
};

/// Rule 1: may this leaf take part in a handshake at all? Key strength of 112 bits and a usable key type; nothing about
/// trust or time. Errors: `invalid_client` with weak_key or certificate_unusable.
[[nodiscard]] Result<void> check_presented_key(const Certificate& leaf);

}  // namespace certbound::x509
