#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/verb.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "x509/name.hpp"
#include "x509/presented.hpp"
#include "x509/subject_rule.hpp"

namespace certbound::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr ArgumentSpec kCertInspectArguments[] = {
    {"FILE", ArgumentKind::positional, "PEM; the first certificate is shown", true},
    kJsonArgument,
};

/// A JWK with `x5c`, as a client would publish it.
Result<Json> certificate_jwk(const x509::Certificate& certificate, const EVP_PKEY& key) {
  const auto jwk = jose::to_jwk(key);
  if (!jwk) return jwk.error();
  Json json = *jwk;
  json["x5c"] = Json::array({base64_encode(certificate.to_der())});
  json["x5t#S256"] = x509::x5t_s256(certificate);
  return json;
}

/// A text that stands in a configuration for `text` itself.
std::string yaml_quoted(std::string_view text) {
  std::string quoted = json_quoted(text);
  // `${` would begin a variable.
  for (std::size_t at = quoted.find("${"); at != std::string::npos; at = quoted.find("${", at + 3)) {
    quoted.insert(at, 1, '$');
  }
  return quoted;
}

/// One entry of `clients`, ready to paste. `credential`: its lines between the method and the resources.
std::string registration_entry(std::string_view method, const std::string& credential) {
  return "- client_id: CHOOSE-AN-ID\n  token_endpoint_auth_method: " + std::string{method} + "\n" + credential +
         "  resources: [THE-RESOURCE-IDENTIFIER]\n";
}

std::string jwks_line(const Json& jwk, const std::string& remark) {
  return "  jwks: {\"keys\": [" + jwk.dump() + "]}  # " + remark + "\n";
}

/// One entry for each way to register the certificate; `jwk` is null where its key has no such form.
std::vector<std::string> registration_entries(const x509::PresentedChain& shown,
                                              const std::vector<model::RegisteredSubject>& subjects, const Json& jwk,
                                              const std::string& file) {
  constexpr std::string_view kSelfSigned = "self_signed_tls_client_auth";
  std::vector<std::string> entries;
  entries.reserve(subjects.size() + 4);
  for (const model::RegisteredSubject& subject : subjects) {
    entries.push_back(registration_entry("tls_client_auth", "  " + std::string{name(subject.field)} + ": " +
                                                                yaml_quoted(subject.value) +
                                                                "\n  trust_store: THE-PARTNERS-TRUST-STORE\n"));
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  entries.push_back(registration_entry(
      kSelfSigned,
      "  certificates: [" + yaml_quoted(error ? file : absolute.string()) + "]  # x5t#S256 " + shown.x5t_s256 + "\n"));
  if (jwk.is_null()) return entries;
  Json key = jwk;
  key.erase("x5t#S256");
  entries.push_back(registration_entry(kSelfSigned, jwks_line(key, "this certificate")));
  key.erase("x5c");
  Json thumbprint = key;
  thumbprint["x5t#S256"] = shown.x5t_s256;
  entries.push_back(registration_entry(kSelfSigned, jwks_line(thumbprint, "this certificate, by its thumbprint")));
  entries.push_back(registration_entry(kSelfSigned, jwks_line(key, "every certificate with this key")));
  return entries;
}

void add_key(Json& json, const x509::Certificate& certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(&certificate.handle());
  json["key"] = key == nullptr ? "cannot be read" : crypto::describe_key(*key);
  const auto usable = x509::check_presented_key(certificate);
  json["usable"] = usable.has_value();
  if (!usable) json["unusable_because"] = usable.error().detail;
  json["x5t#S256"] = x509::x5t_s256(certificate);
  if (key == nullptr) return;
  const auto jwk = certificate_jwk(certificate, *key);
  const auto thumbprint = jose::key_thumbprint(*key);
  if (jwk && thumbprint) {
    json["jwk"] = *jwk;
    json["key_thumbprint"] = thumbprint->to_base64url();
  } else {
    json["no_jwk_because"] = jwk ? thumbprint.error().detail : jwk.error().detail;
  }
}

/// Whatever can be shown, and for what cannot be used why.
Json inspect(const x509::Certificate& certificate, const std::string& file) {
  const x509::PresentedChain shown{certificate, {}};
  Json json;
  json["subject"] = shown.subject;
  json["issuer"] = shown.issuer;
  json["serial"] = shown.serial;
  json["not_before"] = to_rfc3339(certificate.not_before());
  json["not_after"] = to_rfc3339(certificate.not_after());
  json["subject_alt_names"] = x509::describe_subject_alt_names(certificate);
  add_key(json, certificate);
  const x509::RegistrableSubjects registrable = x509::registrable_subjects(certificate);
  if (!registrable.left_out.empty()) json["no_registration_because"] = registrable.left_out;
  json["registrations"] = Json::array();
  // A key that no handshake accepts registers nothing, and `unusable_because` has said why.
  if (json["usable"] == true) {
    json["registrations"] = registration_entries(shown, registrable.subjects, json.value("jwk", Json{}), file);
  }
  return json;
}

void print_each(std::string_view name, const Json& values) {
  for (const auto& value : values) print(std::string{name} + ": " + printable(value.get<std::string>()) + "\n");
}

void print_inspection(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    if (name == "registrations") continue;
    if (name == "subject_alt_names") {
      print_each("subject_alt_name", value);
    } else if (value.is_array()) {
      print_each(name, value);
    } else {
      print(name + ": " + printable(value.is_string() ? value.get<std::string>() : value.dump()) + "\n");
    }
  }
  if (json["registrations"].empty()) return;
  print("\nTo register it under `clients`, one of:\n\n");
  for (const auto& entry : json["registrations"]) print(entry.get<std::string>() + "\n");
}

ExitStatus run_cert_inspect(const Arguments& arguments) {
  const std::string file = arguments.value("FILE");
  const auto pem = load_file(file);
  if (!pem) return fail(ExitStatus::could_not_run, pem.error());
  const auto certificates = x509::parse_pem_certificates(*pem);
  if (!certificates) return fail(ExitStatus::answer_is_no, file + ": " + certificates.error().detail);
  const Json json = inspect(certificates->front(), file);
  if (arguments.has("--json")) {
    print_json(json);
  } else {
    print_inspection(json);
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kCertInspect{"cert", "inspect", "a certificate, and the entry to paste for each way to register it",
                        kCertInspectArguments, &run_cert_inspect};

}  // namespace certbound::cli
