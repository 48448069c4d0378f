#include "cli/client_json.hpp"

#include <nlohmann/json.hpp>

#include "app/secret_commands.hpp"
#include "base/text.hpp"

namespace certbound::cli {

nlohmann::ordered_json client_json(const model::Client& client) {
  nlohmann::ordered_json json;
  json["client_id"] = client.client_id.text();
  if (!client.client_name.empty()) json["client_name"] = client.client_name;
  json["token_endpoint_auth_method"] = name(client.token_endpoint_auth_method);
  if (client.subject) json[std::string{name(client.subject->field)}] = client.subject->value;
  if (!client.trust_store.empty()) json["trust_store"] = client.trust_store;
  if (!client.certificate_thumbprints.empty()) json["certificates_x5t#S256"] = client.certificate_thumbprints;
  if (!client.key_thumbprints.empty()) json["key_thumbprints"] = client.key_thumbprints;
  if (!client.jwks_uri.empty()) json["jwks_uri"] = client.jwks_uri;
  if (model::is_secret_method(client.token_endpoint_auth_method)) json.update(secrets_json(client, wall_now()));
  json["grant_types"] = client.grant_types;
  json["scope"] = client.scope.text();
  json["resources"] = client.resources;
  json["tls_client_certificate_bound_access_tokens"] = client.certificate_binding == model::BindingRule::required;
  json["source"] = client.origin.source;
  json["place"] = client.origin.place;
  return json;
}

nlohmann::ordered_json secrets_json(const model::Client& client, WallTime now) {
  nlohmann::ordered_json json;
  json["declared_secret"] = !client.declared_secret_sha256.empty();
  json["secrets"] = nlohmann::ordered_json::array();
  for (const model::ClientSecret& secret : client.secrets) json["secrets"].emplace_back(app::secret_json(secret, now));
  return json;
}

nlohmann::ordered_json seen_json(const store::SeenCertificate& seen) {
  nlohmann::ordered_json json;
  json["x5t#S256"] = seen.x5t_s256;
  json["serial"] = seen.serial;
  json["issuer"] = seen.issuer;
  json["not_after"] = to_rfc3339(seen.not_after);
  json["first_seen"] = to_rfc3339(seen.first_seen);
  json["last_seen"] = to_rfc3339(seen.last_seen);
  return json;
}

static std::string describe_secrets(const model::Client& client) {
  std::vector<std::string> parts;
  if (!client.declared_secret_sha256.empty()) parts.emplace_back("client_secret_file");
  for (const model::ClientSecret& secret : client.secrets) {
    parts.push_back("secret " + std::to_string(secret.id) + " until " +
                    (secret.expires_at ? to_rfc3339(*secret.expires_at) : "removed"));
  }
  return parts.empty() ? "no secret" : join(parts, ", ");
}

std::string describe_credential(const model::Client& client) {
  if (model::is_secret_method(client.token_endpoint_auth_method)) return describe_secrets(client);
  if (client.subject) {
    return std::string{name(client.subject->field)} + "=" + client.subject->value + " in " + client.trust_store;
  }
  std::string text;
  if (!client.certificate_thumbprints.empty()) text = "x5t#S256 " + join(client.certificate_thumbprints, " ");
  if (!client.key_thumbprints.empty()) {
    text += (text.empty() ? "key " : ", key ") + join(client.key_thumbprints, " ");
  }
  if (!client.jwks_uri.empty()) text += (text.empty() ? "jwks_uri " : ", jwks_uri ") + client.jwks_uri;
  return text;
}

}  // namespace certbound::cli
