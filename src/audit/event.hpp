#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/reason.hpp"
#include "x509/presented.hpp"

namespace certbound::audit {

/// One decision, granted or refused. Filled as the request goes; what was not reached stays empty and is left out of
/// the record. Holds no token, assertion, secret or key.
struct Event {
  Event() = default;

  WallTime time{};
  std::string_view endpoint;     ///< a literal: `token`, `introspection`, `revocation`
  std::uint64_t generation = 0;  ///< of the configuration that decided, as the log and `client list` count them
  std::string request_id;
  std::string peer;
  std::string listener;

  std::string client_id;         ///< as asked; whether it was authenticated, `reason` tells
  std::string_view auth_method;  ///< a literal; empty where the client is unknown
  std::shared_ptr<const x509::PresentedChain> certificate;
  std::string dpop_key;  ///< RFC 7638 thumbprint of the key of a DPoP proof that holds
  std::string grant_type;

  Reason reason = Reason::none;  ///< none: granted
  std::string detail;            ///< why it was refused, for people

  /// What became of the token that the request was about: a literal; empty where it was about none. docs/REQUEST.md
  /// lists them.
  std::string_view token_state;
  std::string token_client_id;  ///< to whom that token was issued, where it is one of ours
  std::uint64_t denial = 0;     ///< the number of the denial that the request led to; 0: none

  // Granted only.
  std::string_view token_type;  ///< a literal
  std::string jti;
  std::string kid;  ///< of the key that signed or sealed the token
  std::vector<std::string> audience;
  std::string scope;
  std::string_view confirmation;  ///< a literal: `x5t#S256`, `jkt`, both with a blank between
                                  ///< them, or empty for an unbound token
  WallTime expires_at{};
};

/// One JSON line with its line feed. Whatever the strings hold, it stays one line.
[[nodiscard]] std::string render_event(const Event& event);

}  // namespace certbound::audit
