#include "app/crl_fetcher.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "app/generation.hpp"
#include "support/crl.hpp"
#include "unit/app/files.hpp"
#include "unit/fetch/hostile_server.hpp"

namespace certbound::app {

using std::chrono::hours;
using test::CrlShape;
using test::kNow;
using test::make_crl;

class ExamineCrls : public testing::Test {
 protected:
  [[nodiscard]] Crls examined(const CrlShape& shape, const Crls* before = nullptr) const {
    auto found = examine_crls(body(root_, shape), authorities_, before, kNow);
    if (!found) throw std::runtime_error{found.error().detail};
    return std::move(found->crls);
  }
  [[nodiscard]] ExaminedCrls examined_body(const std::string& body, const Crls* before) const {
    auto found = examine_crls(body, authorities_, before, kNow);
    if (!found) throw std::runtime_error{found.error().detail};
    return *std::move(found);
  }
  [[nodiscard]] std::string refusal(const std::string& body, const Crls* before = nullptr) const {
    const auto found = examine_crls(body, authorities_, before, kNow);
    return found ? "" : found.error().detail;
  }
  [[nodiscard]] static std::string body(const test::Identity& issuer, const CrlShape& shape) {
    return test::to_crl_pem(make_crl(issuer, shape));
  }
  [[nodiscard]] static CrlShape numbered(const std::string& number, hours age = hours{1}) {
    CrlShape shape;
    shape.number = number;
    shape.this_update = kNow - age;
    return shape;
  }
  [[nodiscard]] static CrlShape past(const std::string& number) {
    CrlShape shape = numbered(number, hours{3});
    shape.next_update = kNow;
    return shape;
  }
  [[nodiscard]] static CrlShape to_come(const std::string& number) {
    CrlShape shape = numbered(number);
    shape.this_update = kNow + hours{1};
    return shape;
  }

  test::Identity root_ = test::make_root("Root");
  test::Identity other_ = test::make_root("Other");
  test::Identity impostor_ = test::make_root("Root");
  std::vector<x509::Certificate> authorities_{root_.certificate, other_.certificate};
};

TEST_F(ExamineCrls, TakesTheFirstOne) { EXPECT_EQ(examined(CrlShape{}).size(), 1U); }

TEST_F(ExamineCrls, TakesANewerOneAndTheSameAgain) {
  const Crls before = examined(numbered("05"));
  EXPECT_EQ(examined(numbered("06"), &before).front()->number(), "06");
  EXPECT_EQ(examined(numbered("0100"), &before).front()->number(), "0100");
  EXPECT_EQ(examined(numbered("05"), &before).front()->number(), "05");
}

// Whoever can put an old list in place of a new one unrevokes.
TEST_F(ExamineCrls, RefusesAnOlderOne) {
  const Crls before = examined(numbered("0100", hours{2}));
  EXPECT_NE(refusal(body(root_, numbered("ff", hours{2})), &before), "");
  EXPECT_NE(refusal(body(root_, numbered("05", hours{1})), &before).find("older"), std::string::npos);
  EXPECT_NE(refusal(body(root_, numbered("0101", hours{3})), &before).find("older"), std::string::npos);
  EXPECT_NE(refusal(body(root_, numbered("", hours{3})), &before).find("older"), std::string::npos);
}

// A CA that began to count anew is not locked out for ever.
TEST_F(ExamineCrls, TakesAnOlderNumberWhereWhatIsThereIsPast) {
  CrlShape shape = numbered("0100", hours{3});
  shape.next_update = kNow - hours{1};
  const auto past = x509::parse_crls(body(root_, shape), authorities_);
  ASSERT_TRUE(past);
  EXPECT_EQ(examined(numbered("05"), &*past).front()->number(), "05");
}

// Else whoever keeps the fetches away until it is past could send the list from before.
TEST_F(ExamineCrls, RefusesAnOlderOneAlsoWhereWhatIsThereIsPast) {
  CrlShape shape = numbered("05", hours{3});
  shape.next_update = kNow - hours{1};
  const auto past = x509::parse_crls(body(root_, shape), authorities_);
  ASSERT_TRUE(past);
  EXPECT_NE(refusal(body(root_, numbered("04", hours{4})), &*past).find("older"), std::string::npos);
  EXPECT_NE(refusal(body(root_, numbered("06", hours{4})), &*past).find("older"), std::string::npos);
}

TEST_F(ExamineCrls, RefusesAPastOneInPlaceOfOneThatHolds) {
  const Crls before = examined(numbered("05", hours{2}));
  CrlShape shape = numbered("06");
  shape.next_update = kNow;
  EXPECT_NE(refusal(body(root_, shape), &before).find("is past"), std::string::npos);
}

// What it lists is revoked all the same.
TEST_F(ExamineCrls, TakesAPastOneWhereNothingElseIs) {
  const Crls first = examined(past("05"));
  EXPECT_EQ(first.front()->number(), "05");
  EXPECT_NE(refusal(body(root_, past("05")), &first).find("is past"), std::string::npos);
  EXPECT_NE(refusal(body(root_, past("04")), &first).find("is past"), std::string::npos);
  EXPECT_EQ(examined(past("06"), &first).front()->number(), "06");
  EXPECT_EQ(examined(numbered("04"), &first).front()->number(), "04");
}

TEST_F(ExamineCrls, AllowsAClockThatIsBehind) {
  CrlShape shape = numbered("06");
  shape.this_update = kNow + std::chrono::seconds{301};
  EXPECT_NE(refusal(body(root_, shape)).find("not valid yet"), std::string::npos);
  shape.this_update = kNow + std::chrono::seconds{300};
  EXPECT_EQ(examined(shape).size(), 1U);
  // Until it begins the old one decides.
  const Crls before = examined(numbered("05"));
  const Crls both = examined(shape, &before);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0]->number(), "06");
  EXPECT_EQ(both[1], before.front());
  EXPECT_EQ(examined(shape, &both).size(), 2U);
}

// One whose dates are wrong must not lock out all that follow.
TEST_F(ExamineCrls, IsNotBoundByAListOfTheFarFuture) {
  CrlShape shape = numbered("ff");
  shape.this_update = kNow + hours{12};
  const auto before = x509::parse_crls(body(root_, shape), authorities_);
  ASSERT_TRUE(before);
  EXPECT_EQ(examined(numbered("06"), &*before).front()->number(), "06");
}

TEST_F(ExamineCrls, RefusesAnotherCaOfTheSameName) {
  EXPECT_NE(refusal(body(impostor_, CrlShape{})).find("signature"), std::string::npos);
  EXPECT_NE(refusal("<html>Sign in</html>"), "");
}

// A bundle is as good as each of its lists: one CA that is late costs the others nothing.
TEST_F(ExamineCrls, JudgesEachListAlone) {
  const std::string before_body = body(root_, numbered("05", hours{2})) + body(other_, numbered("05", hours{2}));
  const Crls before = examined_body(before_body, nullptr).crls;
  const auto of = [](const ExaminedCrls& examined, const test::Identity& issuer) {
    for (const auto& crl : examined.crls) {
      if (crl->is_of(issuer.certificate)) return crl->number();
    }
    return std::string{"none"};
  };
  for (const CrlShape& shape : {numbered("04", hours{3}), past("06"), to_come("06")}) {
    const auto examined = examined_body(body(root_, numbered("06")) + body(other_, shape), &before);
    EXPECT_EQ(of(examined, root_), "06");
    EXPECT_EQ(of(examined, other_), "05");
    EXPECT_EQ(examined.crls.size(), 2U);
    EXPECT_EQ(examined.left_out.size(), 1U);
    EXPECT_FALSE(examined.is_whole);  // alone it would unrevoke
  }
}

TEST_F(ExamineCrls, KeepsAListThatTheBodyLacks) {
  const auto both = examined_body(body(root_, numbered("05")) + body(other_, CrlShape{}), nullptr);
  EXPECT_TRUE(both.is_whole);
  const auto without = examined_body(body(root_, numbered("06")), &both.crls);
  EXPECT_EQ(without.crls.size(), 2U);
  EXPECT_FALSE(without.is_whole);
}

// A CA that always is late does not keep the others' lists from being kept.
TEST_F(ExamineCrls, IsWholeWithThePastListThatIsThereAnyway) {
  const auto first = examined_body(body(root_, numbered("05")) + body(other_, past("01")), nullptr);
  EXPECT_EQ(first.crls.size(), 2U);
  const auto second = examined_body(body(root_, numbered("06")) + body(other_, past("01")), &first.crls);
  EXPECT_EQ(second.crls.size(), 2U);
  EXPECT_TRUE(second.is_whole);
}

TEST_F(ExamineCrls, TakesTheNewestOfACa) {
  const auto found = examined_body(body(root_, numbered("05", hours{2})) + body(root_, numbered("06")), nullptr);
  ASSERT_EQ(found.crls.size(), 1U);
  EXPECT_EQ(found.crls.front()->number(), "06");
  EXPECT_EQ(found.left_out.size(), 1U);
}

// A bundle goes on listing a CA that the store has given up.
TEST_F(ExamineCrls, LeavesOutListsOfOtherCas) {
  const auto gone = test::make_root("Gone");
  const auto found = examine_crls(body(gone, CrlShape{}) + body(root_, CrlShape{}), authorities_, nullptr, kNow);
  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found->crls.size(), 1U);
  EXPECT_TRUE(found->crls.front()->is_of(root_.certificate));
  EXPECT_EQ(found->left_out.size(), 1U);
  EXPECT_TRUE(found->is_whole);
  EXPECT_NE(refusal(body(gone, CrlShape{})).find("neither an anchor nor an intermediate"), std::string::npos);
  EXPECT_NE(refusal(body(impostor_, CrlShape{}) + body(other_, CrlShape{})).find("signature"), std::string::npos);
}

// A reload with other authorities must not forget what a list revokes.
TEST_F(ExamineCrls, CarriesOverWhatIsOfAuthoritiesThatStay) {
  FetchedCrls latest;
  latest.crls = examined(numbered("06"));
  latest.copy.received_at = kNow;
  latest.copy.validators.etag = "\"6\"";
  const std::vector<x509::Certificate> others{other_.certificate};
  EXPECT_EQ(carry_over(latest, FoundCrls{nullptr, "damaged"}, others).crls, nullptr);
  EXPECT_EQ(carry_over(latest, FoundCrls{nullptr, "damaged"}, others).remark, "damaged");
  const FoundCrls alone = carry_over(latest, FoundCrls{nullptr, "damaged"}, authorities_);
  ASSERT_NE(alone.crls, nullptr);
  EXPECT_EQ(alone.crls->crls, latest.crls);
  EXPECT_EQ(alone.remark, "");
  EXPECT_EQ(alone.crls->copy.received_at, kNow);
  EXPECT_EQ(alone.crls->copy.validators.etag, "");

  auto kept = std::make_shared<FetchedCrls>();
  kept->crls = *x509::parse_crls(body(root_, numbered("05")) + body(other_, CrlShape{}), authorities_);
  const FoundCrls both = carry_over(latest, FoundCrls{kept, ""}, authorities_);
  ASSERT_EQ(both.crls->crls.size(), 2U);
  EXPECT_EQ(both.crls->crls[0]->number(), "06");
  EXPECT_TRUE(both.crls->crls[1]->is_of(other_.certificate));
}

/// A server with one list, and a fetcher whose loop runs until the test has seen enough.
class CrlFetcherTest : public testing::Test {
 protected:
  CrlFetcherTest() {
    fetch::Options options;
    options.allow = {"127.0.0.1"};
    auto settings = fetch::make_settings(options);
    if (!settings) throw std::runtime_error{settings.error().detail};
    client_ = std::make_unique<fetch::Client>(*std::move(settings), registry_);
    if (const auto prepared = copies_.prepare(); !prepared) throw std::runtime_error{prepared.error().detail};
    auto loop = MainLoop::make(sigset_t{});
    if (!loop) throw std::runtime_error{loop.error().detail};
    loop_.emplace(*std::move(loop));
  }
  ~CrlFetcherTest() override {
    client_->stop();
    work_->stop();
  }

  [[nodiscard]] static std::string current_list(const test::Identity& issuer) {
    CrlShape shape;
    shape.this_update = wall_now() - hours{1};
    shape.next_update = wall_now() + hours{24};
    return test::to_crl_pem(make_crl(issuer, shape));
  }
  [[nodiscard]] FetchTools tools() { return FetchTools{*client_, *work_, *loop_, copies_}; }

  const test::Identity root_ = test::make_root("Root");
  metrics::Registry registry_;
  store::TemporaryFolder folder_;
  FetchedCopies copies_{folder_.path()};
  std::unique_ptr<fetch::Client> client_;
  std::unique_ptr<FetchWork> work_ = make_fetch_work();
  std::optional<MainLoop> loop_;
};

// What could not be put to use once must not be lost.
TEST_F(CrlFetcherTest, OffersAgainWhatWasNotTaken) {
  const std::string list = current_list(root_);
  const fetch::HostileServer server{
      nullptr, [&list](fetch::HostilePeer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(list.size()) + "\r\n\r\n" + list);
      }};
  int offers = 0;
  const CrlFetcher::OnNew on_new = [&](const CopyId& /*id*/, const Crls& before, const Crls& now) {
    EXPECT_TRUE(before.empty());
    EXPECT_EQ(now.size(), 1U);
    return ++offers == 2;
  };
  CrlFetcher fetcher{tools(), registry_, on_new};
  CrlUrl url;
  url.id = CopyId{CopyId::Kind::crl, "partner", "http://127.0.0.1:" + server.port() + "/root.crl"};
  url.authorities = {root_.certificate};
  fetcher.follow({url});
  // Two attempts more than it takes: what was taken is not offered again.
  const auto look = [&] {
    if (server.conversations() >= 5) loop_->stop();
    fetcher.refetch();
    return std::chrono::milliseconds{5};
  };
  loop_->run([](int /*number*/) {}, look);
  EXPECT_EQ(offers, 2);
}

// The store that has the URL gets the new list in place of the old, and keeps its others.
TEST(ReplaceCrls, TakesTheOldOnesPlaceAndNoOthers) {
  const Files files;
  const auto from_file = make_crl(files.partner);
  files.write("partner.crl", test::to_crl_pem(from_file));
  config::Config config = files.config();
  const std::string url = "http://crl.example/issuing.crl?key=secret";
  config.trust_stores[0].revocation.mode = x509::RevocationMode::require;
  config.trust_stores[0].revocation.crls = {{files.path("partner.crl"), ""}, {"", url}};
  const auto client = test::make_client("etl", files.issuing);
  auto found = std::make_shared<FetchedCrls>();
  const FindFetchedCrls finder = [&](const CopyId& id, const std::vector<x509::Certificate>& authorities) {
    EXPECT_EQ(id.owner, "partner");
    found->crls = *x509::parse_crls(test::to_crl_pem(make_crl(files.issuing)), authorities);
    return FoundCrls{found, ""};
  };
  LoadedMaterials loaded = load_materials(config, kNow, finder);
  ASSERT_TRUE(loaded.materials);
  ASSERT_EQ(loaded.materials->crl_urls.size(), 1U);
  EXPECT_EQ(loaded.materials->crl_urls.front().key, "crls[1]");
  Generation generation;
  generation.config = config;
  generation.materials = *std::move(loaded.materials);
  auto snapshot = std::make_shared<oauth::Snapshot>();
  snapshot->trust_stores = generation.materials.trust_stores;
  generation.snapshot = snapshot;
  x509::TrustStore::Query query;
  query.now = kNow;
  const auto verify = [&](const oauth::Snapshot& of) {
    return of.trust_stores.at("partner")->verify(client.certificate, {}, query).has_value();
  };
  EXPECT_TRUE(verify(*snapshot));

  CrlShape shape;
  shape.number = "02";
  shape.entries = {test::revoke(client.certificate)};
  const auto authorities = generation.materials.crl_urls.front().authorities;
  const auto now = *x509::parse_crls(test::to_crl_pem(make_crl(files.issuing, shape)), authorities);
  const RenewedCrls renewed = replace_crls(generation, generation.materials.crl_urls.front().id, found->crls, now);
  EXPECT_FALSE(verify(*renewed.snapshot));
  EXPECT_TRUE(verify(*snapshot));
  EXPECT_EQ(renewed.snapshot->trust_stores.at("partner")->revocation().crls().size(), 2U);
  ASSERT_EQ(renewed.watched.size(), 2U);
  EXPECT_EQ(renewed.watched.back().name, "partner: " + generation.materials.crl_urls.front().id.shown_source());
  EXPECT_EQ(renewed.watched.back().number, "02");
}

TEST(ReplaceCrls, KeepsWhatIsWatchedOfAnotherQuery) {
  const test::Identity root = test::make_root("Root");
  const auto crls = *x509::parse_crls(test::to_crl_pem(make_crl(root)), {&root.certificate, 1});
  const CopyId first{CopyId::Kind::crl, "partner", "http://crl.example/crl?ca=1"};
  const CopyId second{CopyId::Kind::crl, "partner", "http://crl.example/crl?ca=2"};
  Generation generation;
  generation.snapshot = std::make_shared<oauth::Snapshot>();
  generation.materials.crls = replace_crls(generation, first, {}, crls).watched;
  generation.materials.crls = replace_crls(generation, second, {}, crls).watched;
  EXPECT_EQ(generation.materials.crls.size(), 2U);
  EXPECT_EQ(replace_crls(generation, second, crls, crls).watched.size(), 2U);
}

}  // namespace certbound::app
