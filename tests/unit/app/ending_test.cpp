#include "app/ending.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"
#include "x509/validity.hpp"

namespace certbound::app {

namespace {

using certbound::test::kNow;  // 2026-01-15T12:00:00Z

WatchedCertificate watched_until(WallTime not_after) {
  WatchedCertificate watched;
  watched.role = "anchor";
  watched.name = "partner: root.crt";
  watched.subject = "CN=Root";
  watched.not_after = not_after;
  return watched;
}

}  // namespace

TEST(DescribeEnding, NamesACertificateThirtyDaysBeforeItsEnd) {
  const auto lines_for = [](WallTime not_after) {
    return describe_ending(std::vector{watched_until(not_after)}, {}, kNow);
  };
  EXPECT_TRUE(lines_for(kNow + x509::kExpiryWarning + std::chrono::seconds{1}).empty());
  EXPECT_EQ(lines_for(kNow + x509::kExpiryWarning),
            std::vector<std::string>{
                "the anchor certificate of \"CN=Root\" (partner: root.crt) ends at 2026-02-14T12:00:00Z; renew it"});
  EXPECT_EQ(lines_for(kNow), std::vector<std::string>{"the anchor certificate of \"CN=Root\" (partner: root.crt) "
                                                      "ended at 2026-01-15T12:00:00Z; renew it"});
}

TEST(DescribeEnding, NamesTheClientAndWhenItCameLast) {
  const store::SeenCertificate seen{
      "etl", "x", "0a", "CN=Issuing", kNow + std::chrono::hours{1}, kNow, kNow - std::chrono::hours{2}};
  EXPECT_EQ(describe_ending({}, std::vector{seen}, kNow),
            std::vector<std::string>{"the certificate of client \"etl\" (serial 0a, issued by \"CN=Issuing\") ends at "
                                     "2026-01-15T13:00:00Z; last seen at 2026-01-15T10:00:00Z"});
}

}  // namespace certbound::app
