#include "app/reload_check.hpp"

#include <algorithm>

namespace certbound::app {

namespace {

bool has_same_addresses(const config::Config& running, const config::Config& wanted) {
  return std::equal(
      running.listeners.begin(), running.listeners.end(), wanted.listeners.begin(), wanted.listeners.end(),
      [](const net::ListenerOptions& a, const net::ListenerOptions& b) { return a.address == b.address; });
}

bool has_same_sockets(const std::vector<gate::Options>& a, const std::vector<gate::Options>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const gate::Options& one, const gate::Options& other) {
    return one.address == other.address && one.socket_mode == other.socket_mode;
  });
}

bool has_same_limits(const net::Limits& a, const net::Limits& b) {
  return a.header_bytes == b.header_bytes && a.body_bytes == b.body_bytes &&
         a.connections_per_worker == b.connections_per_worker && a.handshake_timeout == b.handshake_timeout &&
         a.header_timeout == b.header_timeout && a.body_timeout == b.body_timeout && a.idle_timeout == b.idle_timeout &&
         a.drain_timeout == b.drain_timeout && a.replay_entries == b.replay_entries;
}

}  // namespace

std::vector<std::string> keys_that_need_restart(const config::Config& running, const config::Config& wanted) {
  std::vector<std::string> keys;
  if (!has_same_addresses(running, wanted)) keys.emplace_back("listeners[].address");
  if (!has_same_sockets(running.verifiers, wanted.verifiers)) keys.emplace_back("verifiers[].address");
  if (running.operations.address != wanted.operations.address) keys.emplace_back("operations.address");
  if (running.state_dir != wanted.state_dir) keys.emplace_back("state_dir");
  if (running.audit.file != wanted.audit.file) keys.emplace_back("audit.file");
  if (running.audit.durability != wanted.audit.durability) keys.emplace_back("audit.durability");
  if (running.audit.rotate_size != wanted.audit.rotate_size) keys.emplace_back("audit.rotate_size");
  if (!has_same_limits(running.limits, wanted.limits)) keys.emplace_back("limits");
  if (running.signing.key_encryption_key != wanted.signing.key_encryption_key) {
    keys.emplace_back("signing.key_encryption_key");
  }
  if (running.workers != wanted.workers) keys.emplace_back("workers");
  return keys;
}

}  // namespace certbound::app
