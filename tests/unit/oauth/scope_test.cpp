#include "oauth/scope.hpp"

#include <gtest/gtest.h>

namespace certbound::oauth {

namespace {

model::Client client_with(const std::string& scope, std::vector<std::string> resources) {
  model::Client client{*model::ClientId::parse("c")};
  client.scope = *model::Scope::parse(scope);
  client.resources = std::move(resources);
  return client;
}

Resources two_resources() {
  Resources resources;
  resources.emplace("https://a.example", model::Resource{"https://a.example", *model::Scope::parse("read write")});
  resources.emplace("urn:b", model::Resource{"urn:b", *model::Scope::parse("read count")});
  return resources;
}

const std::vector<std::string> kBoth{"https://a.example", "urn:b"};

}  // namespace

TEST(SelectAudience, TakesTheClientsFirstWhereNoneIsAskedFor) {
  const auto audience = select_audience({}, client_with("read", {"urn:b", "https://a.example"}), two_resources());
  ASSERT_TRUE(audience);
  EXPECT_EQ(*audience, std::vector<std::string>{"urn:b"});
}

TEST(SelectAudience, KeepsTheOrderAndDropsRepetitions) {
  const auto audience =
      select_audience({"urn:b", "https://a.example", "urn:b"}, client_with("read", kBoth), two_resources());
  ASSERT_TRUE(audience);
  EXPECT_EQ(*audience, (std::vector<std::string>{"urn:b", "https://a.example"}));
}

TEST(SelectAudience, RefusesTheWholeRequestForOneResource) {
  const auto audience =
      select_audience({"https://a.example", "urn:b"}, client_with("read", {"https://a.example"}), two_resources());
  ASSERT_FALSE(audience);
  EXPECT_EQ(audience.error().code, ErrorCode::invalid_target);
  EXPECT_EQ(audience.error().reason, Reason::resource_not_allowed);
  EXPECT_EQ(audience.error().detail, "urn:b");
}

TEST(SelectScope, GivesAllThatTheClientMayHaveThere) {
  const model::Client client = client_with("write count read extra", kBoth);
  EXPECT_EQ(select_scope("", client, {"https://a.example"}, two_resources())->text(), "write read");
  EXPECT_EQ(select_scope("", client, {"urn:b"}, two_resources())->text(), "count read");
  EXPECT_EQ(select_scope("", client, kBoth, two_resources())->text(), "write count read");
}

// RFC 6749 section 3.3: the order does not matter, each counts once; section 3.2: an empty one counts as omitted.
TEST(SelectScope, GivesWhatWasAskedFor) {
  const model::Client client = client_with("write read", kBoth);
  EXPECT_EQ(select_scope("read write read", client, kBoth, two_resources())->text(), "read write");
  EXPECT_EQ(select_scope("  read  ", client, kBoth, two_resources())->text(), "read");
  EXPECT_EQ(select_scope("   ", client, {"urn:b"}, two_resources())->text(), "read");
}

TEST(SelectScope, NamesTheTokenAtFault) {
  const model::Client client = client_with("read write", kBoth);
  const auto unknown = select_scope("read delete", client, kBoth, two_resources());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid_scope);
  EXPECT_EQ(unknown.error().reason, Reason::scope_not_allowed);
  EXPECT_EQ(unknown.error().detail, "delete");
  const auto elsewhere = select_scope("write", client, {"urn:b"}, two_resources());
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().reason, Reason::scope_not_for_resource);
  EXPECT_EQ(elsewhere.error().detail, "write");
  const auto malformed = select_scope("a\"b", client, kBoth, two_resources());
  ASSERT_FALSE(malformed);
  EXPECT_EQ(malformed.error().reason, Reason::malformed_scope);
}

}  // namespace certbound::oauth
