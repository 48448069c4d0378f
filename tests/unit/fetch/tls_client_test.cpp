#include "fetch/tls_client.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "fetch/options.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace certbound::fetch {

using TlsClientTest = FetchTest;

// Fail closed: a file that is not there or holds nothing never means the system's CAs, or none.
TEST_F(TlsClientTest, RefusesABadCaFile) {
  for (const std::string& content : {std::string{}, std::string{"nothing"},
                                     std::string{"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}}) {
    std::ofstream{ca_file} << content;
    const auto settings = make_settings(options);
    ASSERT_FALSE(settings) << content;
    EXPECT_NE(settings.error().detail.find(ca_file.string()), std::string::npos) << settings.error().detail;
  }
  options.ca_file = ca_file.string() + ".absent";
  EXPECT_FALSE(make_settings(options));
}

TEST_F(TlsClientTest, RefusesABadListOfHosts) {
  options.allow = {"10.0.0.0/8"};
  EXPECT_FALSE(make_settings(options));
}

TEST_F(TlsClientTest, TakesTheSystemsCasWithoutAFile) { EXPECT_TRUE(make_tls_client_context({})); }

TEST_F(TlsClientTest, ReadsTheSystemsCasOnceAndOnlyWhenAsked) {
  options.ca_file.clear();
  const auto settings = make_settings(options);
  ASSERT_TRUE(settings);
  const auto first = (*settings)->tls();
  ASSERT_TRUE(first);
  const auto second = (*settings)->tls();
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
}

TEST_F(TlsClientTest, SendsANameButNoAddress) {
  const auto context = make_tls_client_context(ca_file);
  ASSERT_TRUE(context);
  const auto named = make_tls_client(**context, *parse_url("https://server.test/"), test::kNow);
  ASSERT_TRUE(named);
  EXPECT_STREQ(SSL_get_servername(named->get(), TLSEXT_NAMETYPE_host_name), "server.test");
  const auto literal = make_tls_client(**context, *parse_url("https://[::1]/"), test::kNow);
  ASSERT_TRUE(literal);
  EXPECT_EQ(SSL_get_servername(literal->get(), TLSEXT_NAMETYPE_host_name), nullptr);
}

// The operator names the certificate that is to be trusted, which need not be a root.
TEST_F(TlsClientTest, TrustsAnIntermediateThatTheFileHolds) {
  const auto issuing = test::make_intermediate("Fetch Issuing CA", root);
  std::ofstream{ca_file} << issuing.certificate.to_pem();
  const HostileServer server{make_server_context(make_server(issuing)), [](HostilePeer& peer) {
                               peer.read_head();
                               peer.send(ok_json("{}"));
                             }};
  const Outcome outcome = fetch(request_to(server));
  EXPECT_TRUE(outcome.is_ok()) << outcome.detail;
}

}  // namespace certbound::fetch
