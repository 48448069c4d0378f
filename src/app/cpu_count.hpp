#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace certbound::app {

/// The CPUs that this process may use: the affinity mask, cut by the quotas of its cgroups. At least 1.
[[nodiscard]] unsigned usable_cpus();

/// The least `cpu.max` of cgroup v2, rounded up to whole CPUs, of the process's cgroup and those around it; nothing
/// where none of them has a quota. `mount` is where cgroup v2 is mounted, `membership` the text of /proc/self/cgroup.
[[nodiscard]] std::optional<unsigned> quota_cpus(const std::filesystem::path& mount, std::string_view membership);

}  // namespace certbound::app
