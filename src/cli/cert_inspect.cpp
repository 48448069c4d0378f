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

/// One entry of `clients` for each way to register the certificate, ready to paste.
std::vector<std::string> registration_entries(const x509::PresentedChain& shown,
                                              const std::vector<model::RegisteredSubject>& subjects,
                                              const std::string& file) {
  std::vector<std::string> entries;
  entries.reserve(subjects.size() + 1);
  for (const model::RegisteredSubject& subject : subjects) {
    entries.push_back("- client_id: CHOOSE-AN-ID\n  token_endpoint_auth_method: tls_client_auth\n  " +
                      std::string{name(subject.field)} + ": " + json_quoted(subject.value) +
                      "\n  trust_store: THE-PARTNERS-TRUST-STORE\n  resources: [THE-RESOURCE-IDENTIFIER]\n");
  }
  entries.push_back(
      "- client_id: CHOOSE-AN-ID\n  token_endpoint_auth_method: self_signed_tls_client_auth\n  certificates: [" +
      json_quoted(file) + "]  # x5t#S256 " + shown.x5t_s256 + "\n  resources: [THE-RESOURCE-IDENTIFIER]\n");
  return entries;
}

Result<Json> inspect(const x509::Certificate& certificate, const std::string& file) {
  const x509::PresentedChain shown{certificate, {}};
  const EVP_PKEY* key = X509_get0_pubkey(&certificate.handle());
  Json json;
  json["subject"] = shown.subject;
  json["issuer"] = shown.issuer;
  json["serial"] = shown.serial;
  json["not_before"] = to_rfc3339(certificate.not_before());
  json["not_after"] = to_rfc3339(certificate.not_after());
  json["subject_alt_names"] = x509::describe_subject_alt_names(certificate);
  json["key"] = key == nullptr ? "cannot be read" : crypto::describe_key(*key);
  const auto usable = x509::check_presented_key(certificate);
  json["usable"] = usable.has_value();
  if (!usable) json["unusable_because"] = usable.error().detail;
  json["x5t#S256"] = shown.x5t_s256;
  if (key != nullptr) {
    const auto jwk = certificate_jwk(certificate, *key);
    const auto thumbprint = jose::key_thumbprint(*key);
    if (jwk && thumbprint) {
      json["jwk"] = *jwk;
      json["key_thumbprint"] = thumbprint->to_base64url();
    } else {
      json["no_jwk_because"] = jwk ? thumbprint.error().detail : jwk.error().detail;
    }
  }
  const auto subjects = x509::registrable_subjects(certificate);
  if (!subjects) return subjects.error();
  json["registrations"] = registration_entries(shown, *subjects, file);
  return json;
}

void print_inspection(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    if (name == "registrations") continue;
    if (name == "subject_alt_names") {
      for (const auto& san : value) print("subject_alt_name: " + printable(san.get<std::string>()) + "\n");
      continue;
    }
    print(name + ": " + printable(value.is_string() ? value.get<std::string>() : value.dump()) + "\n");
  }
  print("\nTo register it under `clients`, one of:\n\n");
  for (const auto& entry : json["registrations"]) print(entry.get<std::string>() + "\n");
}

ExitStatus run_cert_inspect(const Arguments& arguments) {
  const std::string file = arguments.value("FILE");
  const auto pem = load_file(file);
  if (!pem) return fail(ExitStatus::could_not_run, pem.error());
  const auto certificates = x509::parse_pem_certificates(*pem);
  if (!certificates) return fail(ExitStatus::answer_is_no, file + ": " + certificates.error().detail);
  const auto json = inspect(certificates->front(), file);
  if (!json) return fail(ExitStatus::answer_is_no, file + ": " + json.error().detail);
  if (arguments.has("--json")) {
    print_json(*json);
  } else {
    print_inspection(*json);
  }
  return ExitStatus::done;
}

}  // namespace

const Verb kCertInspect{"cert", "inspect", "a certificate, and the entry to paste for each way to register it",
                        kCertInspectArguments, &run_cert_inspect};

}  // namespace certbound::cli
