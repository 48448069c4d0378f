#include "app/build_snapshot.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "jose/jws_sign.hpp"
#include "oauth/client_algorithms.hpp"
#include "oauth/endpoints/documents.hpp"

namespace certbound::app {

namespace {

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
    urls.listener_origins.emplace_back(origin_of(listener.url.empty() ? config.issuer : listener.url));
    if (listener.client_certificate == net::ClientCertificate::none) continue;
    urls.accepts_certificates = true;
    const bool is_elsewhere = !listener.url.empty() && origin_of(listener.url) != origin_of(config.issuer);
    if (is_elsewhere && urls.mtls_origin.empty()) urls.mtls_origin = origin_of(listener.url);
  }
  return urls;
}

Result<void> try_key(const oauth::SigningKey& key) {
  auto signer = jose::Signer::make(*key.key, key.record.algorithm);
  if (!signer) return std::move(signer).error();
  std::string signature;
  return signer->append_signature(signature, "certbound");
}

/// Tried: the active key has signed once.
Result<void> put_keys(oauth::Snapshot& snapshot, SnapshotKeys keys) {
  snapshot.keys = std::move(keys.signing);
  snapshot.sealing_keys = std::move(keys.sealing);
  if (auto tried = try_key(snapshot.active_key()); !tried) return tried;
  auto jwks = oauth::render_jwks(snapshot.keys, snapshot.signing.jwks_max_age);
  if (!jwks) return std::move(jwks).error();
  snapshot.jwks = *std::move(jwks);
  snapshot.metadata = oauth::render_metadata(snapshot);
  return {};
}

/// The profile says with what tokens may be signed, and after a change of signing.algorithm the old key signs until
/// caches know the next one.
Result<void> check_active_key(const oauth::Snapshot& snapshot) {
  const std::string_view algorithm = model::name(snapshot.active_key().record.algorithm);
  const auto permitted = oauth::client_algorithms(snapshot.profile);
  if (std::find(permitted.begin(), permitted.end(), algorithm) != permitted.end()) return {};
  return invalid_input("the key that signs is one for " + std::string{algorithm} +
                       ", which profile: fapi2 does not permit; change signing.algorithm first, and the profile when "
                       "certbound keys list shows the new key as active (keys rotate --now does not wait)");
}

}  // namespace

KeyPolicy make_key_policy(const config::Config& config) {
  KeyPolicy policy;
  policy.algorithm = config.signing.algorithm;
  policy.rotation_interval = config.signing.rotation_interval;
  policy.token_lifetime = config::longest_token_lifetime(config);
  policy.seals = config::has_opaque_tokens(config);
  policy.cache_lifetime = config.signing.jwks_max_age;
  return policy;
}

Result<std::shared_ptr<const oauth::Snapshot>> build_snapshot(const config::Config& config, const Materials& materials,
                                                              SnapshotKeys keys, std::uint64_t generation) {
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->generation = generation;
  snapshot->issuer = config.issuer;
  snapshot->issuer_path = path_of(config.issuer);
  snapshot->tokens = config.tokens;
  snapshot->signing = config.signing;
  snapshot->dpop = config.dpop;
  snapshot->profile = config.profile;
  snapshot->allows_client_secrets = config.client_secrets == config::ClientSecrets::allowed;
  snapshot->chain_limits = config.limits.chain;
  for (const model::Resource& resource : config.resources) snapshot->resources.emplace(resource.identifier, resource);
  snapshot->trust_stores = materials.trust_stores;
  snapshot->urls = published_urls(config);
  if (auto put = put_keys(*snapshot, std::move(keys)); !put) return std::move(put).error();
  if (auto permitted = check_active_key(*snapshot); !permitted) return std::move(permitted).error();
  return std::shared_ptr<const oauth::Snapshot>{std::move(snapshot)};
}

Result<std::shared_ptr<const oauth::Snapshot>> replace_keys(const oauth::Snapshot& snapshot, SnapshotKeys keys) {
  auto replaced = std::make_shared<oauth::Snapshot>(snapshot);
  if (auto put = put_keys(*replaced, std::move(keys)); !put) return std::move(put).error();
  return std::shared_ptr<const oauth::Snapshot>{std::move(replaced)};
}

}  // namespace certbound::app
