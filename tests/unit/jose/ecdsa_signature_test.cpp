#include "jose/ecdsa_signature.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace certbound::jose {

namespace {

Bytes der_of(ByteView raw) {
  const DerSignature der = make_der_signature(raw);
  return {der.octets.begin(), der.octets.begin() + static_cast<std::ptrdiff_t>(der.length)};
}

Bytes raw_of_four(std::initializer_list<std::uint8_t> der, bool& done) {
  Bytes raw(4, 0xee);
  done = parse_der_signature(Bytes{der}, raw);
  return raw;
}

}  // namespace

// X.690: the least octets, and a zero octet before a number that would be negative.
TEST(MakeDerSignature, WritesTheLeastOctets) {
  EXPECT_EQ(hex_encode(der_of(Bytes{0x00, 0x01, 0x7f, 0xff})), "300702010102027fff");
  EXPECT_EQ(hex_encode(der_of(Bytes{0x80, 0x00, 0x00, 0x80})), "3009020300800002020080");
  EXPECT_EQ(hex_encode(der_of(Bytes{0x00, 0x00, 0x00, 0x05})), "3006020100020105");
}

TEST(MakeDerSignature, UsesALongLengthForP521) {
  const Bytes der = der_of(Bytes(132, 0xff));
  EXPECT_EQ(der.size(), kMaximumDerSignature);
  EXPECT_EQ(hex_encode(ByteView{der}.first(7)), "30818a024300ff");
}

TEST(ParseDerSignature, PadsEachHalfOnTheLeft) {
  bool done = false;
  EXPECT_EQ(hex_encode(raw_of_four({0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x02, 0x7f, 0xff}, done)), "00017fff");
  EXPECT_TRUE(done);
  EXPECT_EQ(hex_encode(raw_of_four({0x30, 0x09, 0x02, 0x03, 0x00, 0x80, 0x00, 0x02, 0x02, 0x00, 0x80}, done)),
            "80000080");
  EXPECT_TRUE(done);
}

// Every length of either number, there and back.
TEST(ParseDerSignature, ReadsWhatMakeDerSignatureWrites) {
  for (const std::size_t half : {32U, 48U, 66U}) {
    for (std::size_t zeros = 0; zeros <= half; ++zeros) {
      Bytes raw(2 * half, 0xa5);
      std::fill_n(raw.begin(), zeros, std::uint8_t{0});
      std::fill_n(raw.begin() + static_cast<std::ptrdiff_t>(half), half - zeros, std::uint8_t{0});
      Bytes back(2 * half, 0xee);
      ASSERT_TRUE(parse_der_signature(der_of(raw), back)) << half << " " << zeros;
      EXPECT_EQ(raw, back);
    }
  }
}

TEST(ParseDerSignature, RefusesEveryTruncationAndAnyTail) {
  Bytes raw(132, 0xa5);
  Bytes der = der_of(raw);
  for (std::size_t length = 0; length < der.size(); ++length) {
    EXPECT_FALSE(parse_der_signature(ByteView{der}.first(length), raw)) << length;
  }
  der.push_back(0);
  EXPECT_FALSE(parse_der_signature(der, raw));
}

TEST(ParseDerSignature, RefusesWhatIsNotTwoPositiveNumbersThatFit) {
  bool done = true;
  raw_of_four({0x31, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "not a SEQUENCE";
  raw_of_four({0x30, 0x06, 0x03, 0x01, 0x01, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "not an INTEGER";
  raw_of_four({0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "a negative number";
  raw_of_four({0x30, 0x05, 0x02, 0x00, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "an INTEGER without content";
  raw_of_four({0x30, 0x08, 0x02, 0x03, 0x01, 0x00, 0x00, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "a number longer than half";
  raw_of_four({0x30, 0x03, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "one number";
  raw_of_four({0x30, 0x09, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}, done);
  EXPECT_FALSE(done) << "three numbers";
  raw_of_four({0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00, 0x00}, done);
  EXPECT_FALSE(done) << "an indefinite length";
}

TEST(HasZeroHalf, FindsEitherHalf) {
  EXPECT_TRUE(has_zero_half(Bytes{0, 0, 0, 1}));
  EXPECT_TRUE(has_zero_half(Bytes{1, 0, 0, 0}));
  EXPECT_TRUE(has_zero_half(Bytes{0, 0, 0, 0}));
  EXPECT_FALSE(has_zero_half(Bytes{0, 1, 1, 0}));
}

}  // namespace certbound::jose
