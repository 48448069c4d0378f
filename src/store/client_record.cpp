#include "store/client_record.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace certbound::store {

namespace {

using Json = nlohmann::json;

constexpr const char* kClientName = "client_name";
constexpr const char* kAuthMethod = "token_endpoint_auth_method";
constexpr const char* kTrustStore = "trust_store";
constexpr const char* kCertificateThumbprints = "certificate_thumbprints";
constexpr const char* kKeyThumbprints = "key_thumbprints";
constexpr const char* kJwksUri = "jwks_uri";
constexpr const char* kGrantTypes = "grant_types";
constexpr const char* kScope = "scope";
constexpr const char* kResources = "resources";
constexpr const char* kBoundTokens = "tls_client_certificate_bound_access_tokens";
// Ours, where a boolean cannot say it.
constexpr const char* kCertificateBinding = "certificate_binding";
constexpr const char* kDpopBinding = "dpop_binding";
constexpr const char* kAssertionKeys = "assertion_keys";
constexpr const char* kAssertionAlgorithm = "token_endpoint_auth_signing_alg";
constexpr const char* kDeclaredSecret = "declared_secret_sha256";

Json metadata_object(const model::Client& client) {
  Json object = Json::object();
  object[kAuthMethod] = std::string{name(client.token_endpoint_auth_method)};
  object[kGrantTypes] = client.grant_types;
  object[kScope] = client.scope.text();
  object[kBoundTokens] = client.certificate_binding == model::BindingRule::required;
  if (client.certificate_binding == model::BindingRule::when_presented) {
    object[kCertificateBinding] = std::string{name(client.certificate_binding)};
  }
  if (client.dpop_binding != model::BindingRule::when_presented) {
    object[kDpopBinding] = std::string{name(client.dpop_binding)};
  }
  if (!client.assertion_keys.empty()) object[kAssertionKeys] = client.assertion_keys;
  if (!client.token_endpoint_auth_signing_alg.empty()) {
    object[kAssertionAlgorithm] = client.token_endpoint_auth_signing_alg;
  }
  if (!client.declared_secret_sha256.empty()) object[kDeclaredSecret] = client.declared_secret_sha256;
  if (!client.client_name.empty()) object[kClientName] = client.client_name;
  if (client.subject) object[std::string{name(client.subject->field)}] = client.subject->value;
  if (!client.trust_store.empty()) object[kTrustStore] = client.trust_store;
  if (!client.certificate_thumbprints.empty()) object[kCertificateThumbprints] = client.certificate_thumbprints;
  if (!client.key_thumbprints.empty()) object[kKeyThumbprints] = client.key_thumbprints;
  if (!client.jwks_uri.empty()) object[kJwksUri] = client.jwks_uri;
  if (!client.resources.empty()) object[kResources] = client.resources;
  return object;
}

bool is_utf8_throughout(const Json& value) {
  if (value.is_string()) return is_utf8(value.get_ref<const std::string&>());
  return !value.is_structured() || std::all_of(value.begin(), value.end(), is_utf8_throughout);
}

/// Fills a Client from the members of its object; each function returns false where the value is of another type or
/// form.
class MetadataReader {
 public:
  explicit MetadataReader(model::Client& client) : client_{client} {}

  /// Empty, or what is wrong.
  std::string read(const Json& object) {
    if (!object.is_object()) return "not an object";
    for (const auto& [member, value] : object.items()) {
      if (!read_member(member, value)) return "member \"" + member + "\" is unknown or has a value of another form";
    }
    for (const char* required : {kAuthMethod, kGrantTypes, kScope, kBoundTokens}) {
      if (!object.contains(required)) return std::string{"member \""} + required + "\" is missing";
    }
    return read_certificate_binding(object);
  }

 private:
  /// Beside the boolean, which says `required` or not, it can only say what the boolean cannot.
  std::string read_certificate_binding(const Json& object) {
    if (!object.contains(kCertificateBinding)) return {};
    if (when_presented_ != model::BindingRule::when_presented || object[kBoundTokens].get<bool>()) {
      return std::string{"member \""} + kCertificateBinding + "\" contradicts " + kBoundTokens;
    }
    client_.certificate_binding = model::BindingRule::when_presented;
    return {};
  }

  bool read_member(const std::string& member, const Json& value) {
    if (member == kAuthMethod) return read_method(value);
    if (member == kScope) return read_scope(value);
    if (member == kBoundTokens) return read_bound_tokens(value);
    if (member == kCertificateBinding) return read_binding(value, when_presented_);
    if (member == kDpopBinding) return read_binding(value, client_.dpop_binding);
    if (member == kAssertionKeys) return read_list(value, client_.assertion_keys);
    if (member == kAssertionAlgorithm) return read_text(value, client_.token_endpoint_auth_signing_alg);
    if (member == kDeclaredSecret) return read_text(value, client_.declared_secret_sha256);
    if (member == kClientName) return read_text(value, client_.client_name);
    if (member == kTrustStore) return read_text(value, client_.trust_store);
    if (member == kJwksUri) return read_text(value, client_.jwks_uri);
    if (member == kGrantTypes) return read_list(value, client_.grant_types);
    if (member == kResources) return read_list(value, client_.resources);
    if (member == kCertificateThumbprints) return read_list(value, client_.certificate_thumbprints);
    if (member == kKeyThumbprints) return read_list(value, client_.key_thumbprints);
    return read_subject(member, value);
  }

  static bool read_text(const Json& value, std::string& out) {
    if (!value.is_string()) return false;
    out = value.get_ref<const std::string&>();
    return true;
  }

  static bool read_list(const Json& value, std::vector<std::string>& out) {
    if (!value.is_array()) return false;
    out.clear();
    for (const Json& entry : value) {
      if (!entry.is_string()) return false;
      out.push_back(entry.get_ref<const std::string&>());
    }
    return true;
  }

  bool read_method(const Json& value) {
    if (!value.is_string()) return false;
    const auto method = model::parse_auth_method(value.get_ref<const std::string&>());
    if (method) client_.token_endpoint_auth_method = *method;
    return method.has_value();
  }

  bool read_scope(const Json& value) {
    if (!value.is_string()) return false;
    auto scope = model::Scope::parse(value.get_ref<const std::string&>());
    if (!scope) return false;
    client_.scope = *std::move(scope);
    return true;
  }

  bool read_bound_tokens(const Json& value) {
    if (!value.is_boolean()) return false;
    client_.certificate_binding = value.get<bool>() ? model::BindingRule::required : model::BindingRule::never;
    return true;
  }

  static bool read_binding(const Json& value, model::BindingRule& out) {
    if (!value.is_string()) return false;
    const auto rule = model::parse_binding_rule(value.get_ref<const std::string&>());
    if (rule) out = *rule;
    return rule.has_value();
  }

  bool read_subject(const std::string& member, const Json& value) {
    const auto field = model::parse_subject_field(member);
    // RFC 8705 section 2.1.2: exactly one subject.
    if (!field || !value.is_string() || client_.subject) return false;
    client_.subject = model::RegisteredSubject{*field, value.get<std::string>()};
    return true;
  }

  model::Client& client_;
  model::BindingRule when_presented_ = model::BindingRule::never;  // of kCertificateBinding
};

}  // namespace

Result<ClientMetadata> render_client_metadata(const model::Client& client) {
  const Json object = metadata_object(client);
  for (const auto& [member, value] : object.items()) {
    if (!is_utf8_throughout(value)) {
      return invalid_input("client " + client.client_id.text() + ": " + member + " is not UTF-8");
    }
  }
  ClientMetadata metadata;
  metadata.json = dump_json(object);
  if (metadata.json.size() > kMaximumMetadataBytes) {
    return invalid_input("client " + client.client_id.text() + ": longer than " +
                         std::to_string(kMaximumMetadataBytes) + " octets");
  }
  metadata.digest = crypto::sha256(metadata.json);
  return metadata;
}

Result<model::Client> parse_client_row(const ClientRow& row) {
  const std::string who = "stored client " + json_quoted(row.client_id) + ": ";
  auto id = model::ClientId::parse(row.client_id);
  if (!id) return internal_error(who + "not a client_id");
  if (!crypto::is_equal_constant_time(crypto::sha256(row.metadata).octets, row.metadata_sha256)) {
    return internal_error(who + "the metadata does not fit its digest: changed by another program, or damaged");
  }
  const auto object = parse_json(row.metadata, JsonLimits{kMaximumMetadataBytes, 4});
  if (!object) return internal_error(who + object.error().detail);
  model::Client client{*std::move(id)};
  const std::string problem = MetadataReader{client}.read(*object);
  if (!problem.empty()) return internal_error(who + problem);
  client.origin = model::ClientOrigin{std::string{row.source}, std::string{row.place}};
  return client;
}

}  // namespace certbound::store
