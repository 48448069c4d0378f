#include "crypto/random.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64url.hpp"

namespace certbound::crypto {

TEST(RandomId, Is22CharactersOfBase64url) {
  for (int i = 0; i < 1000; ++i) {
    const auto id = random_id();
    ASSERT_TRUE(id);
    ASSERT_EQ(id->size(), 22U);
    const auto octets = base64url_decode(*id);
    ASSERT_TRUE(octets.has_value()) << *id;
    ASSERT_EQ(octets->size(), 16U);
  }
}

// Also across refills of the thread's buffer, and between threads.
TEST(RandomId, IsNeverTheSame) {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 5000; ++i) ids.push_back(*random_id());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> distinct;
  for (const auto& ids : made) distinct.insert(ids.begin(), ids.end());
  EXPECT_EQ(distinct.size(), 20'000U);
}

// Of 20,000 octets none of the 256 values is missing but with a chance of 10^-32.
TEST(FillRandom, UsesEveryValueOfAnOctet) {
  std::vector<std::uint8_t> octets(20'000);
  ASSERT_TRUE(fill_random(octets));
  EXPECT_EQ(std::set<std::uint8_t>(octets.begin(), octets.end()).size(), 256U);
}

// Lengths below, at and above the buffer of 1024 octets, at any place in it.
TEST(FillRandom, FillsTheWholeOfAnyLength) {
  for (const std::size_t length : {0U, 1U, 16U, 1000U, 1023U, 1024U, 1025U, 5000U}) {
    std::vector<std::uint8_t> first(length);
    std::vector<std::uint8_t> second(length);
    ASSERT_TRUE(fill_random(first));
    ASSERT_TRUE(fill_random(second));
    if (length >= 16) {
      EXPECT_NE(first, second);
      const auto is_filled = [](const auto begin, const auto end) {
        return std::any_of(begin, end, [](auto octet) { return octet != 0; });
      };
      EXPECT_TRUE(is_filled(first.begin(), first.begin() + 16));
      EXPECT_TRUE(is_filled(first.end() - 16, first.end()));
    }
  }
}

TEST(FillRandom, WritesNothingBehindTheEnd) {
  std::array<std::uint8_t, 8> octets{};
  ASSERT_TRUE(fill_random(std::span{octets}.first(4)));
  EXPECT_TRUE(std::all_of(octets.begin() + 4, octets.end(), [](auto octet) { return octet == 0; }));
}

}  // namespace certbound::crypto
