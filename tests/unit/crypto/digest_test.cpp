#include "crypto/digest.hpp"

#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

namespace certbound::crypto {

namespace {

std::string sha256_hex(std::string_view text) { return hex_encode(sha256(text).octets); }

}  // namespace

// FIPS 180-4 examples (NIST, "Example Algorithms") and the digest of the empty text.
TEST(Sha256Digest, GivesThePublishedValues) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 7638 section 3.1: the thumbprint of the example, in both forms.
TEST(Sha256Digest, PrintsAs43Characters) {
  const Sha256 digest = sha256("abc");
  EXPECT_EQ(digest.to_base64url(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  EXPECT_EQ(Sha256{}.to_base64url(), std::string(43, 'A'));
}

// The context of a thread is used again and again; one digest must not leak into the next.
TEST(Sha256Digest, DoesNotDependOnWhatCameBefore) {
  const Sha256 alone = sha256("b");
  for (int length = 0; length < 200; ++length) {
    EXPECT_NE(sha256(std::string(static_cast<std::size_t>(length), 'a')), alone);
    EXPECT_EQ(sha256("b"), alone);
  }
}

TEST(Sha256Digest, IsTheSameOnEveryThread) {
  const Sha256 expected = sha256("abc");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&expected, &count = wrong[i]] {
      for (int n = 0; n < 1000; ++n) count += sha256("abc") == expected ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Sha256Digest, ComparesEveryOctet) {
  const Sha256 digest = sha256("abc");
  for (std::size_t i = 0; i < digest.octets.size(); ++i) {
    Sha256 other = digest;
    other.octets[i] ^= 0x80;
    EXPECT_NE(other, digest) << i;
    EXPECT_EQ(other < digest, other.octets < digest.octets) << i;
  }
  EXPECT_EQ(sha256("abc"), digest);
}

TEST(Sha256Digest, IsAKeyOfAnUnorderedSet) {
  std::unordered_set<Sha256, Sha256Hash> set;
  for (int i = 0; i < 100; ++i) set.insert(sha256(std::to_string(i)));
  EXPECT_EQ(set.size(), 100U);
  EXPECT_EQ(set.count(sha256("7")), 1U);
  EXPECT_EQ(set.count(sha256("100")), 0U);
}

TEST(IsEqualConstantTime, ComparesLengthAndContent) {
  EXPECT_TRUE(is_equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  EXPECT_TRUE(is_equal_constant_time({}, {}));
  EXPECT_FALSE(is_equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(is_equal_constant_time(as_bytes("abc"), as_bytes("bbc")));
  EXPECT_FALSE(is_equal_constant_time(as_bytes("abc"), as_bytes("ab")));
  EXPECT_FALSE(is_equal_constant_time({}, as_bytes("a")));
  EXPECT_FALSE(is_equal_constant_time(as_bytes(std::string_view{"a\0b", 3}), as_bytes(std::string_view{"a\0c", 3})));
}

}  // namespace certbound::crypto
