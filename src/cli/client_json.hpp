#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/clock.hpp"
#include "model/client.hpp"
#include "store/seen_certificate.hpp"

namespace certbound::cli {

/// A client with the names of RFC 7591 and RFC 8705, and where it came from. Of one that authenticates by a secret also
/// secrets_json().
[[nodiscard]] nlohmann::ordered_json client_json(const model::Client& client);

/// `{"declared_secret": …, "secrets": [{"id": …, "created_at": …, "expires_at": …, "expired": …}]}`: whether the
/// configuration declares one, and those that the server made, with times in RFC 3339; never a digest.
[[nodiscard]] nlohmann::ordered_json secrets_json(const model::Client& client, WallTime now);

/// `{"x5t#S256": …, "serial": …, "issuer": …, "not_after": …, "first_seen": …, "last_seen": …}`, times in RFC 3339.
[[nodiscard]] nlohmann::ordered_json seen_json(const store::SeenCertificate& seen);

/// What it authenticates with, in one line.
[[nodiscard]] std::string describe_credential(const model::Client& client);

}  // namespace certbound::cli
