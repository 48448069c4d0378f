#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "store/store.hpp"

// What every store promises (store/client_store.hpp, store/key_store.hpp). A store is put under it by
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Name, StoreSuite, Factory);
//
// where Factory is default constructible and has
//   Result<std::unique_ptr<Store>> open(std::span<const model::Client> registered)
// which makes an empty store but for `registered`, clients of any source that were registered before. The Factory
// outlives the store.
namespace certbound::store {

inline model::Client suite_client(const std::string& id, const std::string& source = "yaml") {
  model::Client client{*model::ClientId::parse(id)};
  client.subject = model::RegisteredSubject{model::SubjectField::san_dns, id + ".example"};
  client.trust_store = "partners";
  client.origin = model::ClientOrigin{source, "certbound.yaml:10"};
  return client;
}

/// Every member differs from its default.
inline model::Client full_suite_client() {
  model::Client client = suite_client("full");
  client.client_name = "Größe \"A\" \\ \xE2\x80\xA8 line";
  client.token_endpoint_auth_method = model::AuthMethod::self_signed_tls_client_auth;
  client.subject = model::RegisteredSubject{model::SubjectField::subject_dn, "CN=a\\,b,O=Ünï"};
  client.certificate_thumbprints = {std::string(43, 'A'), std::string(43, 'Q')};
  client.key_thumbprints = {std::string(43, 'g')};
  client.jwks_uri = "https://partner.example/jwks.json?client=7";
  client.grant_types = {"client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"};
  client.scope = *model::Scope::parse("b a");
  client.resources = {"https://b.example", "https://a.example"};
  client.certificate_binding = model::BindingRule::never;
  return client;
}

/// Every member differs from its default.
inline StoredKey suite_key(const std::string& kid, int age, model::KeyState state) {
  const WallTime made{std::chrono::seconds{1700000000 - age}};
  const std::chrono::minutes step{1};
  const model::KeyRecord record{kid,
                                model::SigningAlgorithm::ps256,
                                state,
                                made,
                                made + step,
                                made + 2 * step,
                                made + 3 * step,
                                std::chrono::seconds{301},
                                std::chrono::seconds{302},
                                true};
  return StoredKey{record, crypto::Secret{Bytes{0x30, 0x00, 0xff}}, Bytes{0x00, 0x31}};
}

inline Bytes octets_of(const crypto::Secret& secret) { return {secret.expose().begin(), secret.expose().end()}; }

inline std::vector<std::string> ids_of(const std::vector<model::Client>& clients) {
  std::vector<std::string> ids;
  for (const model::Client& client : clients) ids.push_back(client.client_id.text());
  return ids;
}

inline SeenCertificate suite_seen(const std::string& client_id, const std::string& x5t_s256, int seconds) {
  const WallTime time{std::chrono::seconds{1700000000 + seconds}};
  return {client_id, x5t_s256, "0a", "CN=Issuing", time + std::chrono::hours{1}, time, time};
}

inline model::Client suite_secret_client(const std::string& id) {
  model::Client client{*model::ClientId::parse(id)};
  client.token_endpoint_auth_method = model::AuthMethod::client_secret_basic;
  client.origin = model::ClientOrigin{"yaml", "certbound.yaml:10"};
  return client;
}

/// One that ends `days` after it was made; 0: it does not.
inline model::ClientSecret suite_secret(char digest, int days) {
  model::ClientSecret secret;
  secret.sha256 = std::string(43, digest);
  secret.created_at = WallTime{std::chrono::seconds{1700000000}};
  if (days != 0) secret.expires_at = secret.created_at + days * std::chrono::hours{24};
  return secret;
}

template <typename Factory>
class StoreSuite : public testing::Test {
 protected:
  static constexpr WallTime kNow{std::chrono::seconds{1700000000}};

  void open(const std::vector<model::Client>& registered = {}) {
    auto opened = factory_.open(registered);
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = *std::move(opened);
  }

  ClientStore& clients() { return store_->clients(); }

  Reconciliation reconcile(const std::vector<model::Client>& declared) {
    auto done = clients().reconcile_clients(declared, kNow);
    EXPECT_TRUE(done) << done.error().detail;
    return done ? *std::move(done) : Reconciliation{};
  }

  model::ClientSecret add_secret(const std::string& id, const model::ClientSecret& secret) {
    auto added = store_->client_secrets().add_secret(*model::ClientId::parse(id), secret);
    EXPECT_TRUE(added) << added.error().detail;
    return added ? *std::move(added) : model::ClientSecret{};
  }

  std::optional<model::Client> find(const std::string& id) {
    auto found = clients().find_client(*model::ClientId::parse(id));
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *std::move(found) : std::nullopt;
  }

  std::vector<std::string> all_ids() {
    auto listed = clients().list_clients("", 1000);
    EXPECT_TRUE(listed) << listed.error().detail;
    return listed ? ids_of(*listed) : std::vector<std::string>{};
  }

  Factory factory_;
  std::unique_ptr<Store> store_;
};

TYPED_TEST_SUITE_P(StoreSuite);

TYPED_TEST_P(StoreSuite, FindsNothingInAnEmptyStore) {
  this->open();
  EXPECT_EQ(this->find("a"), std::nullopt);
  const auto count = this->clients().count_clients();
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 0U);
}

TYPED_TEST_P(StoreSuite, GivesBackEveryMemberOfAClient) {
  this->open();
  this->reconcile({full_suite_client()});
  EXPECT_EQ(this->find("full"), full_suite_client());
}

TYPED_TEST_P(StoreSuite, ComparesIdsOctetByOctet) {
  this->open();
  this->reconcile({suite_client("Etl"), suite_client("etl ")});
  EXPECT_EQ(this->find("etl"), std::nullopt);
  EXPECT_EQ(this->find("ETL"), std::nullopt);
  EXPECT_TRUE(this->find("etl "));
}

TYPED_TEST_P(StoreSuite, TakesAnIdForDataOnly) {
  const std::string hostile = "x'; DROP TABLE client; --%_\"";
  this->open();
  this->reconcile({suite_client("a"), suite_client(hostile)});
  EXPECT_TRUE(this->find(hostile));
  EXPECT_EQ(this->find("x%"), std::nullopt);
  EXPECT_EQ(this->all_ids(), (std::vector<std::string>{"a", hostile}));
}

TYPED_TEST_P(StoreSuite, CountsAddedChangedRemovedAndUnchanged) {
  this->open();
  this->reconcile({suite_client("a"), suite_client("b"), suite_client("c")});
  model::Client changed = suite_client("b");
  changed.scope = *model::Scope::parse("orders.read");

  const Reconciliation done = this->reconcile({suite_client("d"), changed, suite_client("a")});

  EXPECT_EQ(done.added, 1U);
  EXPECT_EQ(done.changed, 1U);
  EXPECT_EQ(done.removed, 1U);
  EXPECT_EQ(done.unchanged, 1U);
  EXPECT_EQ(done.added_ids, std::vector<std::string>{"d"});
  EXPECT_EQ(done.changed_ids, std::vector<std::string>{"b"});
  EXPECT_EQ(done.removed_ids, std::vector<std::string>{"c"});
  EXPECT_EQ(this->find("b"), changed);
  EXPECT_EQ(this->find("c"), std::nullopt);
  EXPECT_EQ(this->all_ids(), (std::vector<std::string>{"a", "b", "d"}));
}

TYPED_TEST_P(StoreSuite, KeepsTheNewPlaceOfAClientThatOnlyMoved) {
  this->open();
  this->reconcile({suite_client("a")});
  model::Client moved = suite_client("a");
  moved.origin.place = "clients.d/new.yaml:1";

  const Reconciliation done = this->reconcile({moved});

  EXPECT_EQ(done.unchanged, 1U);
  EXPECT_EQ(done.changed, 0U);
  EXPECT_EQ(this->find("a"), moved);
}

TYPED_TEST_P(StoreSuite, RemovesEveryDeclaredClientWhereNoneIsDeclared) {
  this->open();
  this->reconcile({suite_client("a"), suite_client("b")});
  EXPECT_EQ(this->reconcile({}).removed, 2U);
  EXPECT_TRUE(this->all_ids().empty());
}

TYPED_TEST_P(StoreSuite, LeavesClientsOfOtherSourcesAlone) {
  const model::Client registered = suite_client("r", "registration");
  this->open({registered});

  const Reconciliation done = this->reconcile({suite_client("a")});

  EXPECT_EQ(done.added, 1U);
  EXPECT_EQ(done.removed, 0U);
  EXPECT_EQ(this->find("r"), registered);
  this->reconcile({});
  EXPECT_EQ(this->all_ids(), std::vector<std::string>{"r"});
}

TYPED_TEST_P(StoreSuite, RefusesAnIdOfAnotherSourceAndChangesNothing) {
  this->open({suite_client("r", "registration")});
  this->reconcile({suite_client("old")});

  const auto done = this->clients().reconcile_clients(std::vector{suite_client("new"), suite_client("r")}, this->kNow);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::invalid_request);
  EXPECT_NE(done.error().detail.find("client r "), std::string::npos) << done.error().detail;
  EXPECT_NE(done.error().detail.find("registration"), std::string::npos) << done.error().detail;
  EXPECT_EQ(this->all_ids(), (std::vector<std::string>{"old", "r"}));
}

TYPED_TEST_P(StoreSuite, CountsTheConfigurationsThatItTook) {
  this->open({suite_client("r", "registration")});
  const auto generation = [this](std::uint64_t number, WallTime since) {
    const auto loaded = this->store_->load_generation();
    return loaded && loaded->number == number && loaded->since == since;
  };
  EXPECT_TRUE(generation(0, WallTime{}));
  this->reconcile({suite_client("a")});
  EXPECT_TRUE(generation(1, this->kNow));
  const WallTime later = this->kNow + std::chrono::seconds{5};
  ASSERT_TRUE(this->clients().reconcile_clients(std::vector{suite_client("a")}, later));
  EXPECT_TRUE(generation(2, later)) << "also one that changes no client";
  ASSERT_FALSE(this->clients().reconcile_clients(std::vector{suite_client("r")}, later));
  EXPECT_TRUE(generation(2, later)) << "and none that was refused";
}

TYPED_TEST_P(StoreSuite, RefusesAnIdThatIsDeclaredTwiceAndChangesNothing) {
  this->open();
  this->reconcile({suite_client("old")});

  const auto done = this->clients().reconcile_clients(
      std::vector{suite_client("a"), suite_client("b"), suite_client("a")}, this->kNow);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::invalid_request);
  EXPECT_NE(done.error().detail.find("client a is declared twice"), std::string::npos) << done.error().detail;
  EXPECT_EQ(this->all_ids(), std::vector<std::string>{"old"});
}

TYPED_TEST_P(StoreSuite, RefusesTextThatIsNotUtf8AndChangesNothing) {
  this->open();
  model::Client broken = suite_client("b");
  broken.client_name = "\xff";

  const auto done = this->clients().reconcile_clients(std::vector{suite_client("a"), broken}, this->kNow);

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(done.error().detail, "client b: client_name is not UTF-8");
  EXPECT_TRUE(this->all_ids().empty());
}

TYPED_TEST_P(StoreSuite, RefusesToReconcileAClientOfAnotherSource) {
  this->open();
  const auto done = this->clients().reconcile_clients(std::vector{suite_client("a", "registration")}, this->kNow);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::server_error);
}

TYPED_TEST_P(StoreSuite, ListsNoMoreIdsThanTheBound) {
  this->open();
  std::vector<model::Client> many;
  for (int i = 0; i < 30; ++i) many.push_back(suite_client("c" + std::to_string(100 + i)));

  const Reconciliation done = this->reconcile(many);

  EXPECT_EQ(done.added, 30U);
  ASSERT_EQ(done.added_ids.size(), Reconciliation::kMaximumListed);
  EXPECT_EQ(done.added_ids.front(), "c100");
}

TYPED_TEST_P(StoreSuite, ListsClientsInPagesOrderedByTheOctetsOfTheirIds) {
  this->open();
  this->reconcile({suite_client("b"), suite_client("B"), suite_client("~"), suite_client("a"), suite_client("10"),
                   suite_client("9")});

  const auto first = this->clients().list_clients("", 4);
  ASSERT_TRUE(first);
  EXPECT_EQ(ids_of(*first), (std::vector<std::string>{"10", "9", "B", "a"}));
  const auto second = this->clients().list_clients("a", 4);
  ASSERT_TRUE(second);
  EXPECT_EQ(ids_of(*second), (std::vector<std::string>{"b", "~"}));
  const auto none = this->clients().list_clients("a", 0);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TYPED_TEST_P(StoreSuite, ShowsReadersWhatWasCommitted) {
  this->open();
  auto reader = this->store_->make_client_reader();
  ASSERT_TRUE(reader) << reader.error().detail;
  const auto before = (*reader)->count_clients();
  ASSERT_TRUE(before);
  EXPECT_EQ(*before, 0U);

  this->reconcile({suite_client("a")});

  const auto found = (*reader)->find_client(*model::ClientId::parse("a"));
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(*found, suite_client("a"));
  const auto listed = (*reader)->list_clients("", 10);
  ASSERT_TRUE(listed);
  EXPECT_EQ(ids_of(*listed), std::vector<std::string>{"a"});
}

TYPED_TEST_P(StoreSuite, GivesBackKeysOldestFirst) {
  this->open();
  KeyStore& keys = this->store_->keys();
  const std::vector put{suite_key("b", 0, model::KeyState::active), suite_key("c", 60, model::KeyState::retired),
                        suite_key("a", 0, model::KeyState::next)};
  ASSERT_TRUE(keys.change_keys(put, {}));

  const auto loaded = keys.load_keys();
  ASSERT_TRUE(loaded) << loaded.error().detail;
  ASSERT_EQ(loaded->size(), 3U);
  EXPECT_EQ((*loaded)[0].record, put[1].record);
  EXPECT_EQ((*loaded)[1].record, put[2].record);
  EXPECT_EQ((*loaded)[2].record, put[0].record);
  EXPECT_EQ(octets_of((*loaded)[0].secret), (Bytes{0x30, 0x00, 0xff}));
  EXPECT_EQ((*loaded)[0].public_key, (Bytes{0x00, 0x31}));

  const auto listed = keys.list_keys();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ((*listed)[0], put[1].record);
}

TYPED_TEST_P(StoreSuite, KeepsKeysThatSealAndKeysWithoutASecret) {
  this->open();
  KeyStore& keys = this->store_->keys();
  StoredKey sealing = suite_key("s", 60, model::KeyState::active);
  sealing.record.algorithm = std::nullopt;
  sealing.public_key.clear();
  StoredKey retired = suite_key("r", 0, model::KeyState::retired);
  retired.secret = crypto::Secret{};
  ASSERT_TRUE(keys.change_keys(std::vector{sealing, retired}, {}));

  const auto loaded = keys.load_keys();
  ASSERT_TRUE(loaded) << loaded.error().detail;
  ASSERT_EQ(loaded->size(), 2U);
  EXPECT_EQ((*loaded)[0].record, sealing.record);
  EXPECT_TRUE((*loaded)[0].public_key.empty());
  EXPECT_EQ((*loaded)[1].record, retired.record);
  EXPECT_TRUE((*loaded)[1].secret.expose().empty());
}

TYPED_TEST_P(StoreSuite, ReplacesAndRemovesKeys) {
  this->open();
  KeyStore& keys = this->store_->keys();
  ASSERT_TRUE(keys.change_keys(
      std::vector{suite_key("a", 9, model::KeyState::active), suite_key("b", 8, model::KeyState::retired)}, {}));
  const StoredKey retired = suite_key("a", 9, model::KeyState::retired);
  const StoredKey next = suite_key("c", 7, model::KeyState::active);
  // The old one retires first, else there would be two active ones.
  ASSERT_TRUE(keys.change_keys(std::vector{retired, next}, std::vector<std::string>{"b", "unknown"}));

  const auto listed = keys.list_keys();
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, (std::vector{retired.record, next.record}));
  EXPECT_TRUE(keys.erase_remains());
}

TYPED_TEST_P(StoreSuite, RefusesASecondActiveKeyOfOneAlgorithmAndChangesNothing) {
  this->open();
  KeyStore& keys = this->store_->keys();
  const StoredKey first = suite_key("a", 0, model::KeyState::active);
  ASSERT_TRUE(keys.change_keys(std::vector{first}, {}));
  const auto refused = keys.change_keys(
      std::vector{suite_key("n", 0, model::KeyState::next), suite_key("b", 0, model::KeyState::active)},
      std::vector<std::string>{"unknown"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::server_error);
  EXPECT_EQ(*keys.list_keys(), std::vector{first.record});
  StoredKey other = suite_key("c", 0, model::KeyState::active);
  other.record.algorithm = model::SigningAlgorithm::eddsa;
  EXPECT_TRUE(keys.change_keys(std::vector{other}, {}));
}

TYPED_TEST_P(StoreSuite, KeepsTheLastCertificateOfEachClient) {
  this->open();
  this->reconcile({suite_client("a"), suite_client("b")});
  const auto noted = this->store_->make_seen_store();
  ASSERT_TRUE(noted) << noted.error().detail;
  const auto note = [&](std::vector<SeenCertificate> seen) {
    const auto done = (*noted)->note_seen(seen);
    EXPECT_TRUE(done) << done.error().detail;
  };
  const auto seen_of = [&](const std::string& id) {
    const auto found = this->store_->seen_certificates().find_seen(*model::ClientId::parse(id));
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *found : std::nullopt;
  };
  EXPECT_EQ(seen_of("a"), std::nullopt);

  note({suite_seen("a", "one", 0), suite_seen("unknown", "one", 0)});
  EXPECT_EQ(seen_of("a"), suite_seen("a", "one", 0));
  EXPECT_EQ(seen_of("unknown"), std::nullopt);

  note({suite_seen("a", "one", 60)});
  SeenCertificate again = suite_seen("a", "one", 60);
  again.first_seen = suite_seen("a", "one", 0).first_seen;
  EXPECT_EQ(seen_of("a"), again);

  note({suite_seen("a", "renewed", 120)});
  EXPECT_EQ(seen_of("a"), suite_seen("a", "renewed", 120));
  note({suite_seen("a", "one", 90)});  // late
  EXPECT_EQ(seen_of("a"), suite_seen("a", "renewed", 120));
  EXPECT_EQ(seen_of("b"), std::nullopt);
}

TYPED_TEST_P(StoreSuite, ListsCertificatesThatEndTheFirstFirst) {
  this->open();
  this->reconcile({suite_client("a"), suite_client("b"), suite_client("c")});
  const auto noted = this->store_->make_seen_store();
  ASSERT_TRUE(noted);
  ASSERT_TRUE(
      (*noted)->note_seen(std::vector{suite_seen("a", "x", 30), suite_seen("b", "y", 10), suite_seen("c", "z", 20)}));
  SeenCertificateReader& seen = this->store_->seen_certificates();
  const auto ending = [&seen](int seconds, std::size_t limit) {
    const WallTime end = suite_seen("", "", seconds).not_after;
    const auto listed = seen.list_ending(end, limit);
    std::string ids;
    for (const SeenCertificate& one : *listed) ids += one.client_id;
    return ids + " of " + std::to_string(*seen.count_ending(end));
  };
  EXPECT_EQ(ending(10, 9), " of 0");
  EXPECT_EQ(ending(30, 9), "bc of 2");
  EXPECT_EQ(ending(31, 9), "bca of 3");
  EXPECT_EQ(ending(31, 2), "bc of 3");

  this->reconcile({suite_client("a"), suite_client("c")});
  EXPECT_EQ(ending(31, 9), "ca of 2") << "what a removed client had is forgotten";
}

inline model::Denial suite_denial(model::DenialKind kind, const std::string& subject, int seconds) {
  model::Denial denial;
  denial.kind = kind;
  denial.subject = subject;
  denial.reason = "laptop \"lost\"\n; DROP TABLE denial";
  denial.created_at = WallTime{std::chrono::seconds{1700000000}};
  denial.until = denial.created_at + std::chrono::seconds{seconds};
  return denial;
}

TYPED_TEST_P(StoreSuite, GivesBackEveryMemberOfADenial) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  std::vector<model::Denial> added{suite_denial(model::DenialKind::jti, "a", 60),
                                   suite_denial(model::DenialKind::thumbprint, std::string(43, 'A'), 60),
                                   suite_denial(model::DenialKind::client, "etl '", 60),
                                   suite_denial(model::DenialKind::issued_before, "", 60)};
  added[2].issued_before = added[2].created_at - std::chrono::hours{1};
  added[3].issued_before = WallTime{};
  added[0].origin = model::DenialOrigin::by_client;
  added[0].revoked_by = "etl '";
  added[1].origin = model::DenialOrigin::by_server;
  added[1].until = std::nullopt;
  added[2].until = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  ASSERT_TRUE(denials->write_denials(added));
  // Another connection sees it: it is committed.
  const auto listed = load_denials(this->store_->denials());
  ASSERT_TRUE(listed) << listed.error().detail;
  EXPECT_EQ(*listed, added);
  EXPECT_GT(added.front().id, 0U);
}

TYPED_TEST_P(StoreSuite, ListsDenialsInPages) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  std::vector<model::Denial> added{suite_denial(model::DenialKind::jti, "a", 60),
                                   suite_denial(model::DenialKind::jti, "b", 60),
                                   suite_denial(model::DenialKind::jti, "c", 60)};
  ASSERT_TRUE(denials->write_denials(added));
  const auto first = denials->list_denials(0, 2);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, (std::vector<model::Denial>{added[0], added[1]}));
  const auto second = denials->list_denials(first->back().id, 2);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, std::vector<model::Denial>{added[2]});
}

TYPED_TEST_P(StoreSuite, RemovesADenialAndNeverGivesItsIdAgain) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  std::vector<model::Denial> added{suite_denial(model::DenialKind::jti, "a", 60)};
  ASSERT_TRUE(denials->write_denials(added));
  const auto removed = denials->remove_denial(added.front().id);
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, added.front());
  const auto again = denials->remove_denial(added.front().id);
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  std::vector<model::Denial> next{suite_denial(model::DenialKind::jti, "b", 60)};
  ASSERT_TRUE(denials->write_denials(next));
  EXPECT_GT(next.front().id, added.front().id);
}

TYPED_TEST_P(StoreSuite, ForgetsDenialsWhoseTimeIsOver) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  std::vector<model::Denial> added{
      suite_denial(model::DenialKind::jti, "first", 60), suite_denial(model::DenialKind::jti, "second", 60),
      suite_denial(model::DenialKind::jti, "later", 61), suite_denial(model::DenialKind::jti, "never", 0)};
  added[3].until = std::nullopt;
  ASSERT_TRUE(denials->write_denials(added));
  const WallTime end = added.front().until.value_or(WallTime{});
  const auto early = denials->forget_denials(end - std::chrono::seconds{1}, 10);
  ASSERT_TRUE(early);
  EXPECT_TRUE(early->empty());
  const auto one = denials->forget_denials(end, 1);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->size(), 1U);
  const auto other = denials->forget_denials(end, 10);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->size(), 1U);
  const auto left = load_denials(this->store_->denials());
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, (std::vector<model::Denial>{added[2], added[3]}));
}

TYPED_TEST_P(StoreSuite, ChangesADenialInItsPlace) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  std::vector<model::Denial> added{suite_denial(model::DenialKind::jti, "a", 60)};
  added[0].origin = model::DenialOrigin::by_client;
  added[0].revoked_by = "etl";
  ASSERT_TRUE(denials->write_denials(added));
  added[0].until = std::nullopt;
  added[0].reason = "another";
  added[0].origin = model::DenialOrigin::by_operator;
  added[0].revoked_by.clear();
  ASSERT_TRUE(denials->write_denials(added));
  const auto listed = load_denials(this->store_->denials());
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, added);
}

TYPED_TEST_P(StoreSuite, RefusesTwoDenialsThatNameTheSameAndChangesNothing) {
  this->open();
  auto denials = *this->store_->make_denial_store();
  const auto older = [](model::Denial denial, int seconds) {
    denial.issued_before = denial.created_at - std::chrono::seconds{seconds};
    return denial;
  };
  const auto found = [&older](int seconds) {
    model::Denial denial = older(suite_denial(model::DenialKind::thumbprint, "T", 60), seconds);
    denial.origin = model::DenialOrigin::by_server;
    return denial;
  };
  const model::Denial all = suite_denial(model::DenialKind::client, "a", 60);
  std::vector<model::Denial> kept{all, older(all, 1), older(all, 2), suite_denial(model::DenialKind::jti, "a", 60),
                                  found(1)};
  ASSERT_TRUE(denials->write_denials(kept));
  for (const model::Denial& same : {all, older(all, 1), suite_denial(model::DenialKind::jti, "a", 61), found(2)}) {
    std::vector<model::Denial> refused{suite_denial(model::DenialKind::jti, "new", 60), same};
    EXPECT_FALSE(denials->write_denials(refused)) << name(same.kind);
  }
  const auto listed = load_denials(this->store_->denials());
  ASSERT_TRUE(listed);
  EXPECT_EQ(*listed, kept);
}

TYPED_TEST_P(StoreSuite, GivesEveryReaderTheSecretsOfAClient) {
  this->open();
  this->reconcile({suite_secret_client("a"), suite_secret_client("b"), suite_client("c")});
  model::Client expected = suite_secret_client("a");
  expected.secrets = {this->add_secret("a", suite_secret('A', 90)), this->add_secret("a", suite_secret('Q', 0))};
  const model::ClientSecret other = this->add_secret("b", suite_secret('g', 1));
  EXPECT_LT(0U, expected.secrets[0].id);
  EXPECT_LT(expected.secrets[0].id, expected.secrets[1].id);
  EXPECT_EQ(this->find("a"), expected);
  auto reader = this->store_->make_client_reader();
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ(*(*reader)->find_client(*model::ClientId::parse("a")), expected);
  const auto listed = this->clients().list_clients("", 2);
  ASSERT_TRUE(listed) << listed.error().detail;
  ASSERT_EQ(ids_of(*listed), (std::vector<std::string>{"a", "b"})) << "a client counts once, however many it has";
  EXPECT_EQ((*listed)[0], expected);
  EXPECT_EQ((*listed)[1].secrets, std::vector{other});
  EXPECT_TRUE(this->find("c")->secrets.empty());
}

TYPED_TEST_P(StoreSuite, RefusesAThirdValidSecretAndNamesTheTwo) {
  this->open();
  this->reconcile({suite_secret_client("a")});
  const model::ClientSecret first = this->add_secret("a", suite_secret('A', 1));
  const model::ClientSecret second = this->add_secret("a", suite_secret('E', 0));
  model::ClientSecret third = suite_secret('I', 0);
  third.created_at = *first.expires_at - std::chrono::seconds{1};
  const auto refused = this->store_->client_secrets().add_secret(*model::ClientId::parse("a"), third);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
  const std::string named = "number " + std::to_string(first.id) + ", number " + std::to_string(second.id);
  EXPECT_NE(refused.error().detail.find(named), std::string::npos) << refused.error().detail;
  EXPECT_EQ(this->find("a")->secrets, (std::vector{first, second}));
  // What is over makes room, and is gone then.
  third.created_at = *first.expires_at;
  third.id = this->add_secret("a", third).id;
  EXPECT_GT(third.id, second.id);
  EXPECT_EQ(this->find("a")->secrets, (std::vector{second, third}));
}

TYPED_TEST_P(StoreSuite, CountsTheDeclaredSecretAmongTheTwo) {
  this->open();
  model::Client client = suite_secret_client("a");
  client.declared_secret_sha256 = std::string(43, 'A');
  this->reconcile({client});
  client.secrets = {this->add_secret("a", suite_secret('E', 0))};
  const auto refused = this->store_->client_secrets().add_secret(*model::ClientId::parse("a"), suite_secret('I', 0));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("client_secret_file"), std::string::npos) << refused.error().detail;
  EXPECT_EQ(this->find("a"), client);
}

TYPED_TEST_P(StoreSuite, RefusesASecretOfAClientThatTakesNone) {
  this->open();
  this->reconcile({suite_client("tls")});
  for (const char* id : {"tls", "nobody"}) {
    const auto refused = this->store_->client_secrets().add_secret(*model::ClientId::parse(id), suite_secret('A', 1));
    ASSERT_FALSE(refused) << id;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_request);
    EXPECT_NE(refused.error().detail.find(id), std::string::npos) << refused.error().detail;
  }
  EXPECT_TRUE(this->find("tls")->secrets.empty());
}

TYPED_TEST_P(StoreSuite, RemovesASecretOfThatClientOnlyAndNeverGivesItsIdAgain) {
  this->open();
  this->reconcile({suite_secret_client("a"), suite_secret_client("b")});
  ClientSecretStore& secrets = this->store_->client_secrets();
  const model::ClientSecret secret = this->add_secret("a", suite_secret('A', 1));
  for (const std::uint64_t unknown : {secret.id + 1, std::uint64_t{0}, ~std::uint64_t{0}}) {
    const auto none = secrets.remove_secret(*model::ClientId::parse("a"), unknown);
    ASSERT_TRUE(none) << none.error().detail;
    EXPECT_EQ(*none, std::nullopt);
  }
  EXPECT_EQ(*secrets.remove_secret(*model::ClientId::parse("b"), secret.id), std::nullopt);
  EXPECT_EQ(this->find("a")->secrets, std::vector{secret});
  EXPECT_EQ(*secrets.remove_secret(*model::ClientId::parse("a"), secret.id), secret);
  EXPECT_TRUE(this->find("a")->secrets.empty());
  EXPECT_GT(this->add_secret("b", suite_secret('E', 1)).id, secret.id);
}

TYPED_TEST_P(StoreSuite, KeepsSecretsAsLongAsTheClientAuthenticatesByThem) {
  this->open();
  const model::Client kept = suite_secret_client("kept");
  this->reconcile({kept, suite_secret_client("gone"), suite_secret_client("moved")});
  const model::ClientSecret secret = this->add_secret("kept", suite_secret('A', 1));
  this->add_secret("gone", suite_secret('E', 1));
  this->add_secret("moved", suite_secret('I', 1));
  this->add_secret("moved", suite_secret('M', 1));
  model::Client changed = kept;
  changed.client_name = "A name";
  changed.token_endpoint_auth_method = model::AuthMethod::client_secret_post;

  const Reconciliation done = this->reconcile({changed, suite_client("moved")});

  EXPECT_EQ(done.removed_secrets, 3U);
  changed.secrets = {secret};
  EXPECT_EQ(this->find("kept"), changed);
  EXPECT_TRUE(this->find("moved")->secrets.empty());
  // Back again: nothing slept there.
  EXPECT_EQ(this->reconcile({kept, suite_secret_client("moved"), suite_secret_client("gone")}).removed_secrets, 0U);
  EXPECT_TRUE(this->find("moved")->secrets.empty());
  EXPECT_TRUE(this->find("gone")->secrets.empty());
  EXPECT_EQ(this->find("kept")->secrets, std::vector{secret});
}

TYPED_TEST_P(StoreSuite, KeepsSecretsWhereAReconciliationFails) {
  this->open({suite_client("r", "registration")});
  this->reconcile({suite_secret_client("a")});
  const model::ClientSecret secret = this->add_secret("a", suite_secret('A', 1));
  ASSERT_FALSE(this->clients().reconcile_clients(std::vector{suite_client("a"), suite_client("r")}, this->kNow));
  EXPECT_EQ(this->find("a")->secrets, std::vector{secret});
}

TYPED_TEST_P(StoreSuite, CountsClientsByTheirMethodAndNamesThoseWithSecrets) {
  this->open({suite_client("r", "registration")});
  model::Client post = suite_secret_client("z");
  post.token_endpoint_auth_method = model::AuthMethod::client_secret_post;
  model::Client jwt = suite_secret_client("j");
  jwt.token_endpoint_auth_method = model::AuthMethod::private_key_jwt;
  this->reconcile({suite_client("b"), post, full_suite_client(), suite_secret_client("a"), jwt});
  ClientSecretStore& secrets = this->store_->client_secrets();
  const auto counts = secrets.count_methods();
  ASSERT_TRUE(counts) << counts.error().detail;
  EXPECT_EQ(*counts, (ClientSecretReader::MethodCounts{2, 1, 1, 1, 1}));
  EXPECT_EQ(*secrets.list_secret_clients(10), (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ(*secrets.list_secret_clients(1), (std::vector<std::string>{"a"}));
}

TYPED_TEST_P(StoreSuite, ListsValidSecretsThatEndTheFirstFirst) {
  this->open();
  this->reconcile({suite_secret_client("a"), suite_secret_client("b")});
  const OwnedSecret late{"a", this->add_secret("a", suite_secret('A', 9))};
  this->add_secret("a", suite_secret('E', 0));
  const OwnedSecret early{"b", this->add_secret("b", suite_secret('I', 2))};
  this->add_secret("b", suite_secret('M', 1));
  const WallTime now = this->kNow + std::chrono::hours{24};  // when the last one ends
  const auto ending = [&](int days, std::size_t limit) {
    return *this->store_->client_secrets().list_ending_secrets(
        now, this->kNow + days * std::chrono::hours{24} + std::chrono::seconds{1}, limit);
  };
  EXPECT_EQ(ending(9, 10), (std::vector{early, late}));
  EXPECT_EQ(ending(9, 1), std::vector{early});
  EXPECT_EQ(ending(8, 10), std::vector{early});
  EXPECT_EQ(*this->store_->client_secrets().count_ending_secrets(now, *late.secret.expires_at), 1U);
}

REGISTER_TYPED_TEST_SUITE_P(StoreSuite, FindsNothingInAnEmptyStore, GivesBackEveryMemberOfAClient,
                            ComparesIdsOctetByOctet, TakesAnIdForDataOnly, CountsAddedChangedRemovedAndUnchanged,
                            KeepsTheNewPlaceOfAClientThatOnlyMoved, RemovesEveryDeclaredClientWhereNoneIsDeclared,
                            LeavesClientsOfOtherSourcesAlone, RefusesAnIdOfAnotherSourceAndChangesNothing,
                            CountsTheConfigurationsThatItTook, RefusesAnIdThatIsDeclaredTwiceAndChangesNothing,
                            RefusesTextThatIsNotUtf8AndChangesNothing, RefusesToReconcileAClientOfAnotherSource,
                            ListsNoMoreIdsThanTheBound, ListsClientsInPagesOrderedByTheOctetsOfTheirIds,
                            ShowsReadersWhatWasCommitted, GivesBackKeysOldestFirst,
                            KeepsKeysThatSealAndKeysWithoutASecret, ReplacesAndRemovesKeys,
                            RefusesASecondActiveKeyOfOneAlgorithmAndChangesNothing, KeepsTheLastCertificateOfEachClient,
                            ListsCertificatesThatEndTheFirstFirst, GivesBackEveryMemberOfADenial, ListsDenialsInPages,
                            RemovesADenialAndNeverGivesItsIdAgain, ForgetsDenialsWhoseTimeIsOver,
                            ChangesADenialInItsPlace, RefusesTwoDenialsThatNameTheSameAndChangesNothing,
                            GivesEveryReaderTheSecretsOfAClient, RefusesAThirdValidSecretAndNamesTheTwo,
                            CountsTheDeclaredSecretAmongTheTwo, RefusesASecretOfAClientThatTakesNone,
                            RemovesASecretOfThatClientOnlyAndNeverGivesItsIdAgain,
                            KeepsSecretsAsLongAsTheClientAuthenticatesByThem, KeepsSecretsWhereAReconciliationFails,
                            CountsClientsByTheirMethodAndNamesThoseWithSecrets, ListsValidSecretsThatEndTheFirstFirst);

}  // namespace certbound::store
