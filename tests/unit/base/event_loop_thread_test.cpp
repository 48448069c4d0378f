#include "base/event_loop_thread.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace certbound {

TEST(ForbidOnEventLoopThread, ThrowsOnAMarkedThreadOnly) {
  std::thread marked{[] {
    EXPECT_NO_THROW(forbid_on_event_loop_thread("SQL runs"));
    mark_event_loop_thread();
    EXPECT_THROW(forbid_on_event_loop_thread("SQL runs"), std::logic_error);
  }};
  marked.join();
  EXPECT_NO_THROW(forbid_on_event_loop_thread("SQL runs"));
}

}  // namespace certbound
