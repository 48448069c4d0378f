#include "crypto/hmac.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::crypto {

namespace {

std::string hmac_hex(const Bytes& key, std::string_view message) {
  return hex_encode(hmac_sha256(key, as_bytes(message)).octets);
}

}  // namespace

// RFC 4231 sections 4.2, 4.3, 4.4 and 4.7: keys shorter than the digest, and longer than a block.
TEST(HmacSha256, GivesThePublishedValues) {
  EXPECT_EQ(hmac_hex(Bytes(20, 0x0b), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex({'J', 'e', 'f', 'e'}, "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_hex(Bytes(20, 0xaa), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac_hex(Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// The context of a thread is used again and again.
TEST(HmacSha256, DoesNotDependOnWhatCameBefore) {
  const Bytes key(32, 1);
  const std::string alone = hmac_hex(key, "a");
  EXPECT_NE(hmac_hex(Bytes(32, 2), "a"), alone);
  EXPECT_NE(hmac_hex(key, ""), alone);
  EXPECT_EQ(hmac_hex(key, "a"), alone);
}

}  // namespace certbound::crypto
