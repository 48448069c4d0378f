#include "oauth/proof/certificate_binding.hpp"

#include <gtest/gtest.h>

#include "support/pki.hpp"

namespace certbound::oauth {

namespace {

model::Client client_that_is_bound(bool is_bound) {
  model::Client client{*model::ClientId::parse("c")};
  client.certificate_binding = is_bound ? model::BindingRule::required : model::BindingRule::never;
  return client;
}

}  // namespace

// RFC 8705 section 3.
TEST(BindCertificate, BindsToTheLeaf) {
  const auto root = certbound::test::make_root("Root");
  const auto leaf = certbound::test::make_client("c", root);
  const x509::PresentedChain chain{leaf.certificate, {root.certificate}};
  const auto confirmation = bind_certificate(client_that_is_bound(true), &chain);
  ASSERT_TRUE(confirmation);
  EXPECT_EQ(confirmation->x5t_s256, x509::x5t_s256(leaf.certificate));
}

TEST(BindCertificate, BindsNothingWhereTheClientWantsNone) {
  const auto leaf = certbound::test::make_root("Root");
  const x509::PresentedChain chain{leaf.certificate, {}};
  for (const x509::PresentedChain* presented : {&chain, static_cast<const x509::PresentedChain*>(nullptr)}) {
    const auto confirmation = bind_certificate(client_that_is_bound(false), presented);
    ASSERT_TRUE(confirmation);
    EXPECT_TRUE(confirmation->x5t_s256.empty());
  }
}

// Decision D4: never an unbound token for a client that requires binding.
TEST(BindCertificate, RefusesWhereThereIsNothingToBindTo) {
  const auto confirmation = bind_certificate(client_that_is_bound(true), nullptr);
  ASSERT_FALSE(confirmation);
  EXPECT_EQ(confirmation.error().code, ErrorCode::invalid_client);
  EXPECT_EQ(confirmation.error().reason, Reason::certificate_missing);
}

}  // namespace certbound::oauth
