#include "app/cpu_count.hpp"

#include <sched.h>
#include <thread>

#include <gtest/gtest.h>

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

TEST(UsableCpus, AreThoseOfTheAffinityMask) { EXPECT_EQ(usable_cpus_of_one(), 1U); }

}  // namespace certbound::app
