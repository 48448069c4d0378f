#include "net/descriptor_limit.hpp"

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace certbound::net {

TEST(RaiseDescriptorLimit, TakesWhatTheHardLimitAllows) {
  ::rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const ::rlimit low{before.rlim_max / 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  ::rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(after.rlim_max, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(ConnectionsThatFit, LeavesRoomForTheRest) {
  EXPECT_EQ(connections_that_fit(10000, 1048576, 64), 10000U);
  EXPECT_EQ(connections_that_fit(10000, 1024, 1), 1024U - 128 - 8);
  EXPECT_EQ(connections_that_fit(10000, 65536, 8), (65536U - 128 - 64) / 8);
}

TEST(ConnectionsThatFit, LeavesHalfOfVeryFewAndNeverNone) {
  EXPECT_EQ(connections_that_fit(10000, 80, 2), 20U);
  EXPECT_EQ(connections_that_fit(10000, 10, 8), 1U);
}

TEST(FitDescriptors, ChangesNothingElseAndOnlyDownwards) {
  Limits limits;
  limits.connections_per_worker = 1;
  EXPECT_EQ(fit_descriptors(limits, 1).connections_per_worker, 1U);
  limits.connections_per_worker = 1000000;
  const std::size_t descriptors = raise_descriptor_limit();
  const Limits fitted = fit_descriptors(limits, 4);
  EXPECT_EQ(fitted.connections_per_worker, connections_that_fit(1000000, descriptors, 4));
  EXPECT_EQ(fitted.header_bytes, limits.header_bytes);
}

}  // namespace certbound::net
