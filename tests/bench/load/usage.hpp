#pragma once

#include <cstdint>
#include <map>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"

namespace certbound::load {

/// What a set of processes has used so far.
struct ServerUsage {
  std::map<pid_t, std::uint64_t> thread_ns;  ///< CPU time of each living thread by its id
  std::uint64_t ticks_ns = 0;                ///< the same of the processes in clock ticks, dead threads included
  std::uint64_t rss_kib = 0;                 ///< pages that processes share count once for each
};

/// CPU time of the whole machine so far, exact to the clock tick: what was not idle, and what the hypervisor gave to
/// others.
struct MachineUsage {
  std::uint64_t busy_ns = 0;
  unsigned cpus = 1;
};

/// `roots` and all their descendants as they are now. Errors: `invalid_request`: one of the roots does not run.
[[nodiscard]] Result<std::vector<pid_t>> find_server_processes(const std::vector<pid_t>& roots);

/// Errors: `invalid_request`: one of them does not run any more.
[[nodiscard]] Result<ServerUsage> read_server_usage(const std::vector<pid_t>& processes);

/// CPU nanoseconds, user and system, between two reads. Exact to the scheduler's clock where every thread lived on,
/// else to the clock tick.
[[nodiscard]] std::uint64_t cpu_between(const ServerUsage& before, const ServerUsage& after);

/// Errors: `server_error`: /proc/stat cannot be read.
[[nodiscard]] Result<MachineUsage> read_machine_usage();

/// CPU nanoseconds of this process so far.
[[nodiscard]] std::uint64_t read_own_cpu();

}  // namespace certbound::load
