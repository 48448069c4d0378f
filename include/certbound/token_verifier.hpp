#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certbound/decision.hpp"
#include "certbound/export.hpp"
#include "certbound/presented_certificate.hpp"
#include "certbound/presented_request.hpp"

namespace certbound {

/// Which tokens are accepted by what they are bound to. Whatever a token is bound to has to be proved in any case: the
/// certificate, the DPoP key, or both.
enum class Binding : std::uint8_t {
  required,     ///< only those that are bound to something: the connection's certificate, a DPoP key, or both
  when_bound,   ///< also those that are bound to nothing
  certificate,  ///< only those that are bound to the connection's certificate, whether to a DPoP key too or not
};

/// Gives a document of the issuer as text. Nothing, an empty text and a std::exception mean that it could not be had.
/// It bounds its own time; the library has no part in the network. Called by one thread at a time, on that of a
/// verify(), while the others go on with what there is.
using Fetch = std::function<std::optional<std::string>()>;

/// A Fetch that reads a regular file of at most 8 MiB.
[[nodiscard]] CERTBOUND_EXPORT Fetch fetch_from_file(std::filesystem::path path);

/// What a verifier checks. `issuer`, `audiences` and one of `jwks` and `fetch_keys` have no default.
struct VerifierOptions {
  std::string issuer;                  ///< `iss`, octet by octet (RFC 9068 section 4)
  std::vector<std::string> audiences;  ///< the identifiers of this resource; `aud` must hold one of them

  std::string jwks;  ///< the JWK Set to begin with
  /// The JWK Set behind `jwks_uri`: asked when there are no keys, when a token names an unknown one, and when
  /// `refresh_interval` is over. Where verify() must not wait, leave it empty and hand the keys to replace_keys().
  Fetch fetch_keys;
  std::chrono::seconds refresh_interval{std::chrono::minutes{5}};
  std::chrono::seconds minimum_refresh_interval{10};  ///< between two attempts, whatever tokens come
  /// How long the last good keys serve while `fetch_keys` fails. Then nothing is accepted.
  std::chrono::seconds maximum_key_age{std::chrono::hours{24}};

  /// The deny feed, a JWT that the issuer's keys sign (`/oauth2/denied`). Empty: tokens are good until they expire.
  /// Where it is given nothing is accepted without a feed that is still valid by its own `exp`; the last good one
  /// serves until then. After an attempt that failed it is asked again within a second, then after twice as long each
  /// time, up to 15 seconds, each shortened at random by up to a half.
  Fetch fetch_denied;
  std::chrono::seconds denied_refresh_interval{15};

  std::vector<std::string> algorithms{"ES256", "PS256", "EdDSA", "RS256"};  ///< `alg`
  Binding binding = Binding::required;
  DpopOptions dpop;
  std::chrono::seconds clock_skew{10};  ///< by which the issuer's clock may differ, up to 5 minutes
  /// How many tokens whose signature was verified are remembered, about 2 KiB each; 0: none.
  std::size_t cached_tokens = 4096;
  std::string realm;  ///< of the challenge; empty: the first audience

  std::function<std::chrono::sys_seconds()> clock;  ///< thread safe; empty: the system's
};

/// What is known of the issuer's keys.
struct KeyStatus {
  std::size_t keys = 0;
  std::chrono::sys_seconds loaded_at;  ///< when these keys came or were confirmed; the epoch where there are none
  std::string problem;                 ///< why the last attempt failed; empty where it did not
  std::vector<std::string> skipped;    ///< keys of the set that cannot be used, each with why
};

/// What is known of the issuer's deny feed.
struct DeniedStatus {
  std::chrono::sys_seconds issued_at;   ///< the epoch where there is none
  std::chrono::sys_seconds expires_at;  ///< from then on nothing is accepted
  std::string problem;                  ///< why the last attempt failed; empty where it did not
};

/// Decides whether a request with a JWT access token (RFC 9068) may pass: signature, `typ`, `iss`, `aud`, `exp`, `nbf`,
/// `iat`, and on every call that the token is bound to the certificate of the connection that it came over (RFC 8705
/// section 3), to the key of the request's DPoP proof (RFC 9449 section 7), or to both, then the scopes. What was
/// verified before is remembered by its signature alone; times, binding, proof and scopes are judged anew.
///
/// Any thread may call any function at any time. No thread and no network of its own. Of the tokens that it is given it
/// keeps the SHA-256 and the claims, of the proofs a SHA-256.
class CERTBOUND_EXPORT TokenVerifier {
 public:
  using Scopes = std::span<const std::string_view>;

  /// Throws std::invalid_argument, which names the option, where one cannot be used; `jwks` too. That `fetch_keys` has
  /// nothing yet is no error: until it has, tokens are refused with RefusalReason::keys_unavailable.
  explicit TokenVerifier(VerifierOptions options);
  TokenVerifier(const TokenVerifier&) = delete;
  TokenVerifier& operator=(const TokenVerifier&) = delete;
  ~TokenVerifier();

  /// `token` as it stands after `Bearer `. All of `required_scopes` must be in it. Throws nothing.
  [[nodiscard]] Decision verify(std::string_view token, const PresentedCertificate& certificate,
                                Scopes required_scopes = {}) const;
  [[nodiscard]] Decision verify(std::string_view token, const PresentedCertificate& certificate,
                                std::initializer_list<std::string_view> required_scopes) const;

  /// The same for a whole request: its Authorization fields, none, one or several (RFC 6750 section 2.1), and its DPoP
  /// proof. `DPoP` as the scheme has to go with a token that is bound to a DPoP key, `Bearer` with one that is not;
  /// then a DPoP field is not looked at. Throws nothing.
  [[nodiscard]] Decision verify_request(const PresentedRequest& request, const PresentedCertificate& certificate,
                                        Scopes required_scopes = {}) const;

  /// The values of every Authorization field alone. Here as in verify() a token that is bound to a DPoP key is refused,
  /// since nobody has looked at a proof: RefusalReason::proof_missing.
  [[nodiscard]] Decision verify_request(std::span<const std::string_view> authorization,
                                        const PresentedCertificate& certificate, Scopes required_scopes = {}) const;

  /// Asks `fetch_keys` now. False where it has nothing good, key_status() says why; then the keys stay as they were.
  bool refresh_keys();

  /// Asks `fetch_denied` now. False where it has nothing good; then the feed stays as it was.
  bool refresh_denied();

  /// Takes another JWK Set. False where it cannot be used, key_status() says why; then the keys stay as they were.
  bool replace_keys(std::string_view jwks);

  [[nodiscard]] KeyStatus key_status() const;
  [[nodiscard]] DeniedStatus denied_status() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace certbound
