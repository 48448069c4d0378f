#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/options.hpp"
#include "base/log.hpp"
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

/// Where a value stands: for problems that are found after loading.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// A whole configuration, valid as far as it goes without opening the files that it names. Paths are absolute or relative to the working
/// directory, resolved from the file that named them.
struct Config {
  std::string issuer;
  std::vector<net::ListenerOptions> listeners;
  OperationsOptions operations;
  net::TlsOptions tls;
  std::filesystem::path state_dir;
  oauth::SigningOptions signing;
  oauth::TokenOptions tokens;
  std::vector<model::Resource> resources;
  audit::Options audit;
  net::Limits limits;
  LogOptions log;
  unsigned workers = 0;  ///< 0: the CPUs that this process may use
  std::vector<x509::TrustStoreOptions> trust_stores;
  std::vector<model::Client> clients;

  /// The place of a key by its path: `tls.certificate`, `trust_stores.partner-corp.anchors[0]`, `clients.partner-etl`
  /// (by client_id), `listeners[0].address`.
  std::map<std::string, Place> places;
};

}  // namespace certbound::config
