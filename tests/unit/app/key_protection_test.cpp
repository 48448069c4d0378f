#include "app/key_protection.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

namespace {

const crypto::Secret kSecret{Bytes(32, 9)};

Bytes octets(const crypto::Secret& secret) { return {secret.expose().begin(), secret.expose().end()}; }

KeyProtection protection_of(const crypto::Secret& secret) {
  auto made = KeyProtection::make(secret);
  if (!made) throw std::runtime_error{made.error().detail};
  return *std::move(made);
}

store::StoredKey make_stored() {
  model::KeyRecord record;
  record.kid = "k";
  record.algorithm = model::SigningAlgorithm::es256;
  return {record, crypto::Secret{Bytes{1, 2, 3}}};
}

class KeyEncryptionKey : public testing::Test {
 protected:
  Result<crypto::Secret> load(const std::string& content, unsigned mode = 0400) {
    const std::filesystem::path path = folder_.path() / "key";
    std::filesystem::remove(path);
    std::ofstream{path} << content;
    std::filesystem::permissions(path, std::filesystem::perms{mode});
    return load_key_encryption_key(path);
  }
  void expect_refused(const Result<crypto::Secret>& loaded, std::string_view why) {
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::invalid_request);
    EXPECT_NE(loaded.error().detail.find(why), std::string::npos) << loaded.error().detail;
    EXPECT_NE(loaded.error().detail.find(folder_.path().string()), std::string::npos) << loaded.error().detail;
  }
  store::TemporaryFolder folder_;
};

}  // namespace

TEST_F(KeyEncryptionKey, IsWhatTheFileHolds) {
  const std::string raw{"\x00\x01 0123456789abcdefghijklmnopqrst\xff", 33};
  const auto loaded = load(raw);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(octets(*loaded), (Bytes{raw.begin(), raw.end()}));
}

TEST_F(KeyEncryptionKey, IsTheSameWithAndWithoutALineFeed) {
  const std::string text(64, 'a');
  EXPECT_EQ(octets(*load(text + "\n")), octets(*load(text)));
}

TEST_F(KeyEncryptionKey, HasThirtyTwoOctetsOrMore) {
  expect_refused(load(std::string(31, 'a')), "too few");
  expect_refused(load(""), "too few");
  EXPECT_TRUE(load(std::string(32, 'a')));
  EXPECT_TRUE(load(std::string(4096, 'a')));
  EXPECT_FALSE(load(std::string(4097, 'a')));
}

TEST_F(KeyEncryptionKey, IsForItsOwnerOnly) {
  for (const unsigned mode : {0440U, 0404U, 0420U, 0402U, 0644U}) {
    expect_refused(load(std::string(32, 'a'), mode), "others may read or change");
  }
  EXPECT_TRUE(load(std::string(32, 'a'), 0600));
}

TEST_F(KeyEncryptionKey, IsAFile) {
  expect_refused(load_key_encryption_key(folder_.path() / "missing"), "No such file");
  EXPECT_FALSE(load_key_encryption_key(folder_.path()));
}

TEST(KeyProtection, LeavesKeysPlainWithoutASecret) {
  store::StoredKey key = make_stored();
  ASSERT_TRUE(KeyProtection{}.protect(key));
  EXPECT_FALSE(key.record.is_encrypted);
  EXPECT_EQ(octets(*KeyProtection{}.reveal(key)), (Bytes{1, 2, 3}));
}

TEST(KeyProtection, EncryptsAndOpens) {
  store::StoredKey key = make_stored();
  ASSERT_TRUE(protection_of(kSecret).protect(key));
  EXPECT_TRUE(key.record.is_encrypted);
  const Bytes sealed = octets(key.secret);
  const Bytes plain{1, 2, 3};
  EXPECT_EQ(std::search(sealed.begin(), sealed.end(), plain.begin(), plain.end()), sealed.end());
  ASSERT_TRUE(protection_of(kSecret).protect(key));  // once is enough
  EXPECT_EQ(octets(key.secret), sealed);
  const auto opened = protection_of(kSecret).reveal(key);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(octets(*opened), (Bytes{1, 2, 3}));
}

TEST(KeyProtection, OpensPlainKeysToo) {
  EXPECT_EQ(octets(*protection_of(kSecret).reveal(make_stored())), (Bytes{1, 2, 3}));
}

TEST(KeyProtection, SaysThatAKeyIsMissingOrAnother) {
  store::StoredKey key = make_stored();
  ASSERT_TRUE(protection_of(kSecret).protect(key));
  const auto without = KeyProtection{}.reveal(key);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::invalid_request);
  EXPECT_NE(without.error().detail.find("signing.key_encryption_key has to name"), std::string::npos);
  const auto wrong = protection_of(crypto::Secret{Bytes(32, 8)}).reveal(key);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("does not open"), std::string::npos);
}

// Whoever may write the database must not be able to put one key in the place of another.
TEST(KeyProtection, BindsTheSecretToItsRow) {
  store::StoredKey key = make_stored();
  const KeyProtection protection = protection_of(kSecret);
  ASSERT_TRUE(protection.protect(key));
  store::StoredKey other = key;
  other.record.kid = "l";
  EXPECT_FALSE(protection.reveal(other));
  other = key;
  other.record.algorithm = model::SigningAlgorithm::eddsa;
  EXPECT_FALSE(protection.reveal(other));
  other = key;
  other.secret = crypto::Secret{Bytes(27, 0)};
  EXPECT_FALSE(protection.reveal(other));
}

}  // namespace certbound::app
