#include "unit/oauth/service_fixture.hpp"

namespace certbound::oauth {

namespace {

/// A registry that cannot answer, each time for the reason that the id asks for.
class FaultyReader final : public store::ClientReader {
 public:
  Result<std::optional<model::Client>> find_client(const model::ClientId& id) override {
    if (id.text() == "throws") throw std::runtime_error{"thrown"};
    if (id.text() == "malformed") {
      model::Client client = make_registration("malformed");
      client.certificate_thumbprints = {"short"};
      return std::optional<model::Client>{client};
    }
    return Error{ErrorCode::temporarily_unavailable, Reason::overloaded, "the server is busy", "locked"};
  }
  Result<std::vector<model::Client>> list_clients(std::string_view /*after*/, std::size_t /*limit*/) override {
    return internal_error("not asked for");
  }
  Result<std::size_t> count_clients() override { return internal_error("not asked for"); }
};

}  // namespace

class StoreFault : public ServiceFixture {
 protected:
  StoreFault() {
    std::vector<std::unique_ptr<store::ClientReader>> readers;
    readers.push_back(std::make_unique<FaultyReader>());
    start_over(std::make_unique<store::Executor>(std::move(readers), 16));
  }
};

// Product section 8: 503, and ask again; no word of why.
TEST_F(StoreFault, IsAnsweredWith503) {
  const Answer answer = ask_token("locked", present(etl_));
  expect_refused(answer, 503, "temporarily_unavailable", "overloaded");
  EXPECT_EQ(answer.header("Retry-After"), "1");
}

TEST_F(StoreFault, IsAnsweredWith503WhereTheReadersHaveStopped) {
  executor_->stop();
  expect_refused(ask_token("any", present(etl_)), 503, "temporarily_unavailable", "overloaded");
}

TEST_F(StoreFault, IsOursWhereTheRegistryIsDamaged) {
  expect_refused(ask_token("throws", present(etl_)), 500, "server_error", "internal");
  const Answer damaged = ask_token("malformed", present(etl_));
  EXPECT_EQ(damaged.status, 500);
  EXPECT_EQ(damaged.body["error"], "server_error");
  EXPECT_EQ(damaged.text.find("short"), std::string::npos);
}

TEST_F(StoreFault, DoesNotTouchWhatNeedsNoStore) { EXPECT_EQ(ask_document("/oauth2/jwks").status, 200); }

}  // namespace certbound::oauth
