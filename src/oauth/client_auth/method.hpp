#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"
#include "oauth/deny_list.hpp"
#include "oauth/key_set.hpp"
#include "oauth/snapshot.hpp"
#include "store/client_directory.hpp"
#include "x509/presented.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::oauth {

/// What an authentication method may look at besides the client and the certificate.
struct AuthContext {
  AuthContext(const Snapshot& current, x509::VerificationMemory& verified, x509::OcspDesk& ocsp_desk, WallTime time)
      : snapshot{current}, memory{verified}, ocsp{ocsp_desk}, now{time} {}

  const Snapshot& snapshot;
  x509::VerificationMemory& memory;
  x509::OcspDesk& ocsp;  ///< where it has questions after a check, that has to be repeated with their answers
  WallTime now;
  const KeySet* fetched_keys = nullptr;  ///< what stands at the client's jwks_uri; null for none
  const DenyList* denied = nullptr;      ///< null: nobody is
};

/// Is this certificate, whose key the handshake proved, the client? A plain function on values. Errors:
/// `invalid_client` with the Reason.
using CheckCertificate = Result<void> (*)(const store::DirectoryClient& client, const x509::PresentedChain& presented,
                                          const AuthContext& context);

struct MethodEntry {
  model::AuthMethod method;
  CheckCertificate check;
};

/// Every client authentication method of this server; discovery publishes exactly these.
[[nodiscard]] std::span<const MethodEntry> all_methods();

/// RFC 8705 section 2.1: chain to an anchor of the client's own trust store, then the one registered subject.
[[nodiscard]] Result<void> check_tls_client_auth(const store::DirectoryClient& client,
                                                 const x509::PresentedChain& presented, const AuthContext& context);

/// RFC 8705 section 2.2: a certificate or a key that is registered, or published at the client's jwks_uri. Chain and
/// revocation do not apply; validity dates do.
[[nodiscard]] Result<void> check_self_signed_tls_client_auth(const store::DirectoryClient& client,
                                                             const x509::PresentedChain& presented,
                                                             const AuthContext& context);

/// What TrustStore::verify() of the client's trust store refused, as authentication reports it: where the chain ends
/// elsewhere and another trust store holds the leaf's issuer, the certificate is another partner's, and the reason is
/// anchor_not_for_client. By name and key identifier only: for messages, never for accepting.
[[nodiscard]] Error explain_chain_refusal(Error error, const Snapshot& snapshot, const model::Client& client,
                                          const x509::Certificate& leaf);

/// The refusal of client authentication: one text for every reason (RFC 8705 section 2; nobody learns which part
/// failed).
[[nodiscard]] Error refuse_client(Reason reason, std::string detail, SourceLocation where = SourceLocation::current());

}  // namespace certbound::oauth
