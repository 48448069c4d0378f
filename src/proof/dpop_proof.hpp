#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace certbound::proof {

/// What a proof may have at the most, and its `jti`.
inline constexpr std::size_t kMaximumProofBytes = 8UL * 1024;
inline constexpr std::size_t kMaximumJtiBytes = 256;

/// A DPoP proof (RFC 9449 section 4.2) whose signature was verified with the key in its header. Nothing is said of what
/// it is for, when, or whether it was used before: check_dpop_proof() and ReplayMemory say that.
struct DpopProof {
  crypto::Sha256 key;  ///< RFC 7638 thumbprint: `jkt`
  std::string jti;
  std::string htm;
  std::string htu;
  WallTime issued_at{};            ///< `iat`; a fraction is cut off
  std::optional<std::string> ath;  ///< as it stands in the proof
  std::optional<std::string> nonce;
};

/// The steps of judging a proof, in order: which refused.
enum class DpopStep : std::uint8_t {
  take_apart,  ///< a compact JWS of at most kMaximumProofBytes, claims of the right types
  type,        ///< `typ` is `dpop+jwt`, to the letter
  algorithm,   ///< `alg` is in the list, no `crit`, no `b64`
  key,         ///< `jwk` is a public key that fits, without private members
  signature,
  method,         ///< `htm`
  url,            ///< `htu`
  expired,        ///< `iat` is too old
  not_yet_valid,  ///< `iat` is too far ahead
  access_token,   ///< `ath`
};

/// RFC 9449 section 4.3, points 2 to 7. `algorithms` is the allow-list; the header only selects from it. `jku`, `x5u`,
/// `x5c` and `kid` of the header are not looked at; unknown header parameters and claims are ignored. Errors:
/// `invalid_request`, `detail` says which; `step` is the one that it came to.
[[nodiscard]] Result<DpopProof> verify_dpop_proof(std::string_view proof, std::span<const std::string_view> algorithms,
                                                  DpopStep& step);

/// What a proof is held against.
struct DpopExpectation {
  std::string_view method;            ///< of the request, case-sensitive
  std::string_view url;               ///< that was called, of the server's own knowledge: normalize_htu() of it
  std::chrono::seconds lifetime{60};  ///< from `iat` and so much on it is refused: `until` of ReplayMemory
  std::chrono::seconds ahead{10};     ///< how far ahead
  WallTime now{};
  /// The access token that the proof goes with (RFC 9449 section 7): `ath` has to be its SHA-256. Nothing at the token
  /// endpoint, where `ath` is not looked at.
  std::optional<std::string_view> access_token;
};

/// RFC 9449 section 4.3, points 8, 9, 11 and 12. Compares `ath` in constant time. Errors and `step` as
/// verify_dpop_proof(). A plain function on values.
[[nodiscard]] Result<void> check_dpop_proof(const DpopProof& proof, const DpopExpectation& expectation, DpopStep& step);

/// Under what a proof is remembered: one use for each key, URL and jti (RFC 9449 section 11.1). `url` as in
/// DpopExpectation.
[[nodiscard]] crypto::Sha256 replay_key(const DpopProof& proof, std::string_view url);

/// A URL as `htu` is compared (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3): without query and fragment;
/// scheme and host in lower case, the default port left out, percent escapes of unreserved characters decoded and the
/// others in upper case, dot segments removed, an empty path is `/`; a final dot of the host stays. Nothing where it is
/// no absolute http or https URL with a host, or has user information, or an octet that no URL has.
[[nodiscard]] std::optional<std::string> normalize_htu(std::string_view url);

}  // namespace certbound::proof
