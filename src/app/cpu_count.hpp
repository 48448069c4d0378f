#pragma once

namespace certbound::app {

/// The CPUs that this process may use: the affinity mask, cut by the cgroup's quota (rounded up). At least 1.
[[nodiscard]] unsigned usable_cpus();

}  // namespace certbound::app
