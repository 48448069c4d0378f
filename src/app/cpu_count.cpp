#include "app/cpu_count.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sched.h>
#include <string>

#include "base/text.hpp"

namespace certbound::app {

namespace {

unsigned affinity_cpus() {
  ::cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

/// `quota period` in microseconds; nothing for `max period`, and where there is no such file.
std::optional<unsigned> read_quota(const std::filesystem::path& cgroup) {
  std::ifstream file{cgroup / "cpu.max"};
  long quota = 0;
  long period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<unsigned>(std::max(1L, (quota + period - 1) / period));
}

/// The process's cgroup below the mount: what stands behind `0::/`. Empty where it is the mount itself.
std::filesystem::path own_cgroup(std::string_view membership) {
  for (const std::string_view line : split(membership, '\n')) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return {};
}

std::string read_membership() {
  std::ifstream file{"/proc/self/cgroup"};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

}  // namespace

std::optional<unsigned> quota_cpus(const std::filesystem::path& mount, std::string_view membership) {
  std::optional<unsigned> least = read_quota(mount);
  std::filesystem::path cgroup = mount;
  for (const std::filesystem::path& part : own_cgroup(membership)) {
    if (part == "..") break;  // it lies outside what this process may see
    cgroup /= part;
    const auto quota = read_quota(cgroup);
    if (quota) least = std::min(*quota, least.value_or(*quota));
  }
  return least;
}

unsigned usable_cpus() {
  const unsigned cpus = affinity_cpus();
  return std::min(cpus, quota_cpus("/sys/fs/cgroup", read_membership()).value_or(cpus));
}

}  // namespace certbound::app
