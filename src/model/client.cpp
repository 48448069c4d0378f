#include "model/client.hpp"

namespace certbound::model {

std::string_view name(AuthMethod method) {
  switch (method) {
    case AuthMethod::tls_client_auth:
      return "tls_client_auth";
    case AuthMethod::self_signed_tls_client_auth:
      return "self_signed_tls_client_auth";
  }
  return {};
}

std::optional<AuthMethod> parse_auth_method(std::string_view text) {
  for (const AuthMethod method : {AuthMethod::tls_client_auth, AuthMethod::self_signed_tls_client_auth}) {
    if (text == name(method)) return method;
  }
  return std::nullopt;
}

std::string_view name(SubjectField field) {
  switch (field) {
    case SubjectField::subject_dn:
      return "tls_client_auth_subject_dn";
    case SubjectField::subject_dn_pattern:
      return "tls_client_auth_subject_dn_pattern";
    case SubjectField::san_dns:
      return "tls_client_auth_san_dns";
    case SubjectField::san_uri:
      return "tls_client_auth_san_uri";
    case SubjectField::san_ip:
      return "tls_client_auth_san_ip";
    case SubjectField::san_email:
      return "tls_client_auth_san_email";
  }
  return {};
}

std::optional<SubjectField> parse_subject_field(std::string_view text) {
  for (const SubjectField field : kSubjectFields) {
    if (text == name(field)) return field;
  }
  return std::nullopt;
}

}  // namespace certbound::model
