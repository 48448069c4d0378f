#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "histogram.hpp"

namespace certbound::load {

/// Why a request did not count.
enum class Fault : std::uint8_t {
  none,
  connect,
  handshake,
  server_certificate,  ///< does not chain to --ca, or is for another name
  closed,              ///< by the server with a request under way
  io,
  timeout,
  malformed,      ///< not an HTTP response with a Content-Length
  status,         ///< not the one that --status says
  token_shape,    ///< no JSON with an access token in it
  token_type,     ///< not DPoP where a proof was sent, or not Bearer where none was
  token_binding,  ///< cnf does not have the thumbprints of certificate and DPoP key, and nothing else
  token_client,   ///< client_id is not the one that asked
  content,        ///< without what --contains says
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::content) + 1;

[[nodiscard]] std::string_view name(Fault fault);

/// What one thread counted.
struct Tally {
  Histogram latency;
  std::uint64_t answered = 0;  ///< answers that hold
  std::uint64_t handshakes = 0;
  std::uint64_t reopened = 0;        ///< kept-alive connections that the server closed between two requests
  std::uint64_t tokens_decoded = 0;  ///< of the answers, how many were decoded and compared, not only looked at
  std::array<std::uint64_t, kFaults> faults{};
  std::array<std::string, kFaults> examples;  ///< the first fault of each kind, in words

  void count(Fault fault, std::string_view detail);
  void merge(const Tally& other);
  void clear() { *this = Tally{}; }
  [[nodiscard]] std::uint64_t failed() const;
};

}  // namespace certbound::load
