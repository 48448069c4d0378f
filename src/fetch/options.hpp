#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fetch/allow_list.hpp"

struct ssl_ctx_st;

namespace certbound::fetch {

/// The section `fetch` of the configuration, and the limits of every fetch.
struct Options {
  std::vector<std::string> allow;  ///< hosts that may have private or special-use addresses, see AllowList
  std::filesystem::path ca_file;   ///< PEM; empty: the system's CAs
  std::chrono::milliseconds resolve_timeout{5000};
  std::chrono::milliseconds connect_timeout{3000};  ///< for each address
  std::chrono::milliseconds handshake_timeout{5000};
  std::size_t header_bytes = 16UL * 1024;
  std::size_t concurrent = 16;  ///< connections at once
  std::size_t waiting = 1024;   ///< fetches that wait for one; more are refused
};

/// Options that were checked and loaded. Immutable, so any thread may read it.
struct Settings {
  Options options;
  AllowList allow;
  std::shared_ptr<ssl_ctx_st> tls;
};

/// Reads the CA file. Errors: `invalid_request`, `detail` names the entry or the file; `server_error`.
[[nodiscard]] Result<std::shared_ptr<const Settings>> make_settings(Options options);

}  // namespace certbound::fetch
