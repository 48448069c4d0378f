#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace certbound::model {

/// What a denial names.
enum class DenialKind : std::uint8_t {
  jti,            ///< one token
  thumbprint,     ///< every token that is bound to the certificate with this `x5t#S256`
  client,         ///< every token of this client_id
  issued_before,  ///< every token: those that are older
};

/// In the order of the documentation.
inline constexpr DenialKind kDenialKinds[] = {DenialKind::jti, DenialKind::thumbprint, DenialKind::client,
                                              DenialKind::issued_before};

/// `jti` and so on; parse finds nothing for any other text.
[[nodiscard]] std::string_view name(DenialKind kind);
[[nodiscard]] std::optional<DenialKind> parse_denial_kind(std::string_view text);

/// Who asked for a denial. Each has room of its own, so that none takes that of another.
enum class DenialOrigin : std::uint8_t {
  by_operator,  ///< `deny add`
  by_client,    ///< a client that revoked a token of its own
  by_server,    ///< a certificate that was found revoked
};
inline constexpr DenialOrigin kDenialOrigins[] = {DenialOrigin::by_operator, DenialOrigin::by_client,
                                                  DenialOrigin::by_server};

/// `operator`, `client`, `server`; parse finds nothing for any other text.
[[nodiscard]] std::string_view name(DenialOrigin origin);
[[nodiscard]] std::optional<DenialOrigin> parse_denial_origin(std::string_view text);

/// No token lives longer, whatever the configuration says: the bound of every option that is a token's lifetime.
inline constexpr std::chrono::hours kLongestLifetime{24};

/// For how long after its end a token may still pass where a resource server's clock is behind and it allows for that:
/// as long a denial goes on.
inline constexpr std::chrono::seconds kVerifierSlack{600};

/// Tokens that are taken out of service before they expire.
struct Denial {
  std::uint64_t id = 0;  ///< the store's; 0 before it is stored
  DenialKind kind = DenialKind::jti;
  std::string subject;                    ///< a jti, an `x5t#S256`, a client_id; empty for issued_before
  std::optional<WallTime> issued_before;  ///< only tokens whose `iat` is earlier; nothing: all of them, later ones too
  std::string reason;                     ///< for people
  WallTime created_at{};
  std::optional<WallTime> until;  ///< from then on it denies nothing and is forgotten; nothing: until it is removed
  DenialOrigin origin = DenialOrigin::by_operator;
  std::string revoked_by;  ///< by_client: the client_id; else empty
  [[nodiscard]] bool operator==(const Denial&) const = default;
  [[nodiscard]] bool is_over(WallTime now) const { return until && *until <= now; }
};

/// For people: `denial 7 of client etl since 2026-… until 2026-…: the reason`.
[[nodiscard]] std::string describe_denial(const Denial& denial);

}  // namespace certbound::model
