#include "http/request.hpp"

#include <gtest/gtest.h>

namespace certbound::http {

TEST(Request, FindsTheFirstHeaderOfAName) {
  Request request;
  request.headers.emplace_back("accept", "a");
  request.headers.emplace_back("x", "");
  request.headers.emplace_back("accept", "b");

  EXPECT_EQ(request.find_header("accept"), "a");
  EXPECT_EQ(request.find_header("x"), "");
  EXPECT_EQ(request.find_header("y"), std::nullopt);
}

// The name is looked for as it is stored: in lower case.
TEST(Request, KeepsHeaderNamesInLowerCase) {
  Request request;
  request.headers.emplace_back("accept", "a");
  EXPECT_EQ(request.find_header("Accept"), std::nullopt);
}

}  // namespace certbound::http
