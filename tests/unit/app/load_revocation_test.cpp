#include "app/load_revocation.hpp"

#include <gtest/gtest.h>

#include "app/materials.hpp"
#include "support/crl.hpp"
#include "unit/app/files.hpp"

namespace certbound::app {

namespace {

using std::chrono::hours;
using test::CrlShape;
using test::kNow;
using test::make_crl;

}  // namespace

/// Two CRLs, of the anchor in PEM and of the intermediate in DER.
class LoadRevocation : public testing::Test {
 protected:
  LoadRevocation() {
    config_.trust_stores[0].revocation.mode = x509::RevocationMode::require;
    config_.trust_stores[0].revocation.crls = {{files_.path("partner.crl"), ""}, {files_.path("issuing.crl"), ""}};
    write_crls({});
  }

  void write_crls(const CrlShape& issuing) const {
    files_.write("partner.crl", test::to_crl_pem(make_crl(files_.partner)));
    const Bytes der = make_crl(files_.issuing, issuing);
    files_.write("issuing.crl", {der.begin(), der.end()});
  }
  [[nodiscard]] std::vector<std::string> problems(WallTime now = kNow) const {
    std::vector<std::string> out;
    for (const config::Problem& problem : load_materials(config_, now).problems) {
      out.push_back((problem.severity == config::Severity::error ? "error " : "warning ") +
                    std::to_string(problem.line) + ": " + problem.key);
    }
    return out;
  }
  [[nodiscard]] std::string message(WallTime now = kNow) const {
    const auto loaded = load_materials(config_, now);
    return loaded.problems.empty() ? "" : loaded.problems.front().message;
  }

  using Problems = std::vector<std::string>;
  Files files_;
  config::Config config_ = files_.config();
};

TEST_F(LoadRevocation, GivesTheStoreItsCrls) {
  const auto client = test::make_client("etl", files_.issuing);
  const auto revoked = test::make_client("old", files_.issuing);
  CrlShape shape;
  shape.entries = {test::revoke(revoked.certificate)};
  shape.number = "2a";
  write_crls(shape);
  const auto loaded = load_materials(config_, kNow);
  ASSERT_TRUE(loaded.materials) << loaded.problems.front().message;
  EXPECT_TRUE(loaded.problems.empty());
  const auto& store = *loaded.materials->trust_stores.at("partner");
  EXPECT_EQ(store.revocation().mode(), x509::RevocationMode::require);
  EXPECT_TRUE(store.verify(client.certificate, {}, {.now = kNow}));
  const auto refused = store.verify(revoked.certificate, {}, {.now = kNow});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::certificate_revoked);

  const auto& watched = loaded.materials->crls;
  ASSERT_EQ(watched.size(), 2U);
  EXPECT_EQ(watched[0].name, "partner: partner.crl");
  EXPECT_EQ(watched[1].name, "partner: issuing.crl");
  EXPECT_EQ(watched[1].issuer, "CN=Partner Issuing");
  EXPECT_EQ(watched[1].issuer_serial, files_.issuing.certificate.serial_hex());
  EXPECT_EQ(watched[1].number, "2a");
  EXPECT_EQ(watched[1].next_update, shape.next_update);
}

TEST_F(LoadRevocation, NamesEveryBadFileAtItsLine) {
  config_.trust_stores[0].revocation.crls = {{files_.path("gone.crl"), ""}, {files_.path("partner.crt"), ""}};
  EXPECT_EQ(problems(), (Problems{"error 25: trust_stores.partner.revocation.crls[0]",
                                  "error 26: trust_stores.partner.revocation.crls[1]"}));
  EXPECT_NE(message().find("No such file"), std::string::npos);
  EXPECT_FALSE(load_materials(config_, kNow).materials);
}

TEST_F(LoadRevocation, RefusesTheCrlOfAnotherCa) {
  files_.write("partner.crl", test::to_crl_pem(make_crl(test::make_root("Partner Root"))));
  EXPECT_EQ(problems(), Problems{"error 25: trust_stores.partner.revocation.crls[0]"});
  EXPECT_NE(message().find("signature is wrong"), std::string::npos);
}

// It concerns one partner: the other ones' server starts.
TEST_F(LoadRevocation, WarnsOfACrlThatDoesNotHold) {
  const WallTime end = CrlShape{}.next_update;
  for (const auto mode : {x509::RevocationMode::require, x509::RevocationMode::soft_fail}) {
    config_.trust_stores[0].revocation.mode = mode;
    EXPECT_EQ(problems(end - std::chrono::seconds{1}), Problems{});
    EXPECT_EQ(problems(end), (Problems{"warning 25: trust_stores.partner.revocation.crls[0]",
                                       "warning 26: trust_stores.partner.revocation.crls[1]"}));
    EXPECT_NE(message(end).find("is past"), std::string::npos);
    EXPECT_TRUE(load_materials(config_, end).materials);
    EXPECT_NE(message(CrlShape{}.this_update - std::chrono::seconds{1}).find("not valid yet"), std::string::npos);
  }
}

TEST_F(LoadRevocation, WarnsOfACaWithoutACrlWhereOneIsRequired) {
  config_.trust_stores[0].revocation.crls.pop_back();
  EXPECT_EQ(problems(), Problems{"warning 24: trust_stores.partner.revocation.crls"});
  EXPECT_NE(message().find("CN=Partner Issuing"), std::string::npos);
  config_.trust_stores[0].revocation.mode = x509::RevocationMode::soft_fail;
  EXPECT_EQ(problems(), Problems{});
}

// The list may come yet: who is refused until then, `require` says.
TEST_F(LoadRevocation, DoesNotMissWhatIsStillToBeFetched) {
  config_.trust_stores[0].revocation.crls[1] = {"", "http://crl.example/issuing.crl"};
  EXPECT_EQ(problems(), Problems{});
  const auto loaded = load_materials(config_, kNow);
  ASSERT_TRUE(loaded.materials);
  ASSERT_EQ(loaded.materials->crl_urls.size(), 1U);
  EXPECT_EQ(loaded.materials->crl_urls.front().fetched, nullptr);
  const auto client = test::make_client("etl", files_.issuing);
  x509::TrustStore::Query query;
  query.now = kNow;
  const auto verified = loaded.materials->trust_stores.at("partner")->verify(client.certificate, {}, query);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().reason, Reason::revocation_unknown);
}

TEST_F(LoadRevocation, FetchesNothingForAModeThatIsOff) {
  config_.trust_stores[0].revocation.mode = x509::RevocationMode::off;
  config_.trust_stores[0].revocation.crls[1] = {"", "http://crl.example/issuing.crl"};
  const auto loaded = load_materials(config_, kNow);
  ASSERT_TRUE(loaded.materials);
  EXPECT_TRUE(loaded.materials->crl_urls.empty());
}

// A copy of a CA that is no longer one of the store's is worth nothing.
TEST_F(LoadRevocation, VerifiesAKeptCopyAnew) {
  const FetchedCopies copies{files_.path("state")};
  std::filesystem::create_directory(files_.path("state"));
  ASSERT_TRUE(copies.prepare());
  const CopyId id{CopyId::Kind::crl, "partner", "http://crl.example/issuing.crl"};
  fetch::Outcome outcome;
  outcome.body = test::to_crl_pem(make_crl(files_.issuing));
  outcome.received_at = kNow;
  ASSERT_TRUE(copies.store(id, outcome));
  const FindFetchedCrls find = find_in_copies(copies);
  const FoundCrls found = find(id, {files_.partner.certificate, files_.issuing.certificate});
  ASSERT_NE(found.crls, nullptr);
  EXPECT_EQ(found.crls->crls.size(), 1U);
  EXPECT_EQ(found.crls->copy.received_at, kNow);
  EXPECT_EQ(found.remark, "");
  const FoundCrls none = find(id, {files_.partner.certificate});
  EXPECT_EQ(none.crls, nullptr);
  EXPECT_NE(none.remark.find("neither an anchor nor an intermediate"), std::string::npos);
  const CopyId other{CopyId::Kind::crl, "partner", "http://crl.example/other.crl"};
  EXPECT_EQ(find(other, {files_.issuing.certificate}).crls, nullptr);
  EXPECT_EQ(find(other, {files_.issuing.certificate}).remark, "");
}

TEST_F(LoadRevocation, UsesWhatACopyHasOfTheAuthoritiesThatStay) {
  const FetchedCopies copies{files_.path("state")};
  std::filesystem::create_directory(files_.path("state"));
  ASSERT_TRUE(copies.prepare());
  const CopyId id{CopyId::Kind::crl, "partner", "http://crl.example/bundle.crl"};
  fetch::Outcome outcome;
  outcome.body = test::to_crl_pem(make_crl(files_.issuing)) + test::to_crl_pem(make_crl(files_.partner));
  ASSERT_TRUE(copies.store(id, outcome));
  const FoundCrls found = find_in_copies(copies)(id, {files_.partner.certificate});
  ASSERT_NE(found.crls, nullptr);
  ASSERT_EQ(found.crls->crls.size(), 1U);
  EXPECT_TRUE(found.crls->crls.front()->is_of(files_.partner.certificate));
}

// After a restart as before: the newer list of one CA, beside the older copy that has the other's.
TEST_F(LoadRevocation, UsesWhatWasTakenInPartOnTopOfTheCopy) {
  const FetchedCopies copies{files_.path("state")};
  std::filesystem::create_directory(files_.path("state"));
  ASSERT_TRUE(copies.prepare());
  const CopyId id{CopyId::Kind::crl, "partner", "http://crl.example/bundle.crl"};
  const std::vector<x509::Certificate> authorities{files_.partner.certificate, files_.issuing.certificate};
  fetch::Outcome outcome;
  outcome.validators.etag = "\"1\"";
  outcome.body = test::to_crl_pem(make_crl(files_.issuing)) + test::to_crl_pem(make_crl(files_.partner));
  ASSERT_TRUE(copies.store(id, outcome));
  test::CrlShape newer;
  newer.number = "77";
  newer.this_update = kNow;
  outcome.body = test::to_crl_pem(make_crl(files_.issuing, newer));
  ASSERT_TRUE(copies.store(id, outcome, fetch::Taken::in_part));
  const FoundCrls found = find_in_copies(copies)(id, authorities);
  ASSERT_NE(found.crls, nullptr);
  ASSERT_EQ(found.crls->crls.size(), 2U);
  EXPECT_EQ(found.crls->crls[0]->number(), "77");
  EXPECT_TRUE(found.crls->crls[1]->is_of(files_.partner.certificate));
  EXPECT_EQ(found.crls->copy.validators.etag, "") << "the next answer has to be the whole";
  // Without the copy it is what there is.
  const CopyId other{CopyId::Kind::crl, "partner", "http://crl.example/part.crl"};
  ASSERT_TRUE(copies.store(other, outcome, fetch::Taken::in_part));
  const FoundCrls part = find_in_copies(copies)(other, authorities);
  ASSERT_NE(part.crls, nullptr);
  EXPECT_EQ(part.crls->crls.size(), 1U);
}

// soft_fail would go on without a word.
TEST_F(LoadRevocation, WarnsOfACopyThatCannotBeUsed) {
  config_.trust_stores[0].revocation.crls[1] = {"", "http://crl.example/issuing.crl"};
  const FindFetchedCrls find = [](const CopyId& /*id*/, const std::vector<x509::Certificate>& /*authorities*/) {
    return FoundCrls{nullptr, "damaged"};
  };
  const LoadedMaterials loaded = load_materials(config_, kNow, find);
  EXPECT_TRUE(loaded.materials);
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_EQ(loaded.problems[0].key, "trust_stores.partner.revocation.crls[1]");
  EXPECT_EQ(loaded.problems[0].severity, config::Severity::warning);
  EXPECT_NE(loaded.problems[0].message.find("damaged"), std::string::npos);
  EXPECT_EQ(loaded.problems[1].key, "trust_stores.partner.revocation.crls");
  EXPECT_NE(loaded.problems[1].message.find("CN=Partner Issuing"), std::string::npos);
}

TEST_F(LoadRevocation, ReadsTheFilesOfAModeThatIsOff) {
  config_.trust_stores[0].revocation.mode = x509::RevocationMode::off;
  EXPECT_EQ(problems(), Problems{});
  files_.write("partner.crl", "nothing");
  EXPECT_EQ(problems(), Problems{"error 25: trust_stores.partner.revocation.crls[0]"});
}

TEST(CrlWatch, TellsOnceOfEachThatIsPast) {
  WatchedCrl early;
  early.name = "early";
  early.next_update = kNow + hours{1};
  WatchedCrl late = early;
  late.name = "late";
  late.next_update = kNow + hours{2};
  WatchedCrl past = early;
  past.name = "past";
  past.next_update = kNow;
  CrlWatch watch{{late, past, early}, kNow};
  EXPECT_TRUE(watch.take_expired(kNow).empty());  // loading told of it
  EXPECT_TRUE(watch.take_expired(early.next_update - std::chrono::seconds{1}).empty());
  const auto first = watch.take_expired(early.next_update);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].name, "early");
  EXPECT_TRUE(watch.take_expired(early.next_update).empty());
  EXPECT_EQ(watch.take_expired(kNow + hours{9}).size(), 1U);
  EXPECT_TRUE(CrlWatch{}.take_expired(kNow).empty());
}

}  // namespace certbound::app
