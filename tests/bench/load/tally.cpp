#include "tally.hpp"

#include <numeric>

namespace certbound::load {

std::string_view name(Fault fault) {
  static constexpr std::array<std::string_view, kFaults> kNames{
      "none",      "connect", "handshake",   "server_certificate", "closed",        "io",           "timeout",
      "malformed", "status",  "token_shape", "token_type",         "token_binding", "token_client", "content",
  };
  return kNames.at(static_cast<std::size_t>(fault));
}

void Tally::count(Fault fault, std::string_view detail) {
  const auto index = static_cast<std::size_t>(fault);
  if (faults.at(index)++ == 0) examples.at(index) = detail;
}

void Tally::merge(const Tally& other) {
  latency.merge(other.latency);
  answered += other.answered;
  handshakes += other.handshakes;
  reopened += other.reopened;
  tokens_decoded += other.tokens_decoded;
  for (std::size_t i = 0; i < kFaults; ++i) {
    faults.at(i) += other.faults.at(i);
    if (examples.at(i).empty()) examples.at(i) = other.examples.at(i);
  }
}

std::uint64_t Tally::failed() const { return std::accumulate(faults.begin(), faults.end(), std::uint64_t{0}); }

}  // namespace certbound::load
