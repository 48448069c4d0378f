#include "x509/validity.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::kNow;
using std::chrono::seconds;

const Certificate& certificate() {
  static const Certificate made = certbound::test::make_root("Root").certificate;
  return made;
}

}  // namespace

TEST(ValidityAt, TakesNotBeforeAsWithinAndNotAfterAsPast) {
  const WallTime begin = certificate().not_before();
  const WallTime end = certificate().not_after();
  EXPECT_EQ(validity_at(certificate(), begin - seconds{1}), Validity::not_yet);
  EXPECT_EQ(validity_at(certificate(), begin), Validity::within);
  EXPECT_EQ(validity_at(certificate(), end - kExpiryWarning), Validity::within);
  EXPECT_EQ(validity_at(certificate(), end - kExpiryWarning + seconds{1}), Validity::ends_soon);
  EXPECT_EQ(validity_at(certificate(), end - seconds{1}), Validity::ends_soon);
  EXPECT_EQ(validity_at(certificate(), end), Validity::past);
}

TEST(DescribeValidity, SaysWhatToDo) {
  const WallTime end = certificate().not_after();
  EXPECT_EQ(describe_validity(certificate(), kNow), "");
  EXPECT_EQ(describe_validity(certificate(), end),
            "the certificate of \"CN=Root\" expired at 2027-01-15T12:00:00Z; renew it");
  EXPECT_EQ(describe_validity(certificate(), end - seconds{1}),
            "the certificate of \"CN=Root\" expires at 2027-01-15T12:00:00Z; renew it");
  EXPECT_EQ(describe_validity(certificate(), certificate().not_before() - seconds{1}),
            "the certificate of \"CN=Root\" is not valid before 2026-01-14T12:00:00Z; look at the clock as well");
}

}  // namespace certbound::x509
