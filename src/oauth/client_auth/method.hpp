#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"
#include "oauth/client_auth/credential.hpp"
#include "oauth/deny_list.hpp"
#include "oauth/key_set.hpp"
#include "oauth/replay_store.hpp"
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
  WallTime present = now;                ///< later than `now` where the request had to wait: for what counts once
  const KeySet* fetched_keys = nullptr;  ///< what stands at the client's jwks_uri; null for none
  const DenyList* denied = nullptr;      ///< null: nobody is
};

/// What a request brings to prove who its client is.
struct Evidence {
  const x509::PresentedChain* certificate;  ///< whose key the handshake proved; null where there is none
  const Credential& credential;             ///< everything else
};

/// What a method found to hold.
struct Proven {
  Proven() = default;
  explicit Proven(const SingleUse& use) : single_use{use} {}

  std::optional<SingleUse> single_use;  ///< to be spent before the client is believed
};

/// Does the evidence prove that the request is the client's? A plain function on values. Errors: `invalid_client` with
/// the Reason; a client proven by its certificate learns with `invalid_request`, several_credentials, that it sent
/// another credential as well (RFC 6749 section 2.3).
using CheckEvidence = Result<Proven> (*)(const store::DirectoryClient& client, const Evidence& evidence,
                                         const AuthContext& context);

struct MethodEntry {
  model::AuthMethod method;
  CheckEvidence check;
};

/// Every client authentication method of this server.
[[nodiscard]] std::span<const MethodEntry> all_methods();

/// Those that the snapshot's configuration permits, in the order of all_methods(): discovery publishes exactly these.
[[nodiscard]] std::vector<model::AuthMethod> enabled_methods(const Snapshot& snapshot);

/// RFC 7523 section 2.2: a JWT that one of the client's keys signed.
[[nodiscard]] Result<Proven> check_private_key_jwt(const store::DirectoryClient& client, const Evidence& evidence,
                                                   const AuthContext& context);

/// RFC 6749 section 2.3.1: a secret of the client's, in the Authorization header or in the body.
[[nodiscard]] Result<Proven> check_client_secret_basic(const store::DirectoryClient& client, const Evidence& evidence,
                                                       const AuthContext& context);
[[nodiscard]] Result<Proven> check_client_secret_post(const store::DirectoryClient& client, const Evidence& evidence,
                                                      const AuthContext& context);

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

/// The request has a credential, of another method than the client's.
[[nodiscard]] Error refuse_other_method(const Credential& credential);

/// The refusal of client authentication: one text for every reason (RFC 8705 section 2; nobody learns which part
/// failed).
[[nodiscard]] Error refuse_client(Reason reason, std::string detail, SourceLocation where = SourceLocation::current());

}  // namespace certbound::oauth
