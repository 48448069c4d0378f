#include "audit/search.hpp"

#include "audit/denial_change.hpp"
#include "audit/secret_change.hpp"
#include "unit/audit/chain_fixture.hpp"

namespace certbound::audit {

class FindDecisions : public ChainFixture {
 protected:
  FindDecisions() {
    open();
    add("etl", "j-1", "thumb-1", noon());
    add("etl", "j-2", "thumb-2", noon() + std::chrono::hours{1});
    add("etl-2", "j-3", "thumb-1", noon() + std::chrono::hours{2});
    // A stranger's text that looks like a member.
    add("\",\"jti\":\"j-1\",\"client_id\":\"etl\",\"x\":\"", "j-4", "thumb-3", noon() + std::chrono::hours{3});
  }

  void add(const std::string& client_id, const std::string& jti, const std::string& thumbprint, WallTime time) {
    Event event;
    event.time = time;
    event.endpoint = "token";
    event.client_id = client_id;
    event.jti = jti;
    std::string record = render_event(event);
    record.replace(record.find(",\"token_type\"") == std::string::npos ? record.find(",\"jti\"") : 0, 0,
                   ",\"certificate\":{\"x5t#S256\":\"" + thumbprint + "\"}");
    const auto failure = log_->append({&record, 1});
    if (failure) throw std::runtime_error{*failure};
  }

  /// The jti of each that was found.
  [[nodiscard]] std::vector<std::string> find(const Query& query) const {
    std::vector<std::string> found;
    const auto count = find_decisions(files(), query, [&found](std::string_view line) {
      const std::size_t begin = line.rfind(",\"jti\":\"") + 8;
      found.emplace_back(line.substr(begin, line.find('"', begin) - begin));
    });
    EXPECT_TRUE(count);
    EXPECT_EQ(*count, found.size());
    return found;
  }
};

using Found = std::vector<std::string>;

TEST_F(FindDecisions, LooksForTheClient) {
  Query query;
  query.client_id = "etl";
  EXPECT_EQ(find(query), (Found{"j-1", "j-2"}));
  query.client_id = "\",\"jti\":\"j-1\",\"client_id\":\"etl\",\"x\":\"";
  EXPECT_EQ(find(query), Found{"j-4"});
}

TEST_F(FindDecisions, LooksForTheCertificate) {
  Query query;
  query.thumbprint = "thumb-1";
  EXPECT_EQ(find(query), (Found{"j-1", "j-3"}));
}

TEST_F(FindDecisions, LooksForTheToken) {
  Query query;
  query.jti = "j-1";
  EXPECT_EQ(find(query), Found{"j-1"});
  query.jti = "j";
  EXPECT_EQ(find(query), Found{});
}

TEST_F(FindDecisions, LooksFromATimeOn) {
  Query query;
  query.since = noon() + std::chrono::hours{1};
  EXPECT_EQ(find(query), (Found{"j-2", "j-3", "j-4"}));
}

/// What operators denied.
class FindDenials : public FindDecisions {
 protected:
  void deny(model::DenialKind kind, const std::string& subject, int hours) {
    DenialChange change;
    change.time = noon() + std::chrono::hours{hours};
    change.denial.id = ++last_;
    change.denial.kind = kind;
    change.denial.subject = subject;
    const std::string record = render_denial(change);
    if (const auto failure = log_->append({&record, 1})) throw std::runtime_error{*failure};
  }
  /// The numbers of the denials that were found.
  [[nodiscard]] std::string find_denials(const Query& query) const {
    std::string found;
    const auto count = find_decisions(files(), query, [&found](std::string_view line) {
      if (kind_of(line) != RecordKind::denial) return;
      const std::size_t begin = line.find(",\"denial\":") + 10;
      found += std::string{line.substr(begin, line.find(',', begin) - begin)} + " ";
    });
    EXPECT_TRUE(count);
    return found;
  }

  std::uint64_t last_ = 0;
};

TEST_F(FindDenials, FindsThoseThatConcernWhatIsAsked) {
  deny(model::DenialKind::jti, "j-1", 4);
  deny(model::DenialKind::client, "etl", 5);
  deny(model::DenialKind::thumbprint, "thumb-2", 6);
  deny(model::DenialKind::issued_before, "", 7);
  deny(model::DenialKind::client, "someone", 8);
  Query query;
  query.jti = "j-1";
  EXPECT_EQ(find_denials(query), "1 2 4 ");  // by itself, as one of its client's, as one of all
  query.jti = "j-2";
  EXPECT_EQ(find_denials(query), "2 3 4 ");
  query.jti = "j-unknown";
  EXPECT_EQ(find_denials(query), "4 ");
  query.jti.clear();
  query.client_id = "etl";
  EXPECT_EQ(find_denials(query), "2 3 4 ");
  query.client_id.clear();
  query.thumbprint = "thumb-2";
  EXPECT_EQ(find_denials(query), "2 3 4 ");
  query.thumbprint.clear();
  query.since = noon() + std::chrono::hours{7};
  EXPECT_EQ(find_denials(query), "4 5 ");
}

TEST_F(FindDenials, AreRecordsOfTheChain) {
  deny(model::DenialKind::jti, "j-1", 4);
  close();
  const auto result = verify_files(files(), {});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->broken) << result->broken->what;
  EXPECT_TRUE(result->remarks.empty());
}

// Of the client that is asked for, and of no other question: a token has nothing to do with them.
TEST_F(FindDecisions, FindsChangesOfTheSecretsOfTheClient) {
  for (const char* client_id : {"etl", "etl-2"}) {
    SecretChange change;
    change.time = noon() + std::chrono::hours{4};
    change.client_id = client_id;
    const std::string record = render_secret_change(change);
    ASSERT_FALSE(log_->append({&record, 1}));
  }
  const auto count = [this](const Query& query) {
    int found = 0;
    const auto done = find_decisions(files(), query, [&found](std::string_view line) {
      found += kind_of(line) == RecordKind::client_secret ? 1 : 0;
    });
    EXPECT_TRUE(done);
    return found;
  };
  Query query;
  query.client_id = "etl";
  EXPECT_EQ(count(query), 1);
  query.client_id = "e";
  EXPECT_EQ(count(query), 0);
  query = Query{};
  query.jti = "j-1";
  EXPECT_EQ(count(query), 0);
  query = Query{};
  query.since = noon() + std::chrono::hours{4};
  EXPECT_EQ(count(query), 2);
  close();
  const auto result = verify_files(files(), {});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->broken) << result->broken->what;
}

TEST_F(FindDecisions, LooksForAllThatIsAsked) {
  Query query;
  query.thumbprint = "thumb-1";
  query.since = noon() + std::chrono::minutes{1};
  EXPECT_EQ(find(query), Found{"j-3"});
}

TEST_F(FindDecisions, LooksThroughRotatedFilesInTheirOrder) {
  std::filesystem::rename(path_, path_.string() + ".1");
  ASSERT_TRUE(log_->reopen());
  add("etl", "j-5", "thumb-1", noon());
  Query query;
  query.thumbprint = "thumb-1";
  EXPECT_EQ(find(query), (Found{"j-1", "j-3", "j-5"}));
}

TEST_F(FindDecisions, SaysWhichFileCannotBeRead) {
  const auto found = find_decisions({folder_.path() / "missing"}, Query{}, [](std::string_view) {});
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().detail.find("missing: cannot open"), std::string::npos);
}

}  // namespace certbound::audit
