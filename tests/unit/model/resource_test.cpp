#include "model/resource.hpp"

#include <gtest/gtest.h>

namespace certbound::model {

TEST(HasUriScheme, NeedsASchemeAndSomethingAfterIt) {
  for (const char* text : {"https://api.example", "urn:x", "a+b-c.1:x"}) EXPECT_TRUE(has_uri_scheme(text)) << text;
  for (const char* text : {"", ":", ":x", "https:", "1a:x", "+a:x", "a b:x", "api.example/x", "\xc3\xa4:x"}) {
    EXPECT_FALSE(has_uri_scheme(text)) << text;
  }
}

}  // namespace certbound::model
