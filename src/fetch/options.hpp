#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
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

/// Options that were checked and loaded. What it answers never changes, and any thread may ask.
class Settings {
 public:
  /// `tls` is made with `options.ca_file`; null for the system's CAs.
  Settings(Options options, AllowList allow, std::shared_ptr<ssl_ctx_st> tls);

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const AllowList& allow() const { return allow_; }
  /// The system's CAs are read when it is asked first: most servers fetch nothing, and the CAs take tens of
  /// milliseconds and megabytes. Errors: `server_error`.
  [[nodiscard]] Result<ssl_ctx_st*> tls() const;

 private:
  Options options_;
  AllowList allow_;
  mutable std::mutex tls_mutex_;  // guards tls_
  mutable std::shared_ptr<ssl_ctx_st> tls_;
};

/// Reads the CA file where there is one. Errors: `invalid_request`, `detail` names the entry or the file;
/// `server_error`.
[[nodiscard]] Result<std::shared_ptr<const Settings>> make_settings(Options options);

}  // namespace certbound::fetch
