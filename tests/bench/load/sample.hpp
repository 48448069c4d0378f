#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "options.hpp"
#include "tally.hpp"

namespace certbound::load {

/// What was measured between the end of the warm-up and the last answer.
struct Sample {
  Tally tally;
  Tally before;  ///< the warm-up's: its faults count as well
  double seconds = 0;
  bool has_server = false;  ///< --server-pid was given
  bool was_cut = false;     ///< by --max-seconds or by too many faults
  std::size_t server_processes = 0;
  std::uint64_t server_cpu_ns = 0;
  std::uint64_t own_cpu_ns = 0;
  // Shares of the CPU time of the whole machine, 0 to 1.
  double server_share = 0;
  double own_share = 0;
  double others_share = 0;  ///< neither server nor generator, the hypervisor's other guests included
  std::uint64_t rss_before_kib = 0;
  std::uint64_t rss_after_kib = 0;
  double idle_kib = 0;  ///< mode idle: growth of the server per connection
};

/// Runs what `options` ask for. Errors: `invalid_request` for files and processes, `server_error` for the system.
[[nodiscard]] Result<Sample> take_sample(const Options& options);

}  // namespace certbound::load
