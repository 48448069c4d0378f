#include "base/base64url.hpp"

#include <array>
#include <utility>

#include <gtest/gtest.h>

namespace certbound {

namespace {

constexpr std::string_view kUrlCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Octets with every bit pattern, and no period that base64 could hide.
Bytes make_octets(std::size_t length) {
  Bytes octets;
  for (std::size_t i = 0; i < length; ++i) octets.push_back(static_cast<std::uint8_t>(i * 151 + i / 7 + 3));
  return octets;
}

}  // namespace

// RFC 4648 section 10.
TEST(Base64, EncodesThePublishedVectors) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kVectors{{{"", ""},
                                                                                   {"f", "Zg=="},
                                                                                   {"fo", "Zm8="},
                                                                                   {"foo", "Zm9v"},
                                                                                   {"foob", "Zm9vYg=="},
                                                                                   {"fooba", "Zm9vYmE="},
                                                                                   {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : kVectors) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
    const auto decoded = base64_decode(encoded);
    ASSERT_TRUE(decoded.has_value()) << encoded;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), plain);
    EXPECT_EQ(base64url_encode(as_bytes(plain)), encoded.substr(0, encoded.find('=')));
  }
}

// RFC 7515 appendix C.
TEST(Base64url, EncodesThePublishedVector) {
  const Bytes octets{3, 236, 255, 224, 193};
  EXPECT_EQ(base64url_encode(octets), "A-z_4ME");
  EXPECT_EQ(base64url_decode("A-z_4ME"), octets);
  EXPECT_EQ(base64_encode(octets), "A+z/4ME=");
}

TEST(Base64url, DecodesWhatItEncodesAtEveryLength) {
  for (std::size_t length = 0; length <= 300; ++length) {
    const Bytes octets = make_octets(length);
    const std::string text = base64url_encode(octets);
    EXPECT_EQ(text.size(), (length * 4 + 2) / 3);
    EXPECT_EQ(text.find_first_not_of(kUrlCharacters), std::string::npos);
    EXPECT_EQ(base64url_decode(text), octets) << length;
    EXPECT_EQ(base64_decode(base64_encode(octets)), octets) << length;
  }
}

// A text cut after any character decodes to the whole octets before the cut, or not at all; never to other octets.
TEST(Base64url, DecodesNoPartToOtherOctets) {
  const Bytes octets = make_octets(50);
  const std::string text = base64url_encode(octets);
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto part = base64url_decode(std::string_view{text}.substr(0, length));
    if (length % 4 == 1) {
      EXPECT_FALSE(part.has_value()) << length;
    } else if (part) {
      EXPECT_EQ(*part, Bytes(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(part->size())));
      EXPECT_EQ(base64url_encode(*part), text.substr(0, length));
    }
    const auto rest = base64url_decode(std::string_view{text}.substr(length));
    if (rest) {
      EXPECT_EQ(base64url_encode(*rest), text.substr(length));
    }
  }
}

// RFC 7515 section 2: "with all trailing '=' characters omitted and without the inclusion of any line breaks,
// whitespace, or other additional characters".
TEST(Base64url, RefusesEveryOtherCharacterAtEveryPlace) {
  for (int code = 0; code < 256; ++code) {
    const char c = static_cast<char>(code);
    if (kUrlCharacters.find(c) != std::string_view::npos) continue;
    for (std::size_t i = 0; i < 8; ++i) {
      std::string text = "AAAAAAAA";
      text[i] = c;
      EXPECT_FALSE(base64url_decode(text).has_value()) << code << " at " << i;
    }
  }
}

TEST(Base64url, RefusesPaddingAndWhiteSpace) {
  for (const auto* text : {"Zg==", "Zm8=", "Zg=", "=", "Zm9v=", "Zm9v====", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9v\r\n"}) {
    EXPECT_FALSE(base64url_decode(text).has_value()) << text;
  }
}

TEST(Base64url, RefusesALengthOfOneModuloFour) {
  for (const auto* text : {"A", "AAAAA", "AAAAAAAAA"}) EXPECT_FALSE(base64url_decode(text).has_value()) << text;
}

// One value, one spelling. RFC 8705 section 3.1 prints a thumbprint in another.
TEST(Base64url, RefusesUnusedBitsThatAreSet) {
  for (const char second : kUrlCharacters) {
    const std::size_t digit = kUrlCharacters.find(second);
    EXPECT_EQ(base64url_decode(std::string{"A"} + second).has_value(), digit % 16 == 0) << second;
    EXPECT_EQ(base64url_decode(std::string{"AA"} + second).has_value(), digit % 4 == 0) << second;
  }
  EXPECT_FALSE(base64url_decode("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2").has_value());
  EXPECT_TRUE(base64url_decode("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg0").has_value());
}

TEST(Base64url, AppendsToWhatIsThere) {
  std::string out = "a.";
  base64url_append(out, Bytes{0xff});
  base64url_append(out, Bytes{});
  base64url_append(out, Bytes{0xff, 0xff, 0xff});
  EXPECT_EQ(out, "a._w____");
}

// RFC 7517 section 4.7 takes standard base64 for x5c.
TEST(Base64, RefusesTheOtherAlphabetAndMissingPadding) {
  for (const auto* text : {"A-z_4ME=", "A+z/4ME", "Zg", "Zm8", "Zm9v\n", "Zg==\n", "Z g=", "Zg=a", "Zh==", "Zm9=", "=",
                           "==", "====", "Z===", "Zg==Zg==", "Zm9vZ==="}) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
  }
}

TEST(Hex, GoesThereAndBack) {
  const Bytes octets{0x00, 0x7f, 0x80, 0xff, 0x1a};
  EXPECT_EQ(hex_encode(octets), "007f80ff1a");
  EXPECT_EQ(hex_decode("007F80fF1a"), octets);
  EXPECT_EQ(hex_encode(Bytes{}), "");
  EXPECT_EQ(hex_decode(""), Bytes{});
}

TEST(Hex, RefusesWhatIsNotPairsOfDigits) {
  for (const auto* text : {"0", "000", "0g", "g0", "0x00", "00 ", " 00", "00:00", "+1", "-1", "0\n"}) {
    EXPECT_FALSE(hex_decode(text).has_value()) << text;
  }
}

}  // namespace certbound
