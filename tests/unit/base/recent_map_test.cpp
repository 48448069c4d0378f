#include "base/recent_map.hpp"

#include <functional>
#include <memory>

#include <gtest/gtest.h>

namespace certbound {

namespace {

using Numbers = RecentMap<int, std::shared_ptr<int>, std::hash<int>>;

}  // namespace

TEST(RecentMap, FindsWhatWasPut) {
  Numbers map{2};
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.put(1, std::make_shared<int>(10)), nullptr);
  ASSERT_NE(map.find(1), nullptr);
  EXPECT_EQ(**map.find(1), 10);
  EXPECT_EQ(map.find(2), nullptr);
}

TEST(RecentMap, KeepsTheFirstOfTwo) {
  Numbers map{2};
  map.put(1, std::make_shared<int>(10));
  EXPECT_EQ(map.put(1, std::make_shared<int>(11)), nullptr);
  EXPECT_EQ(**map.find(1), 10);
  EXPECT_EQ(map.size(), 1U);
}

TEST(RecentMap, MakesRoomByTheOldestAndGivesItBack) {
  Numbers map{3};
  for (int i = 0; i < 100; ++i) {
    const auto displaced = map.put(i, std::make_shared<int>(i));
    if (i < 3) {
      EXPECT_EQ(displaced, nullptr) << i;
    } else {
      ASSERT_NE(displaced, nullptr) << i;
      EXPECT_EQ(*displaced, i - 3);
      EXPECT_EQ(map.find(i - 3), nullptr);
      EXPECT_EQ(map.size(), 3U);
    }
    EXPECT_NE(map.find(i), nullptr) << i;
  }
}

TEST(RecentMap, KeepsNothingWithoutRoom) {
  Numbers map{0};
  EXPECT_EQ(map.put(1, std::make_shared<int>(1)), nullptr);
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_EQ(map.size(), 0U);
}

}  // namespace certbound
