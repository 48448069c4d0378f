#include "fetch/allow_list.hpp"

#include <gtest/gtest.h>

namespace certbound::fetch {

namespace {

bool is_allowed(const std::vector<std::string>& entries, const std::string& text) {
  const auto list = AllowList::parse(entries);
  const auto url = parse_url(text);
  return list && url && list->allows(*url);
}

}  // namespace

TEST(AllowList, AllowsNothingByItself) {
  EXPECT_FALSE(is_allowed({}, "https://localhost/"));
  EXPECT_FALSE(is_allowed({}, "https://127.0.0.1/"));
}

TEST(AllowList, ComparesNamesWithoutCase) {
  EXPECT_TRUE(is_allowed({"JWKS.Partner.internal"}, "https://jwks.partner.INTERNAL/x"));
  EXPECT_TRUE(is_allowed({"jwks.partner.internal"}, "https://jwks.partner.internal:8443/"));
  EXPECT_FALSE(is_allowed({"partner.internal"}, "https://jwks.partner.internal/"));
  EXPECT_FALSE(is_allowed({"jwks.partner.internal"}, "https://partner.internal/"));
}

TEST(AllowList, HoldsAnEntryToItsPort) {
  EXPECT_TRUE(is_allowed({"a.internal:8443"}, "https://a.internal:8443/"));
  EXPECT_FALSE(is_allowed({"a.internal:8443"}, "https://a.internal/"));
  EXPECT_TRUE(is_allowed({"a.internal:443"}, "https://a.internal/"));
  EXPECT_FALSE(is_allowed({"a.internal:443"}, "http://a.internal/"));
}

TEST(AllowList, ComparesAddressesAsAddresses) {
  EXPECT_TRUE(is_allowed({"127.0.0.1"}, "https://127.0.0.1:9443/"));
  EXPECT_TRUE(is_allowed({"[FD00:0:0::5]:8443"}, "https://[fd00::5]:8443/"));
  EXPECT_TRUE(is_allowed({"[fd00::5]"}, "https://[fd00::5]:1/"));
  EXPECT_FALSE(is_allowed({"[fd00::5]:8443"}, "https://[fd00::5]/"));
  EXPECT_FALSE(is_allowed({"127.0.0.1"}, "https://127.0.0.2/"));
}

TEST(AllowList, RefusesWhatIsNoHost) {
  for (const char* entry : {"", "https://a.internal", "a.internal/", "a.internal/x", "a.internal?", "*.internal",
                            "10.0.0.0/8", "a.internal:", "a.internal:0", "user@a.internal", "fd00::5", "a b"}) {
    const auto list = AllowList::parse({"fine.internal", entry});
    ASSERT_FALSE(list) << entry;
    EXPECT_NE(list.error().detail.find(std::string{'"'} + entry + '"'), std::string::npos) << list.error().detail;
  }
}

}  // namespace certbound::fetch
