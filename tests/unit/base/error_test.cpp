#include "base/error.hpp"

#include <gtest/gtest.h>

namespace certbound {

// RFC 6749 section 5.2, RFC 8707 section 2: the wire names.
TEST(ErrorName, IsTheNameOnTheWire) {
  EXPECT_EQ(name(ErrorCode::invalid_request), "invalid_request");
  EXPECT_EQ(name(ErrorCode::invalid_client), "invalid_client");
  EXPECT_EQ(name(ErrorCode::unauthorized_client), "unauthorized_client");
  EXPECT_EQ(name(ErrorCode::unsupported_grant_type), "unsupported_grant_type");
  EXPECT_EQ(name(ErrorCode::invalid_scope), "invalid_scope");
  EXPECT_EQ(name(ErrorCode::invalid_target), "invalid_target");
  EXPECT_EQ(name(ErrorCode::temporarily_unavailable), "temporarily_unavailable");
  EXPECT_EQ(name(ErrorCode::server_error), "server_error");
}

// What goes to the log must not reach the caller.
TEST(MakeError, KeepsDetailApartFromPublicText) {
  const Error internal = internal_error("disk /var/lib is full");
  EXPECT_EQ(internal.code, ErrorCode::server_error);
  EXPECT_EQ(internal.reason, Reason::internal);
  EXPECT_EQ(internal.detail, "disk /var/lib is full");
  EXPECT_EQ(internal.text.view(), "the server could not answer");

  const Error invalid = invalid_input("ca.pem: no certificate");
  EXPECT_EQ(invalid.code, ErrorCode::invalid_request);
  EXPECT_EQ(invalid.reason, Reason::invalid_input);
  EXPECT_EQ(invalid.detail, "ca.pem: no certificate");
  EXPECT_EQ(invalid.text.view(), "the input is not valid");
}

TEST(MakeError, RemembersWhereItWasMade) {
  const Error error{ErrorCode::invalid_scope, Reason::malformed_scope, "the scope is malformed"};
  EXPECT_NE(std::string_view{error.where.file_name()}.find("error_test.cpp"), std::string_view::npos);
  EXPECT_TRUE(error.detail.empty());
  // A default argument of a function that is given one itself.
  const unsigned line = __LINE__ + 1;
  const Error invalid = invalid_input("x");
  EXPECT_NE(std::string_view{invalid.where.file_name()}.find("error_test.cpp"), std::string_view::npos);
  EXPECT_EQ(invalid.where.line(), line);
}

}  // namespace certbound
