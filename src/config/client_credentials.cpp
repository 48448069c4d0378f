#include "config/client_credentials.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "config/assertion_keys.hpp"
#include "config/jwk_set_reader.hpp"
#include "config/named_file.hpp"
#include "jose/jwk.hpp"
#include "oauth/key_set.hpp"
#include "x509/certificate.hpp"
#include "x509/presented.hpp"
#include "x509/subject_rule.hpp"
#include "x509/validity.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kSelfSigned = "self_signed_tls_client_auth";

/// Appends unless it is there.
void add_once(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

std::string list_subject_options() {
  std::string out;
  for (const model::SubjectField field : model::kSubjectFields) {
    if (!out.empty()) out += ", ";
    out += model::name(field);
  }
  return out;
}

/// The registered subject in its one spelling; empty where it cannot be used.
std::string check_subject(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client) {
  if (draft.subjects.empty()) {
    if (!draft.is_complete) return {};
    reader.complain(node, "tls_client_auth needs the certificate's subject; write one of " + list_subject_options());
    return {};
  }
  for (std::size_t i = 1; i < draft.subjects.size(); ++i) {
    const ClientDraft::Subject& extra = draft.subjects[i];
    reader.complain_of(model::name(extra.registered.field), *extra.node,
                       "a second subject, after " + std::string{model::name(draft.subjects.front().registered.field)} +
                           "; a client has exactly one (RFC 8705 section 2.1.2), remove the other");
  }
  const ClientDraft::Subject& subject = draft.subjects.front();
  if (subject.registered.value.empty()) return {};  // reported where it was read
  const auto rule = x509::SubjectRule::parse(subject.registered);
  if (!rule) {
    reader.complain_of(model::name(subject.registered.field), *subject.node, rule.error().detail);
    return {};
  }
  client.subject = subject.registered;
  return rule->canonical();
}

void check_trust_store(Reader& reader, const Node& node, const ClientDraft& draft,
                       const std::vector<std::string_view>& trust_stores) {
  const Node* place = node.find("trust_store");
  if (place == nullptr) {
    if (!draft.is_complete) return;
    reader.complain_of("trust_store", node, "required for tls_client_auth; name one of trust_stores");
    return;
  }
  if (draft.trust_store.empty() || std::binary_search(trust_stores.begin(), trust_stores.end(), draft.trust_store))
    return;
  const std::string_view close = nearest(draft.trust_store, trust_stores);
  reader.complain_of(
      "trust_store", *place,
      in_quotes(draft.trust_store) + " is not one of trust_stores; " +
          (close.empty() ? "declare it there, or name another" : "did you mean " + std::string{close} + "?"));
}

/// A bare key of another client stands for this certificate as well.
void add_key_of(const x509::Certificate& certificate, std::vector<Credential>& credentials) {
  const EVP_PKEY* key = X509_get0_pubkey(&certificate.handle());
  const auto thumbprint = key == nullptr ? Result<crypto::Sha256>{invalid_input("no key")} : jose::key_thumbprint(*key);
  // Without a thumbprint no JWK can name this key.
  if (thumbprint) credentials.push_back({Credential::Kind::key_of_certificate, thumbprint->to_base64url()});
}

void add_certificate(Reader& reader, const Node& node, const x509::Certificate& certificate, model::Client& client,
                     std::vector<Credential>& credentials) {
  const auto strength = x509::check_presented_key(certificate);
  if (!strength) {
    reader.complain(node, "the certificate's key cannot authenticate anybody: " + strength.error().detail +
                              "; register one with a key of 112 bits of security or more");
    return;
  }
  add_once(client.certificate_thumbprints, x509::x5t_s256(certificate));
  add_key_of(certificate, credentials);
  if (!certificate.is_self_issued()) {
    const Bytes der = certificate.to_der();
    credentials.push_back({Credential::Kind::issued_certificate, std::string{der.begin(), der.end()}});
  }
  const std::string remark = x509::describe_validity(certificate, reader.session().surroundings.now);
  if (!remark.empty()) reader.complain(node, remark, Severity::warning);
}

void read_certificate_file(Reader& reader, const Node& node, model::Client& client,
                           std::vector<Credential>& credentials) {
  const auto named = read_named_file(reader, node);
  if (!named) return;
  const auto certificates = x509::parse_pem_certificates(named->content);
  if (!certificates) {
    reader.complain(node, named->path.string() + ": " + certificates.error().detail);
    return;
  }
  for (const x509::Certificate& certificate : *certificates) {
    add_certificate(reader, node, certificate, client, credentials);
  }
}

void add_key(Reader& reader, const Node& node, const jose::Jwk& key, model::Client& client,
             std::vector<Credential>& credentials) {
  const auto registered = oauth::read_registered_key(key);
  if (!registered) {
    reader.complain(node, registered.error().detail);
  } else if (registered->certificate) {
    add_certificate(reader, node, *registered->certificate, client, credentials);
  } else if (registered->kind == oauth::RegisteredKey::Kind::certificate) {
    add_once(client.certificate_thumbprints, registered->thumbprint.to_base64url());
  } else {
    add_once(client.key_thumbprints, registered->thumbprint.to_base64url());
  }
}

void read_jwks(Reader& reader, const Node& node, model::Client& client, std::vector<Credential>& credentials) {
  const Reader::Step step{reader, "jwks"};
  const auto keys = read_jwk_set(reader, node);
  if (!keys) return;
  for (const jose::Jwk& key : *keys) add_key(reader, node, key, client, credentials);
}

void read_self_signed(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client,
                      std::vector<Credential>& credentials) {
  for (const ClientDraft::Subject& subject : draft.subjects) {
    refuse_option(reader, node, model::name(subject.registered.field), kSelfSigned);
  }
  refuse_option(reader, node, "trust_store", kSelfSigned);
  refuse_assertion_options(reader, node, kSelfSigned);
  const Node* uri = node.find("jwks_uri");
  if (draft.certificates == nullptr && draft.jwks == nullptr && uri == nullptr && draft.is_complete) {
    reader.complain(
        node,
        "self_signed_tls_client_auth needs the client's certificate or key; write certificates, jwks or jwks_uri");
  }
  refuse_two_key_sets(reader, node);
  client.jwks_uri = draft.jwks_uri;
  if (draft.certificates != nullptr) {
    const Reader::Step step{reader, "certificates"};
    read_each(reader, *draft.certificates,
              [&](const Node& member) { read_certificate_file(reader, member, client, credentials); });
  }
  if (draft.jwks != nullptr) read_jwks(reader, *draft.jwks, client, credentials);
}

void add_registered(const model::Client& client, std::vector<Credential>& credentials) {
  for (const std::string& thumbprint : client.certificate_thumbprints) {
    credentials.push_back({Credential::Kind::certificate, thumbprint});
  }
  for (const std::string& thumbprint : client.key_thumbprints) {
    credentials.push_back({Credential::Kind::key, thumbprint});
  }
}

}  // namespace

std::vector<Credential> read_credentials(Reader& reader, const Node& node, const ClientDraft& draft,
                                         const std::vector<std::string_view>& trust_stores, model::Client& client) {
  if (!draft.method) return {};  // reported where it was read
  client.token_endpoint_auth_method = *draft.method;
  if (model::is_secret_method(*draft.method)) return {};  // client_secrets.cpp
  std::vector<Credential> credentials;
  if (*draft.method == model::AuthMethod::self_signed_tls_client_auth) {
    read_self_signed(reader, node, draft, client, credentials);
    add_registered(client, credentials);
    return credentials;
  }
  if (*draft.method == model::AuthMethod::private_key_jwt) {
    read_assertion_keys(reader, node, draft, client);
    return credentials;
  }
  const std::string subject = check_subject(reader, node, draft, client);
  check_trust_store(reader, node, draft, trust_stores);
  client.trust_store = draft.trust_store;
  refuse_option(reader, node, "certificates", model::name(*draft.method));
  refuse_option(reader, node, "jwks", model::name(*draft.method));
  refuse_option(reader, node, "jwks_uri", model::name(*draft.method));
  refuse_assertion_options(reader, node, model::name(*draft.method));
  if (!subject.empty()) {
    const bool is_pattern = client.subject->field == model::SubjectField::subject_dn_pattern;
    credentials.push_back({is_pattern ? Credential::Kind::subject_pattern : Credential::Kind::subject, subject});
  }
  return credentials;
}

}  // namespace certbound::config
