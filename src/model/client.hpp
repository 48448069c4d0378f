#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"

namespace certbound::model {

/// `token_endpoint_auth_method` (RFC 8705 sections 2.1.1 and 2.2.1).
enum class AuthMethod : std::uint8_t { tls_client_auth, self_signed_tls_client_auth };

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

  std::vector<std::string> grant_types{"client_credentials"};
  Scope scope;
  std::vector<std::string> resources;  ///< RFC 8707 identifiers; the first is the default audience
  bool tls_client_certificate_bound_access_tokens = true;

  ClientOrigin origin;

  [[nodiscard]] bool operator==(const Client&) const = default;
};

}  // namespace certbound::model
