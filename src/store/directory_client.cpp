#include "store/directory_client.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace certbound::store {

namespace {

Result<crypto::Sha256> parse_digest(const std::string& text) {
  const auto digest = crypto::Sha256::from_base64url(text);
  if (!digest) return invalid_input(json_quoted(text) + " is not the base64url of a SHA-256 (43 characters)");
  return *digest;
}

Result<std::vector<crypto::Sha256>> parse_thumbprints(const std::vector<std::string>& texts) {
  std::vector<crypto::Sha256> digests;
  digests.reserve(texts.size());
  for (const std::string& text : texts) {
    auto digest = parse_digest(text);
    if (!digest) return std::move(digest).error();
    digests.push_back(*digest);
  }
  return digests;
}

Result<std::vector<jose::Jwk>> parse_keys(const std::vector<std::string>& texts) {
  std::vector<jose::Jwk> keys;
  keys.reserve(texts.size());
  for (const std::string& text : texts) {
    const auto json = parse_json(text);
    auto key = json ? jose::parse_jwk(*json) : Result<jose::Jwk>{json.error()};
    if (!key) return invalid_input("a key for assertions: " + key.error().detail);
    keys.push_back(*std::move(key));
  }
  return keys;
}

Result<std::vector<DirectoryClient::Secret>> parse_secrets(const model::Client& client) {
  std::vector<DirectoryClient::Secret> secrets;
  if (!client.declared_secret_sha256.empty()) {
    const auto digest = parse_digest(client.declared_secret_sha256);
    if (!digest) return digest.error();
    secrets.push_back({*digest});
  }
  for (const model::ClientSecret& secret : client.secrets) {
    const auto digest = parse_digest(secret.sha256);
    if (!digest) return digest.error();
    secrets.push_back({*digest, secret.expires_at});
  }
  return secrets;
}

}  // namespace

Result<DirectoryClient> make_directory_client(model::Client client) {
  DirectoryClient made{std::move(client)};
  if (made.client.subject) {
    auto rule = x509::SubjectRule::parse(*made.client.subject);
    if (!rule) return std::move(rule).error();
    made.subject = *std::move(rule);
  }
  auto certificates = parse_thumbprints(made.client.certificate_thumbprints);
  if (!certificates) return std::move(certificates).error();
  auto keys = parse_thumbprints(made.client.key_thumbprints);
  if (!keys) return std::move(keys).error();
  auto secrets = parse_secrets(made.client);
  if (!secrets) return std::move(secrets).error();
  auto assertion_keys = parse_keys(made.client.assertion_keys);
  if (!assertion_keys) return std::move(assertion_keys).error();
  made.certificates = *std::move(certificates);
  made.keys = *std::move(keys);
  made.assertion_keys = *std::move(assertion_keys);
  made.secrets = *std::move(secrets);
  return made;
}

}  // namespace certbound::store
