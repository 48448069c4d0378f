#include "app/build_snapshot.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "oauth/endpoints/documents.hpp"

namespace certbound::app {

namespace {

Result<oauth::SigningKey> open_key(const store::StoredKey& stored) {
  auto key = crypto::parse_pkcs8(stored.pkcs8.expose());
  if (!key) return std::move(key).error();
  oauth::SigningKey opened;
  opened.record = stored.record;
  opened.private_key = *std::move(key);
  return opened;
}

Result<store::StoredKey> make_signing_key(model::SigningAlgorithm algorithm, WallTime now) {
  const auto key = crypto::make_key(jose::key_type_for(algorithm));
  if (!key) return key.error();
  const auto thumbprint = jose::key_thumbprint(**key);
  if (!thumbprint) return thumbprint.error();
  auto pkcs8 = crypto::to_pkcs8(**key);
  if (!pkcs8) return std::move(pkcs8).error();
  model::SigningKeyRecord record;
  record.kid = thumbprint->to_base64url();
  record.algorithm = algorithm;
  record.state = model::KeyState::active;
  record.created_at = now;
  return store::StoredKey{std::move(record), *std::move(pkcs8)};
}

bool has_active_key(const std::vector<store::StoredKey>& keys, model::SigningAlgorithm algorithm) {
  return std::any_of(keys.begin(), keys.end(), [algorithm](const store::StoredKey& key) {
    return key.record.algorithm == algorithm && key.record.state == model::KeyState::active;
  });
}

/// The issuer's path without a terminating slash: RFC 8414 section 3.1.
std::string path_of(std::string_view issuer) {
  const std::size_t scheme = issuer.find("://");
  const std::size_t path = scheme == std::string_view::npos ? scheme : issuer.find('/', scheme + 3);
  if (path == std::string_view::npos) return {};
  std::string text{issuer.substr(path)};
  while (text.ends_with('/')) text.pop_back();
  return text;
}

std::string_view origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  return url.substr(0, scheme == std::string_view::npos ? scheme : url.find('/', scheme + 3));
}

oauth::PublishedUrls published_urls(const config::Config& config) {
  oauth::PublishedUrls urls;
  urls.accepts_certificates = false;
  for (const net::ListenerOptions& listener : config.listeners) {
    if (listener.client_certificate == net::ClientCertificate::none) continue;
    urls.accepts_certificates = true;
    const bool is_elsewhere = !listener.url.empty() && origin_of(listener.url) != origin_of(config.issuer);
    if (is_elsewhere && urls.mtls_origin.empty()) urls.mtls_origin = origin_of(listener.url);
  }
  return urls;
}

Result<void> try_key(const oauth::SigningKey& key) {
  auto signer = jose::Signer::make(*key.private_key, key.record.algorithm);
  if (!signer) return std::move(signer).error();
  std::string signature;
  return signer->append_signature(signature, "certbound");
}

}  // namespace

Result<std::vector<oauth::SigningKey>> load_signing_keys(store::KeyStore& store, model::SigningAlgorithm algorithm,
                                                         WallTime now) {
  auto stored = store.load_keys();
  if (!stored) return std::move(stored).error();
  if (!has_active_key(*stored, algorithm)) {
    auto made = make_signing_key(algorithm, now);
    if (!made) return std::move(made).error();
    if (auto inserted = store.insert_key(*made); !inserted) return std::move(inserted).error();
    log::info("signing_key_made", {{"kid", made->record.kid}, {"algorithm", name(algorithm)}});
    stored->push_back(*std::move(made));
  }
  std::vector<oauth::SigningKey> keys;
  for (const store::StoredKey& record : *stored) {
    auto key = open_key(record);
    if (!key) return std::move(key).error();
    keys.push_back(*std::move(key));
  }
  return keys;
}

Result<std::shared_ptr<const oauth::Snapshot>> build_snapshot(const config::Config& config, const Materials& materials,
                                                              std::vector<oauth::SigningKey> keys,
                                                              std::uint64_t generation) {
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->generation = generation;
  snapshot->issuer = config.issuer;
  snapshot->issuer_path = path_of(config.issuer);
  snapshot->tokens = config.tokens;
  snapshot->signing = config.signing;
  snapshot->chain_limits = config.limits.chain;
  for (const model::Resource& resource : config.resources) snapshot->resources.emplace(resource.identifier, resource);
  snapshot->trust_stores = materials.trust_stores;
  snapshot->keys = std::move(keys);
  if (auto tried = try_key(snapshot->active_key()); !tried) return std::move(tried).error();
  snapshot->metadata = oauth::render_metadata(*snapshot, published_urls(config));
  auto jwks = oauth::render_jwks(snapshot->keys);
  if (!jwks) return std::move(jwks).error();
  snapshot->jwks = *std::move(jwks);
  return std::shared_ptr<const oauth::Snapshot>{std::move(snapshot)};
}

}  // namespace certbound::app
