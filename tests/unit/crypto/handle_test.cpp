#include "crypto/handle.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace certbound::crypto {

static_assert(sizeof(KeyHandle) == sizeof(EVP_PKEY*), "a handle costs no more than its pointer");

// What one request left in the queue must not explain the failure of the next.
TEST(TakeOpensslErrors, EmptiesTheQueue) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 1);
  ERR_raise(ERR_LIB_USER, 2);
  const std::string text = take_openssl_errors();
  EXPECT_NE(text.find("; "), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(ERR_peek_error(), 0U);
  EXPECT_EQ(take_openssl_errors(), "OpenSSL gave no reason");
}

}  // namespace certbound::crypto
