#include "net/tls_context.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "net/peer.hpp"
#include "unit/net/tls_peers.hpp"

namespace certbound::net {

namespace {

using certbound::test::Identity;

Identity make_self_signed(const std::string& common_name) {
  certbound::test::Shape shape;
  shape.subject = {{"CN", common_name}};
  return certbound::test::make_identity(shape);
}

TlsContext client_with(const Identity& identity) {
  return make_client_context({identity.certificate}, identity.key.get());
}

int count_session(SSL* /*ssl*/, SSL_SESSION* /*session*/) {
  ADD_FAILURE() << "a session that could be resumed";
  return 0;
}

void use_version(SSL_CTX& context, int version) {
  ASSERT_EQ(SSL_CTX_set_min_proto_version(&context, version), 1);
  ASSERT_EQ(SSL_CTX_set_max_proto_version(&context, version), 1);
}

/// A chain of a leaf and `others` unrelated certificates.
TlsContext client_with_chain(const Identity& leaf, int others) {
  std::vector<x509::Certificate> chain{leaf.certificate};
  for (int i = 0; i < others; ++i) chain.push_back(make_self_signed("other-" + std::to_string(i)).certificate);
  return make_client_context(chain, leaf.key.get());
}

}  // namespace

// Conformance TLS-1, TLS-3, TLS-5, TLS-8, TLS-11.
TEST(TlsContext, HasTheSettingsOfProductAndConformance) {
  const TlsContext context = make_server_context(ClientCertificate::request);
  SSL_CTX& server = *context;

  EXPECT_EQ(SSL_CTX_get_min_proto_version(&server), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_max_proto_version(&server), TLS1_3_VERSION);
  EXPECT_EQ(SSL_CTX_get_security_level(&server), 2);
  const auto options = SSL_CTX_get_options(&server);
  for (const auto option : {SSL_OP_NO_COMPRESSION, SSL_OP_NO_RENEGOTIATION, SSL_OP_NO_TICKET}) {
    EXPECT_NE(options & option, 0U) << option;
  }
  EXPECT_EQ(options & SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION, 0U);
  EXPECT_EQ(SSL_CTX_get_session_cache_mode(&server), SSL_SESS_CACHE_OFF);
  EXPECT_EQ(SSL_CTX_get_num_tickets(&server), 0U);
  EXPECT_EQ(SSL_CTX_get_max_early_data(&server), 0U);
}

TEST(TlsContext, OffersEphemeralAeadSuitesOnly) {
  const TlsContext context = make_server_context(ClientCertificate::request);
  const STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(context.get());
  ASSERT_GT(sk_SSL_CIPHER_num(suites), 0);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const SSL_CIPHER* suite = sk_SSL_CIPHER_value(suites, i);
    EXPECT_EQ(SSL_CIPHER_is_aead(suite), 1) << SSL_CIPHER_get_name(suite);
    const int exchange = SSL_CIPHER_get_kx_nid(suite);
    EXPECT_TRUE(exchange == NID_kx_ecdhe || exchange == NID_kx_any) << SSL_CIPHER_get_name(suite);
  }
}

TEST(TlsContext, AsksForACertificateAsTheListenerSays) {
  const auto mode_of = [](ClientCertificate mode) { return SSL_CTX_get_verify_mode(make_server_context(mode).get()); };
  EXPECT_EQ(mode_of(ClientCertificate::none), SSL_VERIFY_NONE);
  EXPECT_EQ(mode_of(ClientCertificate::request), SSL_VERIFY_PEER);
  EXPECT_EQ(mode_of(ClientCertificate::require), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
}

// TLS-14: a list of CAs would make clients with other certificates send none, and tell partners' names.
TEST(TlsContext, SendsNoListOfAuthorities) {
  const TlsContext context = make_server_context(ClientCertificate::request);
  const STACK_OF(X509_NAME)* names = SSL_CTX_get_client_CA_list(context.get());
  EXPECT_TRUE(names == nullptr || sk_X509_NAME_num(names) == 0);
}

TEST(TlsContext, RefusesAKeyOfAnotherCertificate) {
  ServerCertificate server = server_certificate_of(make_server_identity("a"));
  server.key = server_certificate_of(make_server_identity("b")).key;
  const crypto::LibraryContext library = make_library();
  const auto context = make_tls_context(server, ClientCertificate::none, {}, library);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::server_error);
}

// RFC 8705 section 6.1 (TLS-12): no certificate does not abort.
TEST(TlsHandshake, GoesOnWithoutACertificateWhereOneIsRequested) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext client = make_client_context();
    use_version(*client, version);
    TlsPeers peers{make_server_context(ClientCertificate::request), client};
    ASSERT_TRUE(peers.shake_hands()) << version;
    EXPECT_EQ(take_presented_chain(*peers.server), nullptr);
  }
}

TEST(TlsHandshake, FailsWithoutACertificateWhereOneIsRequired) {
  TlsPeers peers{make_server_context(ClientCertificate::require), make_client_context()};
  EXPECT_FALSE(peers.shake_hands());
}

TEST(TlsHandshake, DoesNotTakeACertificateWhereNoneIsAskedFor) {
  TlsPeers peers{make_server_context(ClientCertificate::none), client_with(make_self_signed("client"))};
  ASSERT_TRUE(peers.shake_hands());
  EXPECT_EQ(take_presented_chain(*peers.server), nullptr);
}

// RFC 8705 section 6.1: whom to trust is decided later, so a self-signed certificate passes.
TEST(TlsHandshake, AcceptsACertificateOfAnUnknownIssuer) {
  const Identity identity = make_self_signed("client");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext client = client_with(identity);
    use_version(*client, version);
    TlsPeers peers{make_server_context(ClientCertificate::require), client};
    ASSERT_TRUE(peers.shake_hands()) << version;
    const auto presented = take_presented_chain(*peers.server);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->x5t_s256, x509::x5t_s256(identity.certificate));
    EXPECT_EQ(presented->subject, "CN=client");
    EXPECT_TRUE(presented->intermediates.empty());
  }
}

// CVE-2023-2422: what is sent along is never the identity.
TEST(TlsHandshake, TellsTheLeafFromWhatIsSentAlong) {
  const Identity own = make_self_signed("own");
  const Identity victim = make_self_signed("victim");
  TlsPeers peers{make_server_context(ClientCertificate::request),
                 make_client_context({own.certificate, victim.certificate}, own.key.get())};
  ASSERT_TRUE(peers.shake_hands());
  const auto presented = take_presented_chain(*peers.server);
  ASSERT_TRUE(presented);
  EXPECT_EQ(presented->x5t_s256, x509::x5t_s256(own.certificate));
  ASSERT_EQ(presented->intermediates.size(), 1U);
  EXPECT_EQ(x509::x5t_s256(presented->intermediates.front()), x509::x5t_s256(victim.certificate));
}

// TLS-17.
TEST(TlsHandshake, AcceptsEveryUsableKindOfKey) {
  for (const auto kind :
       {certbound::test::KeyKind::ec_p256, certbound::test::KeyKind::ed25519, certbound::test::KeyKind::rsa_2048}) {
    certbound::test::Shape shape;
    shape.subject = {{"CN", "client"}};
    shape.key = certbound::test::make_key(kind);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const TlsContext client = client_with(certbound::test::make_identity(shape));
      use_version(*client, version);
      TlsPeers peers{make_server_context(ClientCertificate::require), client};
      EXPECT_TRUE(peers.shake_hands()) << static_cast<int>(kind) << " " << version;
    }
  }
}

// Product section 5, rule 1: not weaker than 112 bits.
TEST(TlsHandshake, RefusesAWeakKey) {
  for (const auto kind : {certbound::test::KeyKind::rsa_1024, certbound::test::KeyKind::ec_p192}) {
    certbound::test::Shape shape;
    shape.subject = {{"CN", "client"}};
    shape.key = certbound::test::make_key(kind);
    const TlsContext client = client_with(certbound::test::make_identity(shape));
    use_version(*client, TLS1_2_VERSION);
    TlsPeers peers{make_server_context(ClientCertificate::request), client};
    EXPECT_FALSE(peers.shake_hands()) << static_cast<int>(kind);
  }
}

// CVE-2026-32280: chain building blows up with many certificates.
TEST(TlsHandshake, BoundsTheChain) {
  const Identity leaf = make_self_signed("client");
  const TlsContext server = make_server_context(ClientCertificate::request);
  TlsPeers six{server, client_with_chain(leaf, 5)};
  EXPECT_TRUE(six.shake_hands());
  TlsPeers seven{server, client_with_chain(leaf, 6)};
  EXPECT_FALSE(seven.shake_hands());
}

TEST(TlsHandshake, TakesTheBoundsOfTheConfiguration) {
  const Identity leaf = make_self_signed("client");
  const auto takes = [&leaf](const x509::ChainLimits& limits, int others) {
    const TlsContext server = make_server_context(ClientCertificate::request, make_server_identity(), limits);
    return TlsPeers{server, client_with_chain(leaf, others)}.shake_hands();
  };
  EXPECT_TRUE(takes({.certificates = 1}, 0));
  EXPECT_FALSE(takes({.certificates = 1}, 1));
  EXPECT_TRUE(takes({.certificates = 9}, 8));
  EXPECT_FALSE(takes({.certificates = 9}, 9));
  EXPECT_FALSE(takes({.bytes = 64}, 0));
}

TEST(TlsHandshake, BoundsTheOctetsOfTheChain) {
  certbound::test::Shape shape;
  shape.subject = {{"CN", "client"}};
  std::string names = "DNS:a.example";
  for (int i = 0; i < 3000; ++i) names += ",DNS:name-" + std::to_string(i) + ".example";
  shape.extensions = {{"subjectAltName", names}};
  const Identity large = certbound::test::make_identity(shape);
  ASSERT_GT(large.certificate.to_der().size(), x509::ChainLimits{}.bytes);
  TlsPeers peers{make_server_context(ClientCertificate::request), client_with(large)};
  EXPECT_FALSE(peers.shake_hands());
}

// TLS-8: resumption would carry an identity past a reload.
TEST(TlsHandshake, LeavesNothingThatCouldBeResumed) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsContext client = client_with(make_self_signed("client"));
    use_version(*client, version);
    SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT);
    if (version == TLS1_3_VERSION) SSL_CTX_sess_set_new_cb(client.get(), count_session);
    TlsPeers peers{make_server_context(ClientCertificate::request), client};
    ASSERT_TRUE(peers.shake_hands());
    const SSL_SESSION* session = SSL_get_session(peers.client.get());
    unsigned id_length = 1;
    SSL_SESSION_get_id(session, &id_length);
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0) << version;
    EXPECT_EQ(id_length, 0U) << version;
  }
}

TEST(TlsHandshake, RefusesOldVersions) {
  const TlsContext client = make_client_context();
  use_version(*client, TLS1_1_VERSION);
  TlsPeers peers{make_server_context(ClientCertificate::none), client};
  EXPECT_FALSE(peers.shake_hands());
}

// FAPI 2.0 section 5.2.2, RFC 9325 section 4.2: of TLS 1.2 the four suites with AES-GCM, and no other.
TEST(TlsHandshake, OffersTheFourSuitesOfFapi) {
  const auto agrees_on = [](const char* suite, Tls12Suites suites) {
    const TlsContext client = make_client_context();
    use_version(*client, TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_set_cipher_list(client.get(), suite), 1) << suite;
    const TlsContext server =
        make_server_context(ClientCertificate::request, make_server_identity(), x509::ChainLimits{}, suites);
    return TlsPeers{server, client}.shake_hands();
  };
  const TlsContext fapi =
      make_server_context(ClientCertificate::request, make_server_identity(), x509::ChainLimits{}, Tls12Suites::fapi);
  std::set<std::string> offered;
  const STACK_OF(SSL_CIPHER)* suites = SSL_CTX_get_ciphers(fapi.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const SSL_CIPHER* suite = sk_SSL_CIPHER_value(suites, i);
    if (SSL_CIPHER_get_kx_nid(suite) != NID_kx_any) offered.insert(SSL_CIPHER_get_name(suite));
  }
  EXPECT_EQ(offered, (std::set<std::string>{"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
                                            "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"}));
  for (const char* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"}) {
    EXPECT_TRUE(agrees_on(suite, Tls12Suites::fapi)) << suite;
    EXPECT_TRUE(agrees_on(suite, Tls12Suites::modern)) << suite;
  }
  EXPECT_FALSE(agrees_on("ECDHE-ECDSA-CHACHA20-POLY1305", Tls12Suites::fapi));
  EXPECT_TRUE(agrees_on("ECDHE-ECDSA-CHACHA20-POLY1305", Tls12Suites::modern));
}

TEST(TlsHandshake, RefusesRenegotiation) {
  const TlsContext client = make_client_context();
  use_version(*client, TLS1_2_VERSION);
  TlsPeers peers{make_server_context(ClientCertificate::request), client};
  ASSERT_TRUE(peers.shake_hands());
  ASSERT_EQ(SSL_renegotiate(peers.client.get()), 1);
  EXPECT_FALSE(peers.shake_hands());
}

// RFC 7301 (TLS-22).
TEST(TlsHandshake, SelectsHttp11AndRefusesOtherProtocols) {
  const std::string both = "\x02h2\x08http/1.1";
  const std::string other = "\x02h2";
  for (const std::string& offered : {both, other}) {
    const TlsContext client = make_client_context();
    SSL_CTX_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
    TlsPeers peers{make_server_context(ClientCertificate::none), client};
    ASSERT_EQ(peers.shake_hands(), offered == both);
    if (offered == other) continue;
    const unsigned char* selected = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(peers.client.get(), &selected, &length);
    EXPECT_EQ((std::string{reinterpret_cast<const char*>(selected), length}), "http/1.1");
  }
}

// TLS-4: no SHA-1 and no SHA-224 in what the client may sign with.
TEST(TlsHandshake, AsksForStrongSignaturesOnly) {
  TlsPeers peers{make_server_context(ClientCertificate::request), client_with(make_self_signed("client"))};
  ASSERT_TRUE(peers.shake_hands());
  const int count = SSL_get_sigalgs(peers.client.get(), -1, nullptr, nullptr, nullptr, nullptr, nullptr);
  ASSERT_GT(count, 0);
  for (int i = 0; i < count; ++i) {
    int signature = 0;
    int digest = 0;
    SSL_get_sigalgs(peers.client.get(), i, &signature, &digest, nullptr, nullptr, nullptr);
    for (const int weak : {NID_md5, NID_sha1, NID_sha224}) EXPECT_NE(digest, weak);
    EXPECT_NE(signature, NID_dsa);
  }
}

}  // namespace certbound::net
