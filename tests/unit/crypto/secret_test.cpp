#include "crypto/secret.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdlib>
#include <new>
#include <type_traits>

#include <gtest/gtest.h>

namespace certbound::crypto {

namespace {

constexpr std::size_t kSecretLength = 48;

// The block that is watched, and what was in it when it was freed.
const void* watched_block = nullptr;
bool watched_was_freed = false;
std::array<std::uint8_t, kSecretLength> content_when_freed{};

void note_free(const void* block) noexcept {
  if (block == nullptr || block != watched_block) return;
  std::copy_n(static_cast<const std::uint8_t*>(block), kSecretLength, content_when_freed.begin());
  watched_was_freed = true;
  watched_block = nullptr;
}

void watch(const Secret& secret) {
  watched_block = secret.expose().data();
  watched_was_freed = false;
  content_when_freed.fill(0xee);
}

void expect_freed_and_wiped() {
  EXPECT_TRUE(watched_was_freed);
  EXPECT_TRUE(std::all_of(content_when_freed.begin(), content_when_freed.end(), [](auto octet) { return octet == 0; }));
}

Secret make_secret() { return Secret{Bytes(kSecretLength, 0x5a)}; }

template <typename T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

// An accidental comparison would not be constant time.
static_assert(!Comparable<Secret>);
static_assert(!std::is_convertible_v<Bytes, Secret>);
static_assert(!std::is_convertible_v<Secret, Bytes>);

}  // namespace

TEST(Secret, KeepsItsOctets) {
  const Secret secret = make_secret();
  EXPECT_EQ(Bytes(secret.expose().begin(), secret.expose().end()), Bytes(kSecretLength, 0x5a));
  EXPECT_TRUE(Secret{}.expose().empty());
}

TEST(Secret, IsWipedBeforeItsMemoryIsFreed) {
  {
    const Secret secret = make_secret();
    watch(secret);
  }
  expect_freed_and_wiped();
}

TEST(Secret, IsWipedWhenAnotherIsMovedIntoIt) {
  Secret secret = make_secret();
  watch(secret);
  secret = Secret{Bytes{1, 2, 3}};
  expect_freed_and_wiped();
  EXPECT_EQ(secret.expose().size(), 3U);
}

// The memory is kept for the shorter secret; what was behind it must be gone.
TEST(Secret, IsWipedWhenAShorterOneIsCopiedIntoIt) {
  const Secret shorter{Bytes{1, 2, 3}};
  {
    Secret secret = make_secret();
    watch(secret);
    secret = shorter;
    ASSERT_EQ(secret.expose().size(), 3U);
  }
  expect_freed_and_wiped();
}

TEST(Secret, LeavesNothingWhereItWasMovedFrom) {
  Secret secret = make_secret();
  const Secret moved = std::move(secret);
  EXPECT_TRUE(secret.expose().empty());
  EXPECT_EQ(moved.expose().size(), kSecretLength);
}

TEST(Secret, SurvivesAssignmentToItself) {
  Secret secret = make_secret();
  const Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.expose().size(), kSecretLength);
}

TEST(Secret, CopiesDoNotShareMemory) {
  const Secret secret = make_secret();
  const Secret copy = secret;
  EXPECT_NE(copy.expose().data(), secret.expose().data());
  EXPECT_EQ(copy.expose().size(), kSecretLength);
}

}  // namespace certbound::crypto

// The whole program's, so that a test can see what a freed block held.
void* operator new(std::size_t size) {
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc{};
}
void operator delete(void* block) noexcept {
  certbound::crypto::note_free(block);
  std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept { operator delete(block); }
