#include "base/chunked_body.hpp"

#include <gtest/gtest.h>

namespace certbound {

// RFC 9112 section 7.1. What a request or an answer makes of it is tested with their parsers, octet by octet.
TEST(ChunkedBody, TakesItsOwnOctetsAndNoMore) {
  ChunkedBody body{16, 16};
  std::string_view bytes = "3;a=b\r\nabc\r\n0\r\n\r\nnext";
  EXPECT_EQ(body.feed(bytes), ChunkedBody::State::complete);
  EXPECT_EQ(bytes, "next");
  EXPECT_EQ(body.take_body(), "abc");
}

TEST(ChunkedBody, HoldsItsBounds) {
  ChunkedBody body{3, 16};
  std::string_view fitting = "3\r\nabc\r\n1\r\nd";
  EXPECT_EQ(body.feed(fitting), ChunkedBody::State::too_large);
}

}  // namespace certbound
