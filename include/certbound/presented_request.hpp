#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace certbound {

/// One HTTP request, as far as its access token is judged by it. All of it stays the caller's.
struct PresentedRequest {
  std::string_view method;  ///< as it stands in the request line: `GET`

  /// The absolute URL that the client called, as the server itself knows it: scheme, host and port are those under
  /// which it is published, from its configuration, and the path is the request's. Never from `Host`, `Forwarded` or
  /// another field of the request: whoever chooses them chooses for which server a stolen DPoP proof is good. A query
  /// may stand in it; it is not compared (RFC 9449 section 4.3).
  std::string_view url;

  std::span<const std::string_view> authorization;  ///< the value of every Authorization field
  std::span<const std::string_view> dpop;           ///< the value of every DPoP field
};

/// What a memory of DPoP proofs says of one.
enum class ProofUse : std::uint8_t {
  first,    ///< it was not used before, and is remembered from now on
  replay,   ///< it was used before
  unknown,  ///< nobody can tell, since the memory is full or out of reach
};

/// Remembers that the proof with this key was used, until `until`: of all calls with one key one gets
/// ProofUse::first. `key` is a digest of the proof's key, URL and `jti`. Any thread calls it, within a
/// verify_request(); a std::exception is a refusal.
using RememberProof = std::function<ProofUse(const std::array<std::uint8_t, 32>& key, std::chrono::sys_seconds until)>;

/// What a verifier does with DPoP (RFC 9449 section 7), where it is given whole requests.
struct DpopOptions {
  /// False: no proof is looked at, so a token that is bound to a DPoP key is refused, and no challenge offers `DPoP`.
  bool is_accepted = true;
  /// `alg` of proofs. The newer name of EdDSA is one of its own (RFC 9864).
  std::vector<std::string> algorithms{"ES256", "PS256", "EdDSA", "Ed25519"};
  std::chrono::seconds lifetime{60};  ///< how old `iat` of a proof may be, up to 5 minutes
  std::chrono::seconds ahead{10};     ///< how far `iat` may be to come, up to a minute
  /// Proofs that were made earlier are refused. A second after the `iat` of the latest proof that the process before
  /// has accepted, or `ahead` and a second after its end: then none is accepted that was used before a restart.
  std::chrono::sys_seconds made_since{};

  /// How many used proofs are remembered, about 64 octets each. Where so many are within their lifetime no other is
  /// accepted: the answer is 503.
  std::size_t remembered_proofs = 100'000;
  /// In place of the memory of this object, which dies with it: one for several verifiers, or for several processes,
  /// which otherwise accept a proof once each.
  RememberProof remember;

  /// Whether a proof needs a nonce of this verifier (RFC 9449 section 9). Then Refusal::dpop_nonce has to be sent.
  bool is_nonce_required = false;
  std::chrono::seconds nonce_lifetime{std::chrono::minutes{5}};
};

}  // namespace certbound
