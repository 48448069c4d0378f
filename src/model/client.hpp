#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace certbound::model {

/// `token_endpoint_auth_method` (RFC 8705 sections 2.1.1 and 2.2.1, RFC 7591 section 2, OpenID Connect Core section 9).
enum class AuthMethod : std::uint8_t {
  tls_client_auth,
  self_signed_tls_client_auth,
  private_key_jwt,
  client_secret_basic,
  client_secret_post
};

/// Each of them, in the order of the documentation.
inline constexpr AuthMethod kAuthMethods[] = {AuthMethod::tls_client_auth, AuthMethod::self_signed_tls_client_auth,
                                              AuthMethod::private_key_jwt, AuthMethod::client_secret_basic,
                                              AuthMethod::client_secret_post};

/// Does the certificate of the handshake prove who the client is?
[[nodiscard]] constexpr bool is_tls_method(AuthMethod method) {
  return method == AuthMethod::tls_client_auth || method == AuthMethod::self_signed_tls_client_auth;
}

/// Is it a shared secret?
[[nodiscard]] constexpr bool is_secret_method(AuthMethod method) {
  return method == AuthMethod::client_secret_basic || method == AuthMethod::client_secret_post;
}

/// The wire name. parse_auth_method finds nothing for any other text.
[[nodiscard]] std::string_view name(AuthMethod method);
[[nodiscard]] std::optional<AuthMethod> parse_auth_method(std::string_view text);

/// Which of the five fields of RFC 8705 section 2.1.2 the client is registered with, or our own: the pattern of a
/// subject DN.
enum class SubjectField : std::uint8_t { subject_dn, subject_dn_pattern, san_dns, san_uri, san_ip, san_email };

/// Each of them, in the order of the documentation.
inline constexpr SubjectField kSubjectFields[] = {SubjectField::subject_dn, SubjectField::subject_dn_pattern,
                                                  SubjectField::san_dns,    SubjectField::san_uri,
                                                  SubjectField::san_ip,     SubjectField::san_email};

/// `tls_client_auth_subject_dn` and so on.
[[nodiscard]] std::string_view name(SubjectField field);
[[nodiscard]] std::optional<SubjectField> parse_subject_field(std::string_view text);

/// The one expected subject of a `tls_client_auth` client, as it was registered. x509::SubjectRule is its parsed form.
struct RegisteredSubject {
  SubjectField field = SubjectField::subject_dn;
  std::string value;
  [[nodiscard]] bool operator==(const RegisteredSubject&) const = default;
};

/// Who declared the client.
struct ClientOrigin {
  std::string source;  ///< `yaml` for a declared client; later `registration`
  std::string place;   ///< `clients.d/a.yaml:3` for a declared one; for people only
  [[nodiscard]] bool operator==(const ClientOrigin&) const = default;
};

/// Whether a client's tokens are bound to a certificate, or to a DPoP key.
enum class BindingRule : std::uint8_t {
  never,           ///< not, whatever the request proves
  when_presented,  ///< where the request proves possession of one
  required,        ///< no token without it
};

/// `never`, `when_presented`, `required`. parse_binding_rule finds nothing for any other text.
[[nodiscard]] std::string_view name(BindingRule rule);
[[nodiscard]] std::optional<BindingRule> parse_binding_rule(std::string_view text);

/// One secret of a client_secret_ client that this server made. The secret itself is nowhere but with the client.
struct ClientSecret {
  std::uint64_t id = 0;  ///< what `client secret remove` names; never used again
  std::string sha256;    ///< base64url of the SHA-256 of the secret's text, 43 characters
  WallTime created_at{};
  std::optional<WallTime> expires_at{};  ///< from then on it is worth nothing; nothing: it stays
  [[nodiscard]] bool operator==(const ClientSecret&) const = default;
};

/// A registered client. The names are those of RFC 7591 and RFC 8705.
struct Client {
  explicit Client(ClientId id) : client_id{std::move(id)} {}

  ClientId client_id;
  std::string client_name;
  AuthMethod token_endpoint_auth_method = AuthMethod::tls_client_auth;

  // tls_client_auth
  std::optional<RegisteredSubject> subject;
  std::string trust_store;

  // self_signed_tls_client_auth: any one of these. Text is base64url of a SHA-256, 43 characters.
  std::vector<std::string> certificate_thumbprints;  ///< `x5t#S256` of a registered certificate
  std::vector<std::string> key_thumbprints;  ///< RFC 7638 thumbprint of a key that was registered without a certificate

  std::string
      jwks_uri;  ///< where the client publishes further ones (RFC 7591 section 2); https; empty where it doesn't

  // private_key_jwt, besides jwks_uri
  std::vector<std::string> assertion_keys;      ///< public JWKs (RFC 7517), each one JSON object
  std::string token_endpoint_auth_signing_alg;  ///< the one `alg` of its assertions; empty: what its key fits

  // client_secret_basic, client_secret_post
  std::string declared_secret_sha256;  ///< of client_secret_file: as ClientSecret::sha256; empty where there is none
  std::vector<ClientSecret> secrets;   ///< two at the most; kept by the store apart from the registration

  std::vector<std::string> grant_types{"client_credentials"};
  Scope scope;
  std::vector<std::string> resources;  ///< RFC 8707 identifiers; the first is the default audience
  /// `required` is what `tls_client_certificate_bound_access_tokens: true` says (RFC 8705 section 3.4).
  BindingRule certificate_binding = BindingRule::required;
  /// `required` is what `dpop_bound_access_tokens: true` says (RFC 9449 section 5.2).
  BindingRule dpop_binding = BindingRule::when_presented;

  ClientOrigin origin;

  [[nodiscard]] bool operator==(const Client&) const = default;
};

}  // namespace certbound::model
