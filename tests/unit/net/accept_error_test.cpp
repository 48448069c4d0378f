#include "net/accept_error.hpp"

#include <gtest/gtest.h>

namespace certbound::net {

TEST(ClassifyAcceptError, IsFatalWhereTheListenerIsNone) {
  for (const int error : {EBADF, EINVAL, ENOTSOCK, EFAULT}) {
    EXPECT_EQ(classify_accept_error(error), AcceptError::fatal) << error;
  }
}

// accept(2): Linux passes on what the network did to a connection that waits; EPERM is a firewall's.
TEST(ClassifyAcceptError, GoesOnAfterAllElse) {
  for (const int error : {ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
                          ENETUNREACH, EPERM, EINTR, ENOBUFS, ENOMEM, ETIMEDOUT}) {
    EXPECT_EQ(classify_accept_error(error), AcceptError::passing) << error;
  }
}

TEST(ClassifyAcceptError, KnowsAShortageOfDescriptors) {
  EXPECT_EQ(classify_accept_error(EMFILE), AcceptError::shortage);
  EXPECT_EQ(classify_accept_error(ENFILE), AcceptError::shortage);
}

}  // namespace certbound::net
