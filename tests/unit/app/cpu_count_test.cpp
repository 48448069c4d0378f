#include "app/cpu_count.hpp"

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

/// What usable_cpus() says on a thread that may use the first of its CPUs only.
unsigned usable_cpus_of_one() {
  unsigned found = 0;
  std::thread thread{[&found] {
    ::cpu_set_t all;
    CPU_ZERO(&all);
    ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
    ::cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    }
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    found = usable_cpus();
  }};
  thread.join();
  return found;
}

}  // namespace

TEST(UsableCpus, AreAtLeastOneAndNoMoreThanThereAre) {
  EXPECT_GE(usable_cpus(), 1U);
  EXPECT_LE(usable_cpus(), std::max(1U, std::thread::hardware_concurrency()));
}

/// A mount of cgroup v2 with the quotas of some groups.
class QuotaCpus : public testing::Test {
 protected:
  void set_quota(const std::string& group, const std::string& quota) const {
    std::filesystem::create_directories(folder_.path() / group);
    std::ofstream{folder_.path() / group / "cpu.max"} << quota << "\n";
  }
  [[nodiscard]] std::optional<unsigned> quota_of(const std::string& membership) const {
    return quota_cpus(folder_.path(), membership);
  }

 private:
  store::TemporaryFolder folder_;
};

TEST_F(QuotaCpus, AreNothingWithoutAQuota) {
  EXPECT_EQ(quota_of(""), std::nullopt);
  EXPECT_EQ(quota_of("0::/\n"), std::nullopt);
  set_quota("a", "max 100000");
  EXPECT_EQ(quota_of("0::/a\n"), std::nullopt);
  set_quota("a", "nonsense");
  EXPECT_EQ(quota_of("0::/a\n"), std::nullopt);
}

// A service of systemd: the quota stands in its own group, or in its slice.
TEST_F(QuotaCpus, AreTheLeastOfTheGroupAndThoseAroundIt) {
  set_quota("system.slice", "800000 100000");
  set_quota("system.slice/certbound.service", "250000 100000");
  set_quota("other", "100000 100000");
  EXPECT_EQ(quota_of("12:cpu:/other\n0::/system.slice/certbound.service\n"), 3U) << "rounded up";
  EXPECT_EQ(quota_of("0::/system.slice/another.service\n"), 8U);
  EXPECT_EQ(quota_of("0::/system.slice\n"), 8U);
  set_quota("system.slice", "150000 100000");
  EXPECT_EQ(quota_of("0::/system.slice/certbound.service\n"), 2U);
  set_quota("system.slice/certbound.service", "1000 100000");
  EXPECT_EQ(quota_of("0::/system.slice/certbound.service\n"), 1U);
}

// In a container the mount is the container's own group.
TEST_F(QuotaCpus, CountTheMountItself) {
  set_quota(".", "200000 100000");
  EXPECT_EQ(quota_of("0::/\n"), 2U);
  EXPECT_EQ(quota_of("0::/../sibling\n"), 2U);
}

TEST(UsableCpus, AreThoseOfTheAffinityMask) { EXPECT_EQ(usable_cpus_of_one(), 1U); }

}  // namespace certbound::app
