#include "jose/jwe.hpp"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

namespace certbound::jose {

namespace {

crypto::Secret key_of(std::uint8_t octet) { return crypto::Secret{Bytes(crypto::kAes256KeyOctets, octet)}; }

std::string seal(std::string_view text, std::uint8_t nonce = 1) {
  auto sealed = seal_compact("at+sealed", "k1", key_of(7), crypto::GcmNonce{nonce}, text);
  return sealed ? *std::move(sealed) : std::string{};
}

Result<std::string> open(std::string_view token, const crypto::Secret& key) {
  const auto jwe = parse_sealed(token);
  if (!jwe) return jwe.error();
  return open_sealed(*jwe, key);
}

std::string encode(std::string_view text) { return base64url_encode(as_bytes(text)); }

/// A token with another header and the rest of a good one.
std::string with_header(std::string_view header) {
  const std::string good = seal("text");
  return encode(header) + good.substr(good.find('.'));
}

}  // namespace

TEST(SealCompact, IsOpenedByItsKeyAlone) {
  const std::string token = seal("what is in it");
  const auto text = open(token, key_of(7));
  ASSERT_TRUE(text) << text.error().detail;
  EXPECT_EQ(*text, "what is in it");
  EXPECT_FALSE(open(token, key_of(8)));
  const auto jwe = parse_sealed(token);
  EXPECT_EQ(jwe->kid, "k1");
  EXPECT_EQ(jwe->typ, "at+sealed");
  EXPECT_EQ(std::count(token.begin(), token.end(), '.'), 4);
}

TEST(SealCompact, SealsAnEmptyTextToo) { EXPECT_EQ(*open(seal(""), key_of(7)), ""); }

TEST(SealCompact, StandsUnderTheNonceThatIsGiven) {
  EXPECT_EQ(seal("text"), seal("text"));
  EXPECT_NE(seal("text", 1), seal("text", 2));
  EXPECT_EQ(parse_sealed(seal("text", 9))->sealed.nonce, crypto::GcmNonce{9});
}

TEST(HasPartsOfJwe, TellsItFromAJws) {
  EXPECT_TRUE(has_parts_of_jwe(seal("text")));
  EXPECT_TRUE(has_parts_of_jwe("...."));
  for (const char* other : {"", "a.b.c", "a.b.c.d", "a.b.c.d.e.f"}) EXPECT_FALSE(has_parts_of_jwe(other)) << other;
}

// RFC 7516 appendix A.1: the content of that example, by its content encryption key. A.1 wraps the key by RSA-OAEP,
// which makes no difference to what A256GCM does with it.
TEST(OpenSealed, OpensTheExampleOfTheRfc) {
  const Bytes cek{177, 161, 244, 128, 84,  143, 225, 115, 63, 180, 3,   255, 107, 154, 212, 246,
                  138, 7,   110, 91,  112, 46,  34,  105, 47, 130, 203, 46,  122, 234, 64,  252};
  SealedJwe jwe;
  jwe.associated = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ";
  const Bytes nonce = *base64url_decode("48V1_ALb6US04U3b");
  std::copy(nonce.begin(), nonce.end(), jwe.sealed.nonce.begin());
  jwe.sealed.ciphertext =
      *base64url_decode("5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A");
  const Bytes tag = *base64url_decode("XFBoMYUZodetZdvTiFvSkQ");
  std::copy(tag.begin(), tag.end(), jwe.sealed.tag.begin());
  const auto text = open_sealed(jwe, crypto::Secret{cek});
  ASSERT_TRUE(text) << text.error().detail;
  EXPECT_EQ(*text, "The true sign of intelligence is not knowledge but imagination.");
}

// RFC 7516 section 5.2: whatever octet is another, it does not open.
TEST(OpenSealed, RefusesATokenThatWasChangedAnywhere) {
  const std::string token = seal("what is in it");
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '.', '='}) {
      std::string changed = token;
      if (changed[i] == other) continue;
      changed[i] = other;
      EXPECT_FALSE(open(changed, key_of(7))) << i;
    }
    EXPECT_FALSE(open(token.substr(0, i), key_of(7))) << i;
  }
  EXPECT_FALSE(open(token + ".", key_of(7)));
  EXPECT_FALSE(open(token + "A", key_of(7)));
}

TEST(ParseSealed, TakesOneHeaderOnly) {
  EXPECT_TRUE(parse_sealed(with_header(R"({"alg":"dir","enc":"A256GCM","typ":"t","kid":"k"})")));
  for (const char* header :
       {R"({"alg":"dir","enc":"A256GCM","typ":"t"})", R"({"alg":"dir","enc":"A256GCM","kid":"k"})",
        R"({"alg":"none","enc":"A256GCM","typ":"t","kid":"k"})",
        R"({"alg":"RSA-OAEP","enc":"A256GCM","typ":"t","kid":"k"})",
        R"({"alg":"dir","enc":"A128GCM","typ":"t","kid":"k"})", R"({"enc":"A256GCM","typ":"t","kid":"k"})",
        R"({"alg":"dir","enc":"A256GCM","typ":"t","kid":"k","zip":"DEF"})",
        R"({"alg":"dir","enc":"A256GCM","typ":"t","kid":"k","crit":["x"]})",
        R"({"alg":"dir","alg":"dir","enc":"A256GCM","typ":"t","kid":"k"})",
        R"({"alg":"dir","enc":"A256GCM","typ":1,"kid":"k"})", R"([])", R"({})", "", "x"}) {
    EXPECT_FALSE(parse_sealed(with_header(header))) << header;
  }
}

// RFC 7518 section 4.8.1.2: as many iterations as the header asks for would be a minute of work.
TEST(ParseSealed, RefusesAPasswordAndCountsNoIterations) {
  const std::string header =
      R"({"alg":"PBES2-HS256+A128KW","enc":"A256GCM","typ":"at+sealed","kid":"k1","p2s":"AAAAAAAAAAA","p2c":100000000})";
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(open(with_header(header), key_of(7)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{5});
}

// RFC 7518 section 4.5: with `dir` the encrypted key is empty.
TEST(ParseSealed, RefusesAnEncryptedKey) {
  std::string token = seal("text");
  token.insert(token.find("..") + 1, "AAAA");
  EXPECT_FALSE(parse_sealed(token));
}

TEST(ParseSealed, RefusesWhatIsTooLarge) { EXPECT_FALSE(parse_sealed(std::string(65UL * 1024, 'A'))); }

}  // namespace certbound::jose
