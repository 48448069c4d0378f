#include "crypto/aead.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace certbound::crypto {

namespace {

Bytes from_hex(std::string_view text) { return hex_decode(text).value(); }

Bytes octets_of(const Secret& secret) { return {secret.expose().begin(), secret.expose().end()}; }

const Bytes kKey(32, 7);

SealedText seal(std::string_view associated, std::string_view text) {
  auto sealed = seal_aes_256_gcm(kKey, as_bytes(associated), as_bytes(text));
  if (!sealed) throw std::runtime_error{sealed.error().detail};
  return *std::move(sealed);
}

bool opens(const Bytes& key, std::string_view associated, const SealedText& sealed) {
  const bool is_open = open_aes_256_gcm(key, as_bytes(associated), sealed).has_value();
  EXPECT_EQ(ERR_peek_error(), 0U) << "OpenSSL's queue is not empty";
  return is_open;
}

}  // namespace

// NIST's test vectors for GCM (McGrew and Viega, test case 16).
TEST(OpenAes256Gcm, OpensAKnownText) {
  SealedText sealed;
  const Bytes nonce = from_hex("cafebabefacedbaddecaf888");
  const Bytes tag = from_hex("76fc6ece0f4e1768cddf8853bb2d551b");
  std::copy(nonce.begin(), nonce.end(), sealed.nonce.begin());
  std::copy(tag.begin(), tag.end(), sealed.tag.begin());
  sealed.ciphertext = from_hex(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9f662");
  const auto opened = open_aes_256_gcm(from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                                       from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"), sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(hex_encode(opened->expose()),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa"
            "0de657ba637b39");
}

// The same test case, sealed.
TEST(SealAes256Gcm, SealsAKnownTextUnderTheNonceThatIsGiven) {
  GcmNonce nonce{};
  const Bytes octets = from_hex("cafebabefacedbaddecaf888");
  std::copy(octets.begin(), octets.end(), nonce.begin());
  const auto sealed = seal_aes_256_gcm(
      from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), nonce,
      from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
      from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf"
               "5aa0de657ba637b39"));
  ASSERT_TRUE(sealed) << sealed.error().detail;
  EXPECT_EQ(sealed->nonce, nonce);
  EXPECT_EQ(hex_encode(sealed->tag), "76fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(hex_encode(sealed->ciphertext),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393"
            "ba7a0abcc9f662");
}

TEST(SealAes256Gcm, GoesThereAndBack) {
  for (const std::string text : {"", "a", "a longer text than one block has"}) {
    const SealedText sealed = seal("bound", text);
    EXPECT_EQ(sealed.ciphertext.size(), text.size());
    const auto opened = open_aes_256_gcm(kKey, as_bytes("bound"), sealed);
    ASSERT_TRUE(opened) << text;
    EXPECT_EQ(octets_of(*opened), (Bytes{text.begin(), text.end()}));
  }
}

TEST(SealAes256Gcm, UsesAnotherNonceEachTime) { EXPECT_NE(seal("bound", "text").nonce, seal("bound", "text").nonce); }

TEST(OpenAes256Gcm, RefusesWhatWasChanged) {
  const SealedText sealed = seal("bound", "text");
  EXPECT_TRUE(opens(kKey, "bound", sealed));
  EXPECT_FALSE(opens(kKey, "Bound", sealed));
  EXPECT_FALSE(opens(Bytes(32, 8), "bound", sealed));
  SealedText changed = sealed;
  changed.nonce[0] ^= 1U;
  EXPECT_FALSE(opens(kKey, "bound", changed));
  changed = sealed;
  changed.ciphertext[3] ^= 0x80U;
  EXPECT_FALSE(opens(kKey, "bound", changed));
  changed = sealed;
  changed.ciphertext.pop_back();
  EXPECT_FALSE(opens(kKey, "bound", changed));
  changed = sealed;
  changed.tag[15] ^= 1U;
  EXPECT_FALSE(opens(kKey, "bound", changed));
}

TEST(SealAes256Gcm, RefusesAKeyOfAnotherLength) {
  EXPECT_FALSE(seal_aes_256_gcm(Bytes(16, 7), {}, {}));
  EXPECT_FALSE(open_aes_256_gcm(Bytes(33, 7), as_bytes("bound"), seal("bound", "text")));
}

// RFC 5869 appendix A.3: no salt, no info.
TEST(DeriveKey, IsHkdf) {
  const auto key = derive_key(Secret{Bytes(22, 0x0b)}, "");
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(hex_encode(key->expose()), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

// RFC 5869 appendix A.1, of which these are the first 32 octets.
TEST(DeriveKey, IsHkdfWithASaltToo) {
  const Bytes info = from_hex("f0f1f2f3f4f5f6f7f8f9");
  const auto key = derive_key(Secret{Bytes(22, 0x0b)}, {reinterpret_cast<const char*>(info.data()), info.size()},
                              from_hex("000102030405060708090a0b0c"));
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(hex_encode(key->expose()), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(DeriveKey, DependsOnThePurpose) {
  const Secret secret{Bytes(32, 1)};
  EXPECT_NE(octets_of(*derive_key(secret, "a")), octets_of(*derive_key(secret, "b")));
  EXPECT_NE(octets_of(*derive_key(secret, "a")), octets_of(*derive_key(Secret{Bytes(32, 2)}, "a")));
}

}  // namespace certbound::crypto
