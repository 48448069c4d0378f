#include "verifier/dpop_verifier.hpp"

#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "dpop_client.hpp"

namespace certbound::verifier {

namespace {

using std::chrono::seconds;
using test::at;
using test::DpopClient;
using test::kNow;
using test::kUrl;

constexpr const char* kToken = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

crypto::Sha256 digest_of(const std::string& base64url) { return crypto::Sha256::from_base64url(base64url).value(); }

std::string_view said_of(const std::optional<Fault>& fault) { return fault ? name(fault->reason) : "none"; }

}  // namespace

class DpopVerifierTest : public testing::Test {
 protected:
  /// What is said of a request with those proofs.
  [[nodiscard]] std::string_view check(const std::vector<std::string_view>& proofs, std::string_view method = "GET",
                                       std::string_view url = kUrl) const {
    return said_of(verifier_.check({method, url, {}, proofs}, kToken, digest_of(client_.jkt()), kNow));
  }
  /// Of one whose claims differ so from those of a good one.
  [[nodiscard]] std::string_view check_claims(const nlohmann::json& changes) const {
    return check({client_.proof(kToken, changes)});
  }
  [[nodiscard]] std::string_view check_header(const nlohmann::json& changes) const {
    return check({client_.proof(kToken, nlohmann::json::object(), changes)});
  }

  DpopClient client_;
  DpopVerifier verifier_{DpopOptions{}};
};

// RFC 9449 section 7.1, its example: key, token and proof are not ours. V9449-3.
TEST_F(DpopVerifierTest, TakesTheProofOfTheRfc) {
  constexpr std::string_view kProof =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
      "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
      "eyJq"
      "dGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNv"
      "dXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9."
      "2oW9RP35yRqz"
      "hrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
  const crypto::Sha256 jkt = digest_of("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  const std::array<std::string_view, 1> fields{kProof};
  const auto check = [&](std::string_view method, std::string_view url, std::string_view token, int seconds_later) {
    const std::chrono::sys_seconds now{seconds{1562262618 + seconds_later}};
    return said_of(verifier_.check({method, url, {}, fields}, token, jkt, now));
  };
  constexpr std::string_view kResource = "https://resource.example.org/protectedresource";
  EXPECT_EQ(check("POST", kResource, kToken, 0), "proof_request_mismatch");
  EXPECT_EQ(check("GET", "https://resource.example.org/", kToken, 0), "proof_request_mismatch");
  EXPECT_EQ(check("GET", kResource, "another", 0), "proof_token_mismatch");
  EXPECT_EQ(check("GET", kResource, kToken, 60), "proof_expired");
  EXPECT_EQ(check("GET", kResource, kToken, -11), "proof_not_yet_valid");
  EXPECT_EQ(check("GET", kResource, kToken, 59), "none");
  EXPECT_EQ(check("GET", kResource, kToken, 59), "proof_replayed");
}

TEST_F(DpopVerifierTest, TakesEachAlgorithm) {
  for (const auto algorithm :
       {model::SigningAlgorithm::es256, model::SigningAlgorithm::ps256, model::SigningAlgorithm::eddsa}) {
    const DpopClient client{algorithm};
    const std::string proof = client.proof(kToken);
    const std::array<std::string_view, 1> fields{proof};
    EXPECT_EQ(said_of(verifier_.check({"GET", kUrl, {}, fields}, kToken, digest_of(client.jkt()), kNow)), "none")
        << model::name(algorithm);
  }
  const DpopClient rsa{model::SigningAlgorithm::rs256};
  const std::string proof = rsa.proof(kToken);
  const std::array<std::string_view, 1> fields{proof};
  EXPECT_EQ(said_of(verifier_.check({"GET", kUrl, {}, fields}, kToken, digest_of(rsa.jkt()), kNow)),
            "proof_header_refused");
  EXPECT_EQ(verifier_.algorithms(), "ES256 PS256 EdDSA Ed25519");
}

// RFC 9449 section 4.3 point 1, conformance 9449-4.3-1.
TEST_F(DpopVerifierTest, WantsOneField) {
  const std::string one = client_.proof(kToken);
  const std::string other = client_.proof(kToken);
  EXPECT_EQ(check({}), "proof_missing");
  EXPECT_EQ(check({one, other}), "proof_repeated");
  EXPECT_EQ(check({one, one}), "proof_repeated");
  const std::string joined = one + ", " + other;
  EXPECT_EQ(check({joined}), "proof_malformed");
  for (const auto* text : {"", "a", "a.b.c", "a.b.c.d", "...", "{}"})
    EXPECT_EQ(check({text}), "proof_malformed") << text;
  // None of that has used it up; blanks around it are the field's.
  const std::string padded = " " + one + "\t";
  EXPECT_EQ(check({padded}), "none");
}

// RFC 9449 section 4.3, conformance 9449-4.3-3 to -14 at a resource server.
TEST_F(DpopVerifierTest, RefusesEachFaultOfAProof) {
  for (const auto* claim : {"jti", "htm", "htu", "iat"})
    EXPECT_EQ(check_claims({{claim, nullptr}}), "proof_malformed") << claim;
  EXPECT_EQ(check_claims({{"jti", std::string(10'000, 'x')}}), "proof_malformed");
  EXPECT_EQ(check_claims({{"htu", 7}}), "proof_malformed");
  for (const auto* type : {"JWT", "at+jwt", "dpop", "application/dpop+jwt"}) {
    EXPECT_EQ(check_header({{"typ", type}}), "proof_header_refused") << type;
  }
  EXPECT_EQ(check_header({{"typ", nullptr}}), "proof_header_refused");
  for (const auto* alg : {"none", "HS256", "RS256", "ES384", "PS256"}) {
    EXPECT_EQ(check_header({{"alg", alg}}), "proof_header_refused") << alg;
  }
  EXPECT_EQ(check_header({{"jwk", nullptr}}), "proof_header_refused");
  EXPECT_EQ(check_header({{"jwk", {{"d", "AAAA"}}}}), "proof_header_refused");
  EXPECT_EQ(check_header({{"crit", {"x"}}}), "proof_header_refused");
  EXPECT_EQ(check_header({{"jwk", DpopClient{}.jwk()}}), "proof_signature_wrong");
  EXPECT_EQ(check_header({{"kid", "x"}, {"unheard-of", 1}}), "none");
  EXPECT_EQ(check_claims({{"iss", "x"}, {"unheard-of", 1}}), "none");
}

TEST_F(DpopVerifierTest, RefusesAProofOfAnotherRequest) {
  for (const auto* method : {"POST", "get", "", "GET "}) {
    const std::string proof = client_.proof(kToken);
    EXPECT_EQ(check({proof}, method), "proof_request_mismatch") << method;
  }
  for (const auto* url :
       {"https://api.example.com/orders/1", "https://api.example.com/", "https://other.example.com/orders",
        "http://api.example.com/orders", "https://api.example.com:8443/orders", "orders"}) {
    EXPECT_EQ(check_claims({{"htu", url}}), "proof_request_mismatch") << url;
    const std::string proof = client_.proof(kToken);
    EXPECT_EQ(check({proof}, "GET", url), "proof_request_mismatch") << url;
  }
  // A server that does not know where it is reached can judge no proof.
  EXPECT_EQ(check({client_.proof(kToken)}, "GET", ""), "proof_request_mismatch");
  // Conformance 9449-4.3-9 and -10.
  for (const auto* url : {"https://api.example.com/orders?a=b#c", "HTTPS://API.example.com:443/orders",
                          "https://api.example.com/%6frders", "https://api.example.com/x/../orders"}) {
    EXPECT_EQ(check_claims({{"htu", url}}), "none") << url;
    const std::string proof = client_.proof(kToken);
    EXPECT_EQ(check({proof}, "GET", url), "none") << url;
  }
}

// RFC 9449 section 4.3 points 11 and 12, conformance 9449-4.3-12 and 9449-7-1.
TEST_F(DpopVerifierTest, RefusesAProofOfAnotherTimeOrToken) {
  EXPECT_EQ(check_claims({{"iat", at(-60)}}), "proof_expired");
  EXPECT_EQ(check_claims({{"iat", at(-3600)}}), "proof_expired");
  EXPECT_EQ(check_claims({{"iat", at(11)}}), "proof_not_yet_valid");
  for (const int offset : {-59, -10, 0, 8, 10}) EXPECT_EQ(check_claims({{"iat", at(offset)}}), "none") << offset;
  EXPECT_EQ(check_claims({{"ath", nullptr}}), "proof_token_mismatch");
  EXPECT_EQ(check({client_.proof("another")}), "proof_token_mismatch");
  for (const std::string& ath : {std::string{}, std::string{kToken}, crypto::sha256(kToken).to_base64url() + "="}) {
    EXPECT_EQ(check_claims({{"ath", ath}}), "proof_token_mismatch") << ath;
  }
}

TEST_F(DpopVerifierTest, RefusesTheProofOfAnotherKey) {
  const DpopClient thief;
  const std::string proof = thief.proof(kToken);
  const std::array<std::string_view, 1> fields{proof};
  const auto fault = verifier_.check({"GET", kUrl, {}, fields}, kToken, digest_of(client_.jkt()), kNow);
  EXPECT_EQ(said_of(fault), "proof_key_mismatch");
  EXPECT_EQ(fault->detail, "the token is bound to the key " + client_.jkt() + ", the proof is of " + thief.jkt());
}

// RFC 9449 section 11.1, conformance 9449-4.3-13: single use for each key, URL and jti.
TEST_F(DpopVerifierTest, TakesAProofOnce) {
  const std::string proof = client_.proof(kToken, {{"jti", "same"}});
  EXPECT_EQ(check({proof}), "none");
  EXPECT_EQ(check({proof}), "proof_replayed");
  EXPECT_EQ(check_claims({{"jti", "same"}, {"iat", at(1)}}), "proof_replayed");
  EXPECT_EQ(check_claims({{"jti", "other"}}), "none");
  const std::string elsewhere = client_.proof(kToken, {{"jti", "same"}, {"htu", "https://api.example.com/stock"}});
  EXPECT_EQ(check({elsewhere}, "GET", "https://api.example.com/stock"), "none");
}

// What a stranger sends, or what is refused for another reason, takes no room.
TEST_F(DpopVerifierTest, RemembersGoodProofsAlone) {
  std::set<std::array<std::uint8_t, 32>> remembered;
  DpopOptions options;
  options.remember = [&remembered](const auto& key, std::chrono::sys_seconds until) {
    EXPECT_EQ(until, kNow + seconds{60});
    return remembered.insert(key).second ? ProofUse::first : ProofUse::replay;
  };
  const DpopVerifier verifier{std::move(options)};
  const auto check = [&](const std::string& proof) {
    const std::array<std::string_view, 1> fields{proof};
    return said_of(verifier.check({"GET", kUrl, {}, fields}, kToken, digest_of(client_.jkt()), kNow));
  };
  for (const nlohmann::json& changes :
       {nlohmann::json{{"htm", "POST"}}, nlohmann::json{{"iat", at(-61)}}, nlohmann::json{{"ath", "x"}}}) {
    EXPECT_NE(check(client_.proof(kToken, changes)), "none") << changes;
  }
  EXPECT_EQ(check(DpopClient{}.proof(kToken)), "proof_key_mismatch");
  EXPECT_TRUE(remembered.empty());
  const std::string good = client_.proof(kToken);
  EXPECT_EQ(check(good), "none");
  EXPECT_EQ(check(good), "proof_replayed");
  EXPECT_EQ(remembered.size(), 1U);
}

// Full: nobody is told that a proof was not used before, and nothing is forgotten until it has expired.
TEST_F(DpopVerifierTest, RefusesWhereItCanRememberNoMore) {
  DpopOptions options;
  options.remembered_proofs = 2;
  const DpopVerifier verifier{std::move(options)};
  const auto check = [&](const std::string& proof, int later) {
    const std::array<std::string_view, 1> fields{proof};
    return said_of(verifier.check({"GET", kUrl, {}, fields}, kToken, digest_of(client_.jkt()), kNow + seconds{later}));
  };
  const std::string first = client_.proof(kToken);
  EXPECT_EQ(check(first, 0), "none");
  EXPECT_EQ(check(client_.proof(kToken), 0), "none");
  EXPECT_EQ(check(client_.proof(kToken), 0), "proofs_unavailable");
  EXPECT_EQ(check(first, 59), "proof_replayed");
  EXPECT_EQ(check(client_.proof(kToken, {{"iat", at(80)}}), 80), "none");
}

// docs/adr/0033: what was used before a restart is not known, so it can be told to take nothing from before.
TEST_F(DpopVerifierTest, CanRefuseWhatWasMadeBeforeItsTime) {
  DpopOptions options;
  options.made_since = kNow;
  const DpopVerifier verifier{std::move(options)};
  const auto check = [&](int offset) {
    const std::string proof = client_.proof(kToken, {{"iat", at(offset)}});
    const std::array<std::string_view, 1> fields{proof};
    return said_of(verifier.check({"GET", kUrl, {}, fields}, kToken, digest_of(client_.jkt()), kNow + seconds{5}));
  };
  EXPECT_EQ(check(-1), "proof_before_start");
  EXPECT_EQ(check(0), "none");
}

// RFC 9449 sections 8 and 9, conformance 9449-8-2, 9449-8-4, 9449-9-1.
TEST_F(DpopVerifierTest, CanDemandANonceOfItsOwn) {
  DpopOptions options;
  options.is_nonce_required = true;
  const DpopVerifier verifier{options};
  const DpopVerifier other{options};
  const auto check = [&](const DpopVerifier& asked, const nlohmann::json& nonce, int later = 0) {
    const std::string proof = client_.proof(kToken, {{"nonce", nonce}, {"iat", at(later)}});
    const std::array<std::string_view, 1> fields{proof};
    auto fault = asked.check({"GET", kUrl, {}, fields}, kToken, digest_of(client_.jkt()), kNow + seconds{later});
    return fault ? *std::move(fault) : Fault{RefusalReason::internal, "none"};
  };
  const Fault first = check(verifier, nullptr);
  EXPECT_EQ(first.reason, RefusalReason::proof_nonce_missing);
  EXPECT_EQ(check(verifier, first.dpop_nonce).detail, "none");
  EXPECT_EQ(check(verifier, first.dpop_nonce, 300).detail, "none");
  const Fault late = check(verifier, first.dpop_nonce, 301);
  EXPECT_EQ(late.reason, RefusalReason::proof_nonce_wrong);
  EXPECT_EQ(check(verifier, late.dpop_nonce, 302).detail, "none");
  EXPECT_EQ(check(other, first.dpop_nonce).reason, RefusalReason::proof_nonce_wrong);
  // Those of a token endpoint are none here.
  const auto endpoint = proof::NonceMaker::make("token endpoint", seconds{300});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(check(verifier, *endpoint->issue(kNow)).reason, RefusalReason::proof_nonce_wrong);
  for (const auto* nonce : {"", "x", "eyJ7S_zG.eyJH0-Z.HX4w-7v"}) {
    EXPECT_EQ(check(verifier, nonce).reason, RefusalReason::proof_nonce_wrong) << nonce;
  }
}

// One proof from many threads: one of them gets it.
TEST_F(DpopVerifierTest, GivesAProofToOneOfManyThreads) {
  const std::string proof = client_.proof(kToken);
  const std::array<std::string_view, 1> fields{proof};
  const crypto::Sha256 jkt = digest_of(client_.jkt());
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        if (!verifier_.check({"GET", kUrl, {}, fields}, kToken, jkt, kNow)) ++accepted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

}  // namespace certbound::verifier
