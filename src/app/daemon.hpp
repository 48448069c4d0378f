#pragma once

#include <filesystem>
#include <memory>

#include "app/exit_status.hpp"

namespace certbound::app {

/// Owns everything that lives as long as the server. Construct it once, on the main thread, before any other thread
/// exists.
class Daemon {
 public:
  explicit Daemon(std::filesystem::path configuration);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Starts, serves until SIGTERM or SIGINT, drains. SIGHUP reloads: a configuration that is not valid changes nothing.
  /// Prints problems of the configuration on stderr.
  [[nodiscard]] ExitStatus run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace certbound::app
