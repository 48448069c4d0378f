#include "http/percent.hpp"

#include <gtest/gtest.h>

namespace certbound::http {

TEST(DecodePercent, DecodesEscapesOfEitherCase) {
  EXPECT_EQ(decode_percent("a%20b%2Bc%2f%00", Plus::plus), (std::string{"a b+c/\0", 7}));
  EXPECT_EQ(decode_percent("", Plus::plus), "");
  EXPECT_EQ(decode_percent("%25%32", Plus::plus), "%2");
}

TEST(DecodePercent, TakesAPlusForWhatItStandsFor) {
  EXPECT_EQ(decode_percent("a+b", Plus::plus), "a+b");
  EXPECT_EQ(decode_percent("a+b", Plus::blank), "a b");
  EXPECT_EQ(decode_percent("a%2Bb", Plus::blank), "a+b");
}

TEST(DecodePercent, RefusesWhatIsNoEscape) {
  for (const char* text : {"%", "a%", "%2", "a%2", "%zz", "%2g", "%g2", "%%20"}) {
    EXPECT_FALSE(decode_percent(text, Plus::plus)) << text;
  }
}

}  // namespace certbound::http
