#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/result.hpp"
#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"

namespace certbound::jose {

/// A compact JWS taken apart and not trusted (RFC 7515 section 7.1): exactly three base64url parts, a header that is a
/// JSON object without repeated members.
struct UnverifiedJws {
  std::string header_json;
  std::string payload;  ///< octets
  Bytes signature;
  std::string signing_input;  ///< the first two parts with their dot
};

/// What a stranger's token may have at the most.
inline constexpr std::size_t kMaximumJwsBytes = 64UL * 1024;

/// Errors: `invalid_request`, what is wrong in `detail`.
[[nodiscard]] Result<UnverifiedJws> split_compact(std::string_view token, std::size_t max_bytes = kMaximumJwsBytes);

/// The same, and `header` is the header as JSON: for callers who look into it, so that it is parsed once.
[[nodiscard]] Result<UnverifiedJws> split_compact(std::string_view token, std::size_t max_bytes,
                                                  nlohmann::json& header);

/// The algorithm that a header selects from the allow-list `algorithms`, which never is `none` or HMAC. Any `crit` and
/// `b64` are refused. Errors: `invalid_request`. The result lives for ever.
[[nodiscard]] Result<const Algorithm*> choose_algorithm(const nlohmann::json& header,
                                                        std::span<const std::string_view> algorithms);

/// May the key verify signatures of that algorithm, by its type and curve, its `use`, its `key_ops` and its `alg`?
[[nodiscard]] bool may_verify_with(const Jwk& jwk, const Algorithm& algorithm);

/// A JWS whose signature was verified.
struct VerifiedJws {
  std::string header_json;
  std::string payload;
  std::string kid;  ///< of the key that verified it; empty where it has none
};

/// Verifies with the one key that `kid` names, or, without `kid`, with the keys of the fitting type in turn, of which
/// at most 16 may fit. `algorithms` is the allow-list (`ES256`, `ES384`, `ES512`, `PS256`, `PS384`, `PS512`, `RS256`,
/// `RS384`, `RS512`, `EdDSA`, `Ed25519`); the header only selects from it, and the algorithm must fit the key and its
/// `alg`, `use` and `key_ops`. `none`, HMAC, any `crit`, `b64`, DER-encoded ECDSA signatures, PSS with another salt
/// length and a wrong length of any signature are refused (RFC 7515, RFC 7518, RFC 8725). `jwk`, `jku`, `x5c` and `x5u`
/// of the header are not looked at. Errors: `invalid_request`, `detail` says which.
[[nodiscard]] Result<VerifiedJws> verify_compact(std::string_view token, std::span<const Jwk> keys,
                                                 std::span<const std::string_view> algorithms);

/// The steps of verify_compact(), in order.
enum class JwsStep : std::uint8_t {
  take_apart,  ///< three parts in base64url, a header that is JSON
  choose,      ///< `alg` is in the list, the header asks for nothing that is not understood
  find_key,    ///< a key of that name, for that algorithm
  verify,      ///< the signature
};

/// What a key without a name is to a token whose header names one.
enum class Nameless : std::uint8_t {
  skipped,  ///< another key
  tried,    ///< perhaps that one: where keys come without a name, as those of PEM files do
};

/// The same, for callers who tell the refusals apart: `step` is the one that it came to, on an error that which
/// refused.
[[nodiscard]] Result<VerifiedJws> verify_compact(std::string_view token, std::span<const Jwk> keys,
                                                 std::span<const std::string_view> algorithms, JwsStep& step,
                                                 std::size_t max_bytes = kMaximumJwsBytes,
                                                 Nameless nameless = Nameless::skipped);

}  // namespace certbound::jose
