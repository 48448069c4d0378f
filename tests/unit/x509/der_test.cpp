#include "x509/der.hpp"

#include <string>

#include <gtest/gtest.h>

namespace certbound::x509 {

namespace {

Bytes octets(const std::string& hex) { return hex_decode(hex).value(); }

bool is_read(const std::string& hex) {
  const Bytes der = octets(hex);
  DerReader reader{der};
  return reader.read().has_value() && reader.is_at_end();
}

std::optional<WallTime> time_of(std::uint8_t tag, const std::string& text) {
  return parse_der_time({tag, as_bytes(text), {}});
}

}  // namespace

TEST(DerReader, ReadsOneElementAfterAnother) {
  const Bytes der = octets(
      "020105"
      "0400"
      "3003020107");
  DerReader reader{der};
  const auto integer = reader.read(der_tag::kInteger);
  ASSERT_TRUE(integer);
  EXPECT_EQ(hex_encode(integer->content), "05");
  EXPECT_EQ(hex_encode(integer->whole), "020105");
  EXPECT_FALSE(reader.read(der_tag::kSequence));  // stays where it is
  const auto empty = reader.read();
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->tag, der_tag::kOctetString);
  EXPECT_TRUE(empty->content.empty());
  EXPECT_TRUE(reader.is_next(der_tag::kSequence));
  EXPECT_TRUE(reader.read());
  EXPECT_TRUE(reader.is_at_end());
  EXPECT_FALSE(reader.read());
}

// X.690 section 10.1: the shortest form, and a definite one.
TEST(DerReader, RefusesLengthsThatAreNotDer) {
  EXPECT_TRUE(is_read("048180" + std::string(256, '0')));
  EXPECT_FALSE(
      is_read("3080"
              "0000"));  // indefinite
  EXPECT_FALSE(
      is_read("048101"
              "00"));  // fits into one octet
  EXPECT_FALSE(
      is_read("04820001"
              "00"));                         // leading zero
  EXPECT_FALSE(is_read("0485000000000100"));  // five octets
  EXPECT_FALSE(
      is_read("04ff"
              "00"));
}

TEST(DerReader, RefusesWhatIsCutOffAndHighTags) {
  EXPECT_FALSE(is_read(""));
  EXPECT_FALSE(is_read("30"));
  EXPECT_FALSE(is_read("300201"));
  EXPECT_FALSE(is_read("3084ffffffff00"));
  EXPECT_FALSE(is_read("3081"));
  EXPECT_FALSE(is_read("1f810100"));
}

// X.690 section 8.3.2.
TEST(DerInteger, IsInItsShortestForm) {
  for (const char* good : {"00", "7f", "80", "0080", "ff7f", "00ff00"})
    EXPECT_TRUE(is_der_integer(octets(good))) << good;
  for (const char* bad : {"", "007f", "0000", "ff80", "ffff"}) EXPECT_FALSE(is_der_integer(octets(bad))) << bad;
}

// RFC 5280 section 4.1.2.5.
TEST(DerTime, HasOneForm) {
  EXPECT_EQ(time_of(der_tag::kUtcTime, "260115120000Z"), WallTime{std::chrono::seconds{1768478400}});
  EXPECT_EQ(time_of(der_tag::kGeneralizedTime, "20260115120000Z"), WallTime{std::chrono::seconds{1768478400}});
  EXPECT_EQ(time_of(der_tag::kUtcTime, "500101000000Z"), WallTime{std::chrono::seconds{-631152000}});
  EXPECT_EQ(time_of(der_tag::kUtcTime, "700101000001Z"), WallTime{std::chrono::seconds{1}});
  EXPECT_TRUE(time_of(der_tag::kGeneralizedTime, "99991231235959Z"));
  for (const char* bad : {"", "Z", "2601151200Z", "260115120000", "2601151200000", "26011512000aZ", "261315120000Z",
                          "260132120000Z", "260230120000Z", "260115240000Z", "260115126000Z", "260115120060Z",
                          "260115120000+0100", "20260115120000Z", "-60115120000Z"}) {
    EXPECT_FALSE(time_of(der_tag::kUtcTime, bad)) << bad;
  }
  EXPECT_FALSE(time_of(der_tag::kGeneralizedTime, "260115120000Z"));
  EXPECT_FALSE(time_of(der_tag::kGeneralizedTime, "20260115120000.5Z"));
  EXPECT_FALSE(time_of(der_tag::kInteger, "260115120000Z"));
}

}  // namespace certbound::x509
