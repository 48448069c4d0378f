#include "x509/ocsp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "crypto/handle.hpp"
#include "support/ocsp.hpp"

namespace certbound::x509 {

namespace {

using certbound::test::OcspShape;
using std::chrono::hours;
using test::Extension;
using test::Identity;
using test::kNow;
using test::make_ocsp_response;
using test::make_ocsp_signer;
using test::OcspSignerName;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::seconds kTick{1};

}  // namespace

/// A CA, a client of it, and what a responder answers about that.
class OcspTest : public testing::Test {
 protected:
  [[nodiscard]] Result<OcspAnswer> verify(ByteView der, WallTime now = kNow) const {
    return verify_ocsp_response(der, question_, nonce_, now);
  }
  /// Why the response is refused; `accepted` where it is not.
  [[nodiscard]] std::string refusal(ByteView der, WallTime now = kNow) const {
    const auto answer = verify(der, now);
    if (answer) return "accepted";
    EXPECT_EQ(answer.error().code, ErrorCode::invalid_request);
    return answer.error().detail;
  }
  [[nodiscard]] std::string refusal_of(const OcspShape& shape, WallTime now = kNow) const {
    return refusal(make_ocsp_response(question_, root_, shape), now);
  }

  Identity root_ = test::make_root("Root");
  Identity leaf_ = test::make_client("client-1", root_);
  Identity other_leaf_ = test::make_client("client-2", root_);
  OcspQuestion question_{leaf_.certificate, root_.certificate};
  Bytes nonce_ = Bytes(kOcspNonceBytes, 7);
};

TEST_F(OcspTest, AcceptsGoodByTheIssuerItself) {
  const auto answer = verify(make_ocsp_response(question_, root_));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, OcspStatus::good);
  EXPECT_EQ(answer->this_update, kNow - hours{1});
  EXPECT_EQ(answer->valid_until, kNow + hours{24});
  EXPECT_FALSE(answer->delegate);
  EXPECT_EQ(describe_ocsp_answer(*answer, kNow),
            "OCSP answer of 2026-01-15T11:00:00Z (60 min old) by the issuer itself, next update 2026-01-16T12:00:00Z");
}

TEST_F(OcspTest, ReadsRevokedAndUnknown) {
  OcspShape shape;
  shape.status = OcspStatus::revoked;
  const auto revoked = verify(make_ocsp_response(question_, root_, shape));
  ASSERT_TRUE(revoked) << revoked.error().detail;
  EXPECT_EQ(revoked->status, OcspStatus::revoked);
  EXPECT_EQ(revoked->revoked_at, shape.revoked_at);
  shape.status = OcspStatus::unknown;
  const auto unknown = verify(make_ocsp_response(question_, root_, shape));
  ASSERT_TRUE(unknown) << unknown.error().detail;
  EXPECT_EQ(unknown->status, OcspStatus::unknown);
}

// RFC 6960 section 4.1.1: the responder chooses the digest, and how it names itself (section 4.2.2.3).
TEST_F(OcspTest, AcceptsEachWayToName) {
  for (const char* const digest : {"SHA1", "SHA256"}) {
    for (const OcspSignerName signer_name : {OcspSignerName::subject, OcspSignerName::key}) {
      for (const bool has_signer_certificate : {true, false}) {
        OcspShape shape;
        shape.id_digest = digest;
        shape.signer_name = signer_name;
        shape.has_signer_certificate = has_signer_certificate;
        EXPECT_EQ(refusal_of(shape), "accepted") << digest;
      }
    }
  }
  OcspShape shape;
  shape.id_digest = "SHA384";
  EXPECT_THAT(refusal_of(shape), HasSubstr("about another certificate"));
}

TEST_F(OcspTest, AcceptsEveryKindOfKey) {
  for (const test::KeyKind kind : {test::KeyKind::ec_p256, test::KeyKind::rsa_2048, test::KeyKind::ed25519}) {
    test::Shape shape;
    shape.role = CertificateRole::authority;
    shape.subject = {{"CN", "Root"}};
    shape.key = test::make_key(kind);
    const Identity root = test::make_identity(shape);
    const OcspQuestion question{test::make_client("client", root).certificate, root.certificate};
    const auto answer = verify_ocsp_response(make_ocsp_response(question, root), question, nonce_, kNow);
    EXPECT_TRUE(answer) << answer.error().detail;
  }
}

// RFC 6960 section 3.2 (1): this very certificate.
TEST_F(OcspTest, RefusesAnAnswerAboutAnother) {
  const OcspQuestion other{other_leaf_.certificate, root_.certificate};
  EXPECT_THAT(refusal(make_ocsp_response(other, root_)), HasSubstr("about another certificate"));
  // The same serial by another CA of that name.
  const Identity namesake = test::make_root("Root");
  const OcspQuestion wrong_issuer{leaf_.certificate, namesake.certificate};
  EXPECT_THAT(refusal(make_ocsp_response(wrong_issuer, root_)), HasSubstr("about another certificate"));
}

TEST_F(OcspTest, FindsItsAnswerAmongOthers) {
  OcspShape shape;
  shape.others = {{other_leaf_.certificate, root_.certificate}};
  EXPECT_EQ(refusal_of(shape), "accepted");
  shape.others = {question_};
  EXPECT_THAT(refusal_of(shape), HasSubstr("two answers about one certificate"));
}

// RFC 6960 section 4.2.2.2: a certificate by the issuer, for this.
TEST_F(OcspTest, AcceptsADelegate) {
  const Identity delegate = make_ocsp_signer("OCSP", root_);
  const auto answer = verify(make_ocsp_response(question_, delegate));
  ASSERT_TRUE(answer) << answer.error().detail;
  ASSERT_TRUE(answer->delegate);
  EXPECT_EQ(x5t_s256(*answer->delegate), x5t_s256(delegate.certificate));
  EXPECT_FALSE(answer->is_delegate_exempt);
  EXPECT_THAT(describe_ocsp_answer(*answer, kNow), HasSubstr("by \"CN=OCSP\""));
  const Identity exempt = make_ocsp_signer("OCSP", root_, {{"noCheck", "ignored"}});
  const auto second = verify(make_ocsp_response(question_, exempt));
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_TRUE(second->is_delegate_exempt);
}

TEST_F(OcspTest, RefusesADelegateThatTheIssuerDidNotMakeForThis) {
  OcspShape shape;
  const auto refuse_signer = [&](const Identity& signer) { return refusal(make_ocsp_response(question_, signer)); };
  EXPECT_THAT(refuse_signer(other_leaf_), HasSubstr("not for OCSPSigning"));
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", root_, {{"extendedKeyUsage", "anyExtendedKeyUsage"}})),
              HasSubstr("not for OCSPSigning"));
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", root_, {{"extendedKeyUsage", ""}})),
              HasSubstr("not for OCSPSigning"));
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", root_, {{"keyUsage", "critical,keyAgreement"}})),
              HasSubstr("digitalSignature"));
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", test::make_root("Other"))),
              HasSubstr("was not made by the issuer"));
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", test::make_root("Root"))),
              HasSubstr("was not made by the issuer"));
  const Identity below = test::make_intermediate("Sub", root_);
  EXPECT_THAT(refuse_signer(make_ocsp_signer("OCSP", below)), HasSubstr("was not made by the issuer"));
  shape.has_signer_certificate = false;
  EXPECT_THAT(refusal(make_ocsp_response(question_, make_ocsp_signer("OCSP", root_), shape)),
              HasSubstr("neither the issuer nor a certificate in it"));
}

TEST_F(OcspTest, RefusesADelegateThatIsNotValidNow) {
  test::Shape shape;
  shape.subject = {{"CN", "OCSP"}};
  shape.extensions = {{"extendedKeyUsage", "OCSPSigning"}};
  shape.not_after = kNow + hours{2};
  const Bytes response = make_ocsp_response(question_, test::make_identity(shape, &root_));
  const auto answer = verify(response);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->valid_until, kNow + hours{2});
  EXPECT_THAT(refusal(response, kNow + hours{3}), HasSubstr("expired"));
}

TEST_F(OcspTest, RefusesAnIssuerOfTheSameNameWithAnotherKey) {
  EXPECT_THAT(refusal(make_ocsp_response(question_, test::make_root("Root"))), HasSubstr("OCSPSigning"));
  OcspShape shape;
  shape.has_signer_certificate = false;
  EXPECT_THAT(refusal(make_ocsp_response(question_, test::make_root("Root"), shape)), HasSubstr("signature is wrong"));
}

// As strong as certificates' signatures.
TEST_F(OcspTest, RefusesWeakSignatures) {
  OcspShape shape;
  shape.digest = "SHA1";
  EXPECT_THAT(refusal_of(shape), HasSubstr("too weak"));
  test::Shape weak;
  weak.subject = {{"CN", "OCSP"}};
  weak.extensions = {{"extendedKeyUsage", "OCSPSigning"}};
  weak.key = test::make_key(test::KeyKind::rsa_1024);
  EXPECT_THAT(refusal(make_ocsp_response(question_, test::make_identity(weak, &root_))), HasSubstr("too weak"));
}

// RFC 6960 section 3.2 (5), (6).
TEST_F(OcspTest, HoldsFromThisUpdateToNextUpdate) {
  const Bytes response = make_ocsp_response(question_, root_);
  EXPECT_EQ(refusal(response, kNow + hours{24} - kTick), "accepted");
  EXPECT_THAT(refusal(response, kNow + hours{24}), HasSubstr("it is past: its nextUpdate was"));
  // producedAt is a minute before the present.
  EXPECT_EQ(refusal(response, kNow - std::chrono::minutes{1} - kOcspSkew), "accepted");
  EXPECT_THAT(refusal(response, kNow - std::chrono::minutes{1} - kOcspSkew - kTick), HasSubstr("of the future"));
  OcspShape shape;
  shape.this_update = kNow + kOcspSkew + kTick;
  EXPECT_THAT(refusal_of(shape), HasSubstr("of the future"));
  shape = OcspShape{};
  shape.next_update = shape.this_update;
  EXPECT_THAT(refusal_of(shape), HasSubstr("not after its thisUpdate"));
}

TEST_F(OcspTest, AnAnswerWithoutNextUpdateHoldsBriefly) {
  OcspShape shape;
  shape.has_next_update = false;
  shape.this_update = kNow;
  const auto answer = verify(make_ocsp_response(question_, root_, shape));
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->valid_until, kNow + kOcspDefaultLifetime);
  EXPECT_THAT(refusal_of(shape, kNow + kOcspDefaultLifetime), HasSubstr("without a nextUpdate"));
}

// RFC 6960 section 4.4.1.
TEST_F(OcspTest, ANonceIsOursOrAbsent) {
  OcspShape shape;
  shape.nonce = nonce_;
  EXPECT_EQ(refusal_of(shape), "accepted");
  shape.nonce[0] ^= 1;
  EXPECT_THAT(refusal_of(shape), HasSubstr("nonce"));
  shape.nonce = Bytes(nonce_.begin(), nonce_.end() - 1);
  EXPECT_THAT(refusal_of(shape), HasSubstr("nonce"));
}

TEST_F(OcspTest, RefusesUnknownCriticalExtensions) {
  OcspShape shape;
  shape.extensions = {{"1.2.3.4", "DER:0500"}};
  shape.single_extensions = {{"1.2.3.4", "DER:0500"}};
  EXPECT_EQ(refusal_of(shape), "accepted");
  shape.extensions = {{"1.2.3.4", "critical,DER:0500"}};
  EXPECT_THAT(refusal_of(shape), HasSubstr("critical"));
  shape.extensions.clear();
  shape.single_extensions = {{"1.2.3.4", "critical,DER:0500"}};
  EXPECT_THAT(refusal_of(shape), HasSubstr("critical"));
}

TEST_F(OcspTest, SaysWhatTheResponderSaidInsteadOfAStatus) {
  EXPECT_THAT(refusal(test::make_ocsp_error(OCSP_RESPONSE_STATUS_TRYLATER)), HasSubstr("trylater"));
  EXPECT_THAT(refusal(test::make_ocsp_error(OCSP_RESPONSE_STATUS_UNAUTHORIZED)), HasSubstr("unauthorized"));
}

TEST_F(OcspTest, RefusesWhateverIsNotExactlyOneResponse) {
  Bytes response = make_ocsp_response(question_, root_);
  for (std::size_t size = 0; size < response.size(); ++size) {
    ASSERT_NE(refusal(ByteView{response}.first(size)), "accepted") << size;
  }
  for (std::size_t i = 0; i < response.size(); ++i) {
    Bytes changed = response;
    changed[i] ^= 1;
    const auto answer = verify(changed);
    // Its own copy of the signer's certificate is signed by nobody here, and not needed either.
    if (answer) {
      ASSERT_GT(i, response.size() / 3) << i;
    }
  }
  response.push_back(0);
  EXPECT_THAT(refusal(response), HasSubstr("octets follow it"));
  EXPECT_THAT(refusal(Bytes(kMaximumOcspBytes + 1, 0x30)), HasSubstr("larger than"));
}

TEST_F(OcspTest, TheRequestNamesTheCertificateAndHasTheNonce) {
  const auto der = make_ocsp_request(question_, nonce_);
  ASSERT_TRUE(der) << der.error().detail;
  const std::uint8_t* position = der->data();
  const std::unique_ptr<OCSP_REQUEST, crypto::Deleter<OCSP_REQUEST_free>> request{
      d2i_OCSP_REQUEST(nullptr, &position, static_cast<long>(der->size()))};
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(position, der->data() + der->size());
  ASSERT_EQ(OCSP_request_onereq_count(request.get()), 1);
  const std::unique_ptr<OCSP_CERTID, crypto::Deleter<OCSP_CERTID_free>> expected{
      OCSP_cert_to_id(EVP_sha1(), &leaf_.certificate.handle(), &root_.certificate.handle())};
  EXPECT_EQ(OCSP_id_cmp(OCSP_onereq_get0_id(OCSP_request_onereq_get0(request.get(), 0)), expected.get()), 0);
  EXPECT_GE(OCSP_REQUEST_get_ext_by_NID(request.get(), NID_id_pkix_OCSP_Nonce, -1), 0);
  const auto without = make_ocsp_request(question_, {});
  ASSERT_TRUE(without);
  EXPECT_LT(without->size() + kOcspNonceBytes, der->size());
}

TEST(FindOcspUrls, AreThoseOfTheCertificateInItsOrder) {
  const Identity root = test::make_root("Root");
  const Identity leaf = test::make_client(
      "client", root,
      {{"authorityInfoAccess",
        "caIssuers;URI:http://ca.example/root.crt,OCSP;URI:http://a.example/,OCSP;URI:https://b.example/ocsp"}});
  EXPECT_THAT(find_ocsp_urls(leaf.certificate), ElementsAre("http://a.example/", "https://b.example/ocsp"));
  EXPECT_THAT(find_ocsp_urls(root.certificate), IsEmpty());
}

}  // namespace certbound::x509
