#include "verifier/authorization.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace certbound::verifier {

namespace {

using Values = std::vector<std::string_view>;

Credentials find(const Values& values) { return find_credentials(values, Schemes::bearer_and_dpop); }

std::string_view token_of(const Values& values) {
  const auto found = find(values);
  const auto* token = std::get_if<std::string_view>(&found.token);
  return token == nullptr ? "none" : *token;
}

std::string_view fault_of(const Values& values, Schemes understood = Schemes::bearer_and_dpop) {
  const auto found = find_credentials(values, understood);
  const auto* fault = std::get_if<Fault>(&found.token);
  return fault == nullptr ? "none" : name(fault->reason);
}

}  // namespace

// RFC 6750 section 2.1; RFC 9110 section 11.1: the scheme's case does not count.
TEST(FindCredentials, TakesTheToken) {
  EXPECT_EQ(token_of({"Bearer abc.DEF-_~+/123=="}), "abc.DEF-_~+/123==");
  EXPECT_EQ(token_of({"bearer a"}), "a");
  EXPECT_EQ(token_of({"BEARER   a"}), "a");
  EXPECT_EQ(token_of({" Bearer a\t"}), "a");
}

// RFC 9449 section 7.1.
TEST(FindCredentials, TellsTheSchemesApart) {
  EXPECT_EQ(token_of({"DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"}),
            "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
  for (const auto* value : {"DPoP a", "dpop a", "DPOP   a", "DPoP", "DPoP a b"}) {
    EXPECT_EQ(find({value}).scheme, Scheme::dpop) << value;
  }
  for (const auto* value : {"Bearer a", "bearer", "Basic YTpi", ""}) {
    EXPECT_EQ(find({value}).scheme, Scheme::bearer) << value;
  }
  EXPECT_EQ(fault_of({"DPoP a b"}), "request_malformed");
  EXPECT_EQ(fault_of({"DPoP a"}, Schemes::bearer), "token_missing");
}

TEST(FindCredentials, FindsNoneWhereNoCredentialsOfOursCame) {
  for (const auto& values :
       {Values{}, Values{""}, Values{"Basic YTpi"}, Values{"DPoPx a"}, Values{"Bearerx a"}, Values{"a"}}) {
    EXPECT_EQ(fault_of(values), "token_missing");
  }
}

TEST(FindCredentials, RefusesWhatIsNotOneToken) {
  for (const auto* value : {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer =", "Bearer a=b", "Bearer \"a\"",
                            "Bearer a\n", "Bearer \xc3\xa9", "Bearer token=a"}) {
    EXPECT_EQ(fault_of({value}), "request_malformed") << value;
  }
  EXPECT_EQ(fault_of({std::string_view{"Bearer a\0b", 10}}), "request_malformed");
}

// Two readers would take two different tokens.
TEST(FindCredentials, RefusesSeveralFields) {
  EXPECT_EQ(fault_of({"Bearer a", "Bearer a"}), "request_malformed");
  EXPECT_EQ(fault_of({"Basic YTpi", "Bearer a"}), "request_malformed");
  EXPECT_EQ(fault_of({"Bearer a", "DPoP a"}), "request_malformed");
}

}  // namespace certbound::verifier
