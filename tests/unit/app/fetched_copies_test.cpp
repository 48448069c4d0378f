#include "app/fetched_copies.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "support/pki.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::app {

using std::chrono::seconds;

class FetchedCopiesTest : public testing::Test {
 protected:
  FetchedCopiesTest() { EXPECT_TRUE(copies_.prepare()); }

  [[nodiscard]] static fetch::Outcome outcome(const std::string& body) {
    fetch::Outcome outcome;
    outcome.body = body;
    outcome.validators.etag = "\"1\"";
    outcome.received_at = test::kNow;
    return outcome;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path() / "fetched"}) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  store::TemporaryFolder folder_;
  FetchedCopies copies_{folder_.path()};
  CopyId id_{CopyId::Kind::jwks, "../etc/pass wd", "https://partner.example/jwks.json"};
};

TEST_F(FetchedCopiesTest, GivesBackWhatWasStored) {
  const std::string body{"line\nand\0octets", 15};
  ASSERT_TRUE(copies_.store(id_, outcome(body)));
  const auto loaded = copies_.load(id_, 100);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  ASSERT_TRUE(*loaded);
  EXPECT_EQ((*loaded)->body, body);
  EXPECT_EQ((*loaded)->validators.etag, "\"1\"");
  EXPECT_EQ((*loaded)->received_at, test::kNow);
}

TEST_F(FetchedCopiesTest, KeepsWhatWasTakenInPartBesideTheWhole) {
  ASSERT_TRUE(copies_.store(id_, outcome("whole")));
  ASSERT_TRUE(copies_.store(id_, outcome("part"), fetch::Taken::in_part));
  EXPECT_EQ((*copies_.load(id_, 100))->body, "whole");
  EXPECT_EQ((*copies_.load(id_, 100, fetch::Taken::in_part))->body, "part");
  ASSERT_TRUE(copies_.store(id_, outcome("new")));
  EXPECT_EQ((*copies_.load(id_, 100))->body, "new");
  EXPECT_FALSE(*copies_.load(id_, 100, fetch::Taken::in_part));
  ASSERT_TRUE(copies_.store(id_, outcome("part"), fetch::Taken::in_part));
  ASSERT_TRUE(copies_.keep_only(CopyId::Kind::jwks, {}));
  EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(FetchedCopiesTest, IsForItsOwnerOnly) {
  ASSERT_TRUE(copies_.store(id_, outcome("x")));
  ASSERT_EQ(files().size(), 1U);
  struct stat status {};
  ASSERT_EQ(::stat((folder_.path() / "fetched" / files().front()).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat((folder_.path() / "fetched").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(FetchedCopiesTest, HasNothingOfAnotherUrlOwnerOrKind) {
  ASSERT_TRUE(copies_.store(id_, outcome("x")));
  for (const CopyId& other :
       {CopyId{CopyId::Kind::jwks, id_.owner, "https://partner.example/other.json"},
        CopyId{CopyId::Kind::jwks, "other", id_.url}, CopyId{CopyId::Kind::crl, id_.owner, id_.url}}) {
    const auto loaded = copies_.load(other, 100);
    ASSERT_TRUE(loaded);
    EXPECT_FALSE(*loaded);
  }
}

TEST_F(FetchedCopiesTest, RefusesADamagedOrForeignFile) {
  ASSERT_TRUE(copies_.store(id_, outcome("body")));
  const auto file = folder_.path() / "fetched" / files().front();
  const CopyId other{CopyId::Kind::jwks, "other", id_.url};
  std::filesystem::copy_file(file, folder_.path() / "fetched" / (other.file_name() + ".copy"));
  EXPECT_FALSE(copies_.load(other, 100));
  std::ofstream{file, std::ios::app} << "!";
  EXPECT_FALSE(copies_.load(id_, 100));
  std::ofstream{file} << "nothing";
  EXPECT_FALSE(copies_.load(id_, 100));
}

TEST_F(FetchedCopiesTest, KeepsHowTheLastAttemptWent) {
  fetch::RefreshStatus status;
  status.last_good = test::kNow;
  status.last_attempt = test::kNow + seconds{60};
  status.failures = 3;
  status.last_failure = fetch::Failure::address_refused;
  status.last_detail = "10.0.0.1";
  ASSERT_TRUE(copies_.store_status(id_, status));
  const auto loaded = copies_.load_status(id_);
  ASSERT_TRUE(loaded) << loaded.error().detail;
  ASSERT_TRUE(*loaded);
  EXPECT_EQ((*loaded)->last_good, test::kNow);
  EXPECT_EQ((*loaded)->last_attempt, test::kNow + seconds{60});
  EXPECT_EQ((*loaded)->failures, 3);
  EXPECT_EQ((*loaded)->last_failure, fetch::Failure::address_refused);
  EXPECT_EQ((*loaded)->last_detail, "10.0.0.1");
}

TEST_F(FetchedCopiesTest, ForgetsTheOthersOfTheKind) {
  const CopyId kept{CopyId::Kind::jwks, "kept", id_.url};
  const CopyId crl{CopyId::Kind::crl, "store", id_.url};
  for (const CopyId& id : {id_, kept, crl}) ASSERT_TRUE(copies_.store(id, outcome("x")));
  ASSERT_TRUE(copies_.store_status(id_, fetch::RefreshStatus()));
  const auto removed = copies_.keep_only(CopyId::Kind::jwks, {kept.file_name()});
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, 2U);
  std::vector<std::string> left{crl.file_name() + ".copy", kept.file_name() + ".copy"};
  EXPECT_EQ(files(), left);
}

TEST(CopyIdShown, HidesTheQuery) {
  const CopyId id{CopyId::Kind::crl, "partner", "http://crl.example/a.crl?token=secret"};
  EXPECT_EQ(id.shown().find("crl partner http://crl.example/a.crl ("), 0U);
  EXPECT_EQ(id.shown().find("secret"), std::string::npos);
  const CopyId plain{CopyId::Kind::crl, "partner", "http://crl.example/a.crl"};
  EXPECT_EQ(plain.shown(), "crl partner http://crl.example/a.crl");
}

TEST(CopyIdShown, TellsUrlsApartThatDifferInTheQuery) {
  const CopyId first{CopyId::Kind::crl, "partner", "http://crl.example/crl?ca=1"};
  const CopyId second{CopyId::Kind::crl, "partner", "http://crl.example/crl?ca=2"};
  EXPECT_NE(first.shown(), second.shown());
  EXPECT_NE(first.shown_source(), second.shown_source());
}

}  // namespace certbound::app
