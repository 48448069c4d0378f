#include "model/client.hpp"

namespace certbound::model {

std::string_view name(AuthMethod method) {
  switch (method) {
    case AuthMethod::tls_client_auth:
      return "tls_client_auth";
    case AuthMethod::self_signed_tls_client_auth:
      return "self_signed_tls_client_auth";
    case AuthMethod::private_key_jwt:
      return "private_key_jwt";
    case AuthMethod::client_secret_basic:
      return "client_secret_basic";
    case AuthMethod::client_secret_post:
      return "client_secret_post";
  }
  return {};
}

std::optional<AuthMethod> parse_auth_method(std::string_view text) {
  for (const AuthMethod method : kAuthMethods) {
    if (text == name(method)) return method;
  }
  return std::nullopt;
}

std::string_view name(BindingRule rule) {
  switch (rule) {
    case BindingRule::never:
      return "never";
    case BindingRule::when_presented:
      return "when_presented";
    case BindingRule::required:
      return "required";
  }
  return {};
}

std::optional<BindingRule> parse_binding_rule(std::string_view text) {
  for (const BindingRule rule : {BindingRule::never, BindingRule::when_presented, BindingRule::required}) {
    if (text == name(rule)) return rule;
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
