#include "app/cpu_count.hpp"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <string>

namespace certbound::app {

namespace {

unsigned affinity_cpus() {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

/// cgroup v2: `cpu.max` holds `quota period` in microseconds, or `max period`. Absent outside a cgroup.
unsigned quota_cpus(unsigned without_quota) {
  std::ifstream file{"/sys/fs/cgroup/cpu.max"};
  long quota = 0;
  long period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return without_quota;
  return static_cast<unsigned>(std::max(1L, (quota + period - 1) / period));
}

}  // namespace

unsigned usable_cpus() {
  const unsigned cpus = affinity_cpus();
  return std::min(cpus, quota_cpus(cpus));
}

}  // namespace certbound::app
