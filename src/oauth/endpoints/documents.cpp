#include "oauth/endpoints/documents.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "jose/jwk.hpp"
#include "oauth/client_algorithms.hpp"
#include "oauth/client_auth/method.hpp"
#include "oauth/endpoints/client_endpoint.hpp"
#include "oauth/grants/grant.hpp"
#include "oauth/proof/dpop.hpp"

namespace certbound::oauth {

namespace {

using Json = nlohmann::ordered_json;

Json scopes_of(const Snapshot& snapshot) {
  model::Scope all;
  for (const auto& [identifier, resource] : snapshot.resources) {
    for (const std::string& token : resource.scopes.tokens()) all.add(token);
  }
  return all.tokens();
}

/// RFC 9701 section 7: an answer is signed as tokens are, now by the active key and then by the next one, whatever the
/// configuration wants of a later one.
Json signing_algorithms(const Snapshot& snapshot) {
  Json names = Json::array();
  for (const model::KeyState state : {model::KeyState::active, model::KeyState::next}) {
    for (const SigningKey& key : snapshot.keys) {
      const std::string_view name = model::name(key.record.algorithm);
      if (key.record.state == state && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  }
  return names;
}

/// `token_endpoint` and so on (RFC 8414 section 2).
std::string member_of(const ClientEndpoint& endpoint) { return std::string{endpoint.name} + "_endpoint"; }

/// How clients authenticate at each endpoint, and with what their assertions may be signed.
void add_methods(Json& metadata, const Snapshot& snapshot) {
  for (const ClientEndpoint& endpoint : all_client_endpoints()) {
    const std::string prefix = member_of(endpoint) + "_auth_";
    for (const model::AuthMethod method : enabled_methods(snapshot)) {
      metadata[prefix + "methods_supported"].push_back(model::name(method));
    }
    metadata[prefix + "signing_alg_values_supported"] = client_algorithms(snapshot.profile);
  }
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view candidate : split(if_none_match, ',')) {
    candidate = trim(candidate);
    if (candidate == "*") return true;
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
  }
  return false;
}

}  // namespace

Document make_document(std::string body) {
  Document document;
  document.etag = "\"" + crypto::sha256(body).to_base64url().substr(0, 22) + "\"";
  document.body = std::move(body);
  return document;
}

std::string metadata_path(std::string_view issuer_path) {
  return "/.well-known/oauth-authorization-server" + std::string{issuer_path};
}

Document render_metadata(const Snapshot& snapshot) {
  const PublishedUrls& urls = snapshot.urls;
  std::string base = snapshot.issuer;
  if (base.ends_with('/')) base.pop_back();
  Json metadata;
  metadata["issuer"] = snapshot.issuer;
  for (const ClientEndpoint& endpoint : all_client_endpoints()) {
    metadata[member_of(endpoint)] = base + std::string{endpoint.path};
  }
  metadata["jwks_uri"] = base + "/oauth2/jwks";
  if (const Json scopes = scopes_of(snapshot); !scopes.empty()) metadata["scopes_supported"] = scopes;
  // RFC 8414 section 2 requires the member, and without an authorization endpoint there is nothing to list.
  metadata["response_types_supported"] = Json::array();
  metadata["grant_types_supported"] = Json::array();
  for (const GrantEntry& grant : all_grants()) metadata["grant_types_supported"].push_back(grant.name);
  add_methods(metadata, snapshot);
  if (urls.accepts_certificates) metadata["tls_client_certificate_bound_access_tokens"] = true;
  metadata["dpop_signing_alg_values_supported"] = client_algorithms(snapshot.profile);
  metadata["introspection_signing_alg_values_supported"] = signing_algorithms(snapshot);
  if (!urls.mtls_origin.empty()) {
    for (const ClientEndpoint& endpoint : all_client_endpoints()) {
      metadata["mtls_endpoint_aliases"][member_of(endpoint)] =
          urls.mtls_origin + snapshot.issuer_path + std::string{endpoint.path};
    }
  }
  return make_document(metadata.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<Document> render_jwks(const std::vector<SigningKey>& keys, std::chrono::seconds max_age) {
  nlohmann::json set;
  set["keys"] = nlohmann::json::array();
  for (const SigningKey& key : keys) {
    auto jwk = jose::to_jwk(*key.key);
    if (!jwk) return std::move(jwk).error();
    (*jwk)["kid"] = key.record.kid;
    (*jwk)["use"] = "sig";
    (*jwk)["alg"] = model::name(key.record.algorithm);
    set["keys"].push_back(*std::move(jwk));
  }
  Document document = make_document(dump_json(set));
  document.max_age = max_age;
  return document;
}

http::Response serve_document(const Document& document, std::string_view content_type, const http::Request& request) {
  http::Response response;
  const auto if_none_match = request.find_header("if-none-match");
  if (if_none_match && matches_etag(*if_none_match, document.etag)) {
    response.status = 304;
  } else {
    response.content_type = content_type;
    response.body = document.body;
  }
  response.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(document.max_age.count()));
  response.headers.emplace_back("ETag", document.etag);
  return response;
}

}  // namespace certbound::oauth
