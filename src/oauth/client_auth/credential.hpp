#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/form.hpp"
#include "http/request.hpp"

namespace certbound::oauth {

/// `client_assertion_type` of RFC 7523 section 2.2.
inline constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request says of its client, and what it brings for it besides the connection's certificate.
struct Credential {
  enum class Kind : std::uint8_t {
    none,
    basic,           ///< `Authorization: Basic` (RFC 6749 section 2.3.1)
    secret_in_body,  ///< `client_secret`
    assertion,       ///< `client_assertion` (RFC 7521 section 4.2)
    other_scheme,    ///< an Authorization header that authenticates nobody here
  };

  Credential() = default;

  Kind kind = Kind::none;
  std::string client_id;       ///< whom it names: nobody has proven it yet; empty where nothing does
  std::string secret;          ///< basic, secret_in_body: never logged
  std::string_view assertion;  ///< in the form: never logged

  /// For people: `client_secret`, `an Authorization header`; empty for none.
  [[nodiscard]] std::string_view description() const;
};

/// Reads the one credential of a request. The client is named by `client_id`, by the Basic header, or by `sub` of the
/// assertion, which is believed only so far that its keys are looked up (RFC 7521 section 4.2). `form` outlives it.
/// Errors: `invalid_request`, several_credentials where there are two, missing_parameter for half an assertion;
/// `invalid_client` where the header is damaged, the assertion of another type, or two parts of the request name two
/// clients.
[[nodiscard]] Result<Credential> read_credential(const http::Request& request, const http::Form& form);

}  // namespace certbound::oauth
