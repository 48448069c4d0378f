#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "jose/jwk.hpp"
#include "oauth/options.hpp"
#include "oauth/replay_store.hpp"

namespace certbound::oauth {

/// What an assertion may have at the most, and its `jti`.
inline constexpr std::size_t kMaximumAssertionBytes = 16UL * 1024;
inline constexpr std::size_t kMaximumAssertionJtiBytes = 512;

/// For how long an assertion may be valid, and how far its clock may be ahead of ours.
inline constexpr std::chrono::seconds kLongestAssertion{300};
inline constexpr std::chrono::seconds kAssertionAhead{10};

/// What an assertion is held against.
struct AssertionExpectation {
  std::string_view client_id;
  std::string_view issuer;     ///< ours: the one `aud`
  std::string_view algorithm;  ///< `token_endpoint_auth_signing_alg`; empty: any of client_algorithms()
  Profile profile = Profile::none;
  WallTime now{};
};

/// The client's keys, from wherever they come: a set after the other is tried.
using KeySets = std::span<const std::span<const jose::Jwk>>;

/// A client assertion (RFC 7523 section 3 with the audience rule of rfc7523bis): signed by one of the client's keys
/// with an algorithm that its registration and the key permit (`kid` chooses among those that have a name; one of a PEM
/// file has none and is tried whatever it says), `iss` and `sub` the client, `aud` our issuer alone and
/// to the letter (under FAPI a string), `exp` at most five minutes ahead, `nbf` and `iat` at most ten seconds, a `jti`;
/// not a JWT of another kind by its `typ`. What comes back has to be spent before the assertion is believed. Errors:
/// `invalid_client`, the Reason says which. A plain function on values.
[[nodiscard]] Result<SingleUse> check_assertion(std::string_view assertion, KeySets keys,
                                                const AssertionExpectation& expectation);

/// check_assertion() of one whose signature is known to be right, from its header and payload.
[[nodiscard]] Result<SingleUse> check_assertion_claims(const std::string& header_json, const std::string& payload,
                                                       const AssertionExpectation& expectation);

/// `sub` of what may be an assertion, without believing it; empty where there is none.
[[nodiscard]] std::string peek_subject(std::string_view assertion);

}  // namespace certbound::oauth
