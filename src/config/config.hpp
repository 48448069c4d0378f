#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/options.hpp"
#include "base/base64url.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "fetch/options.hpp"
#include "gate/options.hpp"
#include "model/client.hpp"
#include "model/resource.hpp"
#include "net/options.hpp"
#include "oauth/options.hpp"
#include "x509/trust_store.hpp"

namespace certbound::config {

/// `operations`: /metrics, /healthz, /readyz on plain HTTP.
struct OperationsOptions {
  std::string address = "127.0.0.1:9090";  ///< `none` for no operations listener
};

/// `log`.
struct LogOptions {
  std::optional<log::Format> format;  ///< absent: text on a terminal, else JSON
  log::Level level = log::Level::info;
};

/// `client_secrets`: whether clients may authenticate by a shared secret.
enum class ClientSecrets : std::uint8_t { off, allowed };

/// Where a value stands: for problems that are found after loading.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// Where a client was declared. Small, since there may be many.
struct ClientPlace {
  std::uint32_t file = 0;  ///< index into Config::files
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// A certificate that a client is registered by although a CA issued it.
struct IssuedCertificate {
  std::size_t client = 0;  ///< index into Config::clients
  Bytes der;
};

/// One entry of `include`.
struct IncludePattern {
  std::filesystem::path directory;  ///< of the file that has it
  std::string pattern;              ///< as it stands there: a path, or a glob
};

/// What has to be looked at to know whether a configuration changed.
struct NamedFiles {
  std::vector<std::filesystem::path> files;  ///< the configuration's own, and every one that it names
  std::vector<IncludePattern> patterns;
};

/// A whole configuration, valid as far as it goes without opening the files that it names, but for the clients' own
/// certificates. Paths are absolute or
/// relative to the working directory, resolved from the file that named them.
struct Config {
  std::string issuer;
  std::vector<net::ListenerOptions> listeners;
  OperationsOptions operations;
  net::TlsOptions tls;
  std::filesystem::path state_dir = "/var/lib/certbound";
  std::vector<gate::Options> verifiers;
  oauth::SigningOptions signing;
  oauth::TokenOptions tokens;
  oauth::DpopOptions dpop;
  oauth::Profile profile = oauth::Profile::none;
  std::vector<model::Resource> resources;
  audit::Options audit;
  net::Limits limits;
  LogOptions log;
  fetch::Options fetch;
  ClientSecrets client_secrets = ClientSecrets::off;
  unsigned workers = 0;  ///< 0: the CPUs that this process may use
  bool watch = false;    ///< whether a change of one of `named` is a reload
  std::vector<x509::TrustStoreOptions> trust_stores;
  std::vector<model::Client> clients;

  /// How often a client shares a certificate, a name or a key with one that was declared before it (product rule 7).
  /// Each was warned about.
  std::size_t shared_credentials = 0;

  /// For those who have the trust stores: one may accept them for another client.
  std::vector<IssuedCertificate> issued_certificates;

  std::vector<std::string> files;          ///< as they were named, the main file first
  NamedFiles named;                        ///< only with `watch`: there may be a hundred thousand
  std::vector<ClientPlace> client_places;  ///< of each entry of `clients`
  std::map<std::string, Place>
      places;  ///< of each key of the main file but clients, and of the trust stores: use find_place

  /// The place of a key by its path: `tls.certificate`, `trust_stores.partner-corp.anchors[0]`, `listeners[0].address`,
  /// `clients.partner-etl` (by client_id). Nothing where the file does not hold the key. Linear in the clients: for
  /// problems only.
  [[nodiscard]] std::optional<Place> find_place(std::string_view path) const;
};

/// How long the longest-lived token lives that this configuration has issued: a resource's own `lifetime` may be longer
/// than `tokens.lifetime`.
[[nodiscard]] std::chrono::seconds longest_token_lifetime(const Config& config);

/// Whether some resource takes opaque tokens, so that there are keys that seal.
[[nodiscard]] bool has_opaque_tokens(const Config& config);

}  // namespace certbound::config
