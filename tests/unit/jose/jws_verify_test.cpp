#include "jose/jws_verify.hpp"

#include <array>

#include "base/text.hpp"
#include "jose/jws_sign.hpp"
#include "vectors.hpp"

namespace certbound::jose {

namespace {

constexpr std::array<std::string_view, 11> kAll{"ES256", "ES384", "ES512", "PS256", "PS384",  "PS512",
                                                "RS256", "RS384", "RS512", "EdDSA", "Ed25519"};

/// Why it is refused; empty where it verifies.
std::string token_refusal(std::string_view token, std::span<const Jwk> keys,
                          std::span<const std::string_view> algorithms = kAll) {
  const auto verified = verify_compact(token, keys, algorithms);
  if (verified) return {};
  EXPECT_EQ(verified.error().code, ErrorCode::invalid_request);
  return verified.error().detail;
}

std::string token_of(const char* algorithm) {
  return test::load_vectors("python_cryptography").at("tokens").at(algorithm).at("jws").get<std::string>();
}

std::vector<Jwk> named_keys(std::initializer_list<std::pair<const char*, const char*>> names) {
  std::vector<Jwk> keys;
  for (const auto& [key, kid] : names) {
    auto value = test::load_jwk(key);
    if (*kid != '\0') value["kid"] = kid;
    keys.push_back(std::move(test::make_keys(value).front()));
  }
  return keys;
}

std::string signed_token(const std::string& header, const std::string& payload = "{}") {
  auto signer = Signer::make(*test::load_private_key("p256"), model::SigningAlgorithm::es256);
  return *sign_compact(*signer, header, payload);
}

}  // namespace

// RFC 7515 appendices A.2, A.3, A.4; RFC 7520 section 4.2; RFC 8037 appendix A.4.
TEST(VerifyCompact, AcceptsThePublishedTokens) {
  const auto rfc7515 = test::load_vectors("rfc7515");
  for (const auto* name : {"a2_rs256", "a3_es256", "a4_es512"}) {
    const auto& vector = rfc7515.at(name);
    EXPECT_EQ(token_refusal(vector.at("jws").get<std::string>(), test::make_keys(vector.at("jwk"))), "") << name;
  }
  const auto rfc7520 = test::load_vectors("rfc7520");
  EXPECT_EQ(token_refusal(rfc7520.at("ps384").get<std::string>(), test::make_keys(rfc7520.at("jwk"))), "");
  const auto rfc8037 = test::load_vectors("rfc8037");
  EXPECT_EQ(token_refusal(rfc8037.at("jws").get<std::string>(), test::make_keys(rfc8037.at("jwk"))), "");
}

// RFC 9449: the three proofs, by the key that their header carries and that the caller takes from there.
TEST(VerifyCompact, AcceptsThePublishedProofs) {
  const auto vectors = test::load_vectors("rfc9449");
  for (const auto* name : {"token_request_proof", "refresh_proof", "resource_proof"}) {
    const auto token = vectors.at(name).get<std::string>();
    const auto jws = split_compact(token);
    ASSERT_TRUE(jws) << name;
    const auto header = parse_json(jws->header_json);
    ASSERT_TRUE(header);
    const auto keys = test::make_keys(header->at("jwk"));
    EXPECT_EQ(keys.front().thumbprint.to_base64url(), vectors.at("thumbprint"));
    EXPECT_EQ(token_refusal(token, keys), "") << name;
  }
}

TEST(VerifyCompact, AcceptsEveryAlgorithmOfAnotherTool) {
  const auto tokens = test::load_vectors("python_cryptography").at("tokens");
  EXPECT_EQ(tokens.size(), kAll.size());
  for (const auto& [algorithm, vector] : tokens.items()) {
    const auto keys = test::make_keys(test::load_jwk(vector.at("key").get<std::string>()));
    const auto verified =
        verify_compact(vector.at("jws").get<std::string>(), keys, std::array<std::string_view, 1>{algorithm});
    ASSERT_TRUE(verified) << algorithm << ": " << verified.error().detail;
    EXPECT_EQ(verified->header_json, "{\"alg\":\"" + algorithm + "\"}");
    EXPECT_EQ(verified->payload, R"({"iss":"vectors","n":1})");
    EXPECT_EQ(verified->kid, "");
  }
}

// JOSE-2 to JOSE-6, JOSE-15, JOSE-19: each is signed by the right key, or would be accepted by a verifier that is lax.
TEST(VerifyCompact, RefusesEveryTokenOfTheList) {
  const auto refused = test::load_vectors("python_cryptography").at("refused");
  EXPECT_EQ(refused.size(), 31U);
  for (const auto& [name, vector] : refused.items()) {
    const auto keys = test::make_keys(test::load_jwk(vector.at("key").get<std::string>()));
    EXPECT_NE(token_refusal(vector.at("jws").get<std::string>(), keys), "") << name;
  }
}

TEST(VerifyCompact, SaysWhatItRefuses) {
  const auto refused = test::load_vectors("python_cryptography").at("refused");
  const auto why = [&refused](const char* name) {
    const auto& vector = refused.at(name);
    const auto keys = test::make_keys(test::load_jwk(vector.at("key").get<std::string>()));
    return token_refusal(vector.at("jws").get<std::string>(), keys);
  };
  EXPECT_EQ(why("es256_der").substr(0, 15), "a signature of ");
  EXPECT_EQ(why("es256_r_zero"), "r or s of the signature is zero");
  EXPECT_EQ(why("es256_s_zero"), "r or s of the signature is zero");
  EXPECT_EQ(why("es256_r_order"), "the signature is wrong");
  EXPECT_EQ(why("es256_r_plus_zero_octet"), "a signature of 65 octets; ES256 with that key has 64");
  EXPECT_EQ(why("es256_by_p384"), "alg: no key for ES256");
  EXPECT_EQ(why("es384_by_p256"), "alg: no key for ES384");
  EXPECT_EQ(why("ps256_salt_0"), "the signature is wrong");
  EXPECT_EQ(why("ps256_salt_20"), "the signature is wrong");
  EXPECT_EQ(why("ps256_salt_maximum"), "the signature is wrong");
  EXPECT_EQ(why("ps256_mgf1_sha1"), "the signature is wrong");
  EXPECT_EQ(why("rs256_is_ps256"), "the signature is wrong");
  EXPECT_EQ(why("rs256_short"), "a signature of 255 octets; RS256 with that key has 256");
  EXPECT_EQ(why("hs256_with_public_key_pem"), "alg: \"HS256\" is not accepted here");
  EXPECT_EQ(why("crit"), "crit: no extension is understood");
  EXPECT_EQ(why("crit_empty"), "crit: no extension is understood");
  EXPECT_EQ(why("b64_false_without_crit"), "b64: not supported (RFC 7797)");
  EXPECT_EQ(why("alg_in_lower_case"), "alg: \"es256\" is not accepted here");
  EXPECT_EQ(why("alg_is_a_number"), "alg: missing or not a string");
  EXPECT_EQ(why("kid_is_a_number"), "kid: not a string");
  EXPECT_EQ(why("kid_path"), "kid: no key is named \"../../etc/passwd\"");
}

TEST(VerifyCompact, SaysWhichStepRefused) {
  const auto keys = named_keys({{"p256", "a"}});
  const auto step_of = [&keys](const std::string& token) {
    JwsStep step{};
    EXPECT_FALSE(verify_compact(token, keys, kAll, step)) << token;
    return step;
  };
  EXPECT_EQ(step_of("e30.e30"), JwsStep::take_apart);
  EXPECT_EQ(step_of(signed_token("[]")), JwsStep::take_apart);
  EXPECT_EQ(step_of(signed_token(R"({"alg":"none"})")), JwsStep::choose);
  EXPECT_EQ(step_of(signed_token(R"({"alg":"ES256","crit":["x"]})")), JwsStep::choose);
  EXPECT_EQ(step_of(signed_token(R"({"alg":"ES256","kid":"b"})")), JwsStep::find_key);
  EXPECT_EQ(step_of(signed_token(R"({"alg":"RS256","kid":"a"})")), JwsStep::find_key);
  auto token = signed_token(R"({"alg":"ES256","kid":"a"})");
  JwsStep step{};
  EXPECT_TRUE(verify_compact(token, keys, kAll, step));
  EXPECT_EQ(step, JwsStep::verify);
  token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(step_of(token), JwsStep::verify);
}

// RFC 7515 appendices A.1 and A.5; RFC 8725 section 3.1. Also where a careless caller lists them.
TEST(VerifyCompact, RefusesNoneAndHmac) {
  const auto vectors = test::load_vectors("rfc7515");
  const auto keys = named_keys({{"p256", ""}, {"rsa2048", ""}});
  constexpr std::array<std::string_view, 3> kCareless{"none", "HS256", "ES256"};
  EXPECT_EQ(token_refusal(vectors.at("a5_none").at("jws").get<std::string>(), keys, kCareless),
            "alg: \"none\" is not accepted here");
  EXPECT_EQ(token_refusal(vectors.at("a1_hs256").at("jws").get<std::string>(), keys, kCareless),
            "alg: \"HS256\" is not accepted here");
  for (const auto* none : {"None", "NONE", "nOnE", ""}) {
    const auto token = base64url_encode(as_bytes("{\"alg\":\"" + std::string{none} + "\"}")) + ".e30.";
    EXPECT_NE(token_refusal(token, keys, kCareless), "") << none;
  }
}

// RFC 8725 section 3.1: the header selects from the list and adds nothing to it.
TEST(VerifyCompact, HoldsToTheAllowList) {
  const auto keys = named_keys({{"rsa2048", ""}});
  EXPECT_EQ(token_refusal(token_of("RS256"), keys, std::array<std::string_view, 2>{"PS256", "ES256"}),
            "alg: \"RS256\" is not accepted here");
  EXPECT_EQ(token_refusal(token_of("PS256"), keys, std::array<std::string_view, 2>{"PS256", "ES256"}), "");
  EXPECT_NE(token_refusal(token_of("PS256"), keys, std::span<const std::string_view>{}), "");
}

// D10: both names of one algorithm are accepted where either is listed.
TEST(VerifyCompact, TakesTheTwoNamesOfEd25519ForOne) {
  const auto keys = named_keys({{"ed25519", ""}});
  for (const char* listed : {"EdDSA", "Ed25519"}) {
    for (const char* named : {"EdDSA", "Ed25519"}) {
      EXPECT_EQ(token_refusal(token_of(named), keys, std::array<std::string_view, 1>{listed}), "") << listed << named;
    }
    EXPECT_NE(token_refusal(token_of("ES256"), named_keys({{"p256", ""}}), std::array<std::string_view, 1>{listed}),
              "");
  }
}

// RFC 8725 section 3.1: a key that names its algorithm is for no other.
TEST(VerifyCompact, HoldsToTheAlgorithmOfTheKey) {
  const auto refusal_with = [](const char* key, const char* key_algorithm, const char* algorithm) {
    auto value = test::load_jwk(key);
    value["alg"] = key_algorithm;
    return token_refusal(token_of(algorithm), test::make_keys(value));
  };
  EXPECT_EQ(refusal_with("rsa2048", "PS256", "PS256"), "");
  EXPECT_EQ(refusal_with("rsa2048", "PS256", "RS256"), "alg: no key for RS256");
  EXPECT_EQ(refusal_with("rsa2048", "RSA-OAEP", "RS256"), "alg: no key for RS256");
  EXPECT_EQ(refusal_with("ed25519", "EdDSA", "Ed25519"), "");
  EXPECT_EQ(refusal_with("ed25519", "Ed25519", "EdDSA"), "");
}

// RFC 7517 sections 4.2 and 4.3.
TEST(VerifyCompact, HoldsToTheUseOfTheKey) {
  auto value = test::load_jwk("p256");
  value["use"] = "enc";
  EXPECT_EQ(token_refusal(token_of("ES256"), test::make_keys(value)), "alg: no key for ES256");
  value["use"] = "sig";
  EXPECT_EQ(token_refusal(token_of("ES256"), test::make_keys(value)), "");
  value["key_ops"] = {"encrypt"};
  EXPECT_EQ(token_refusal(token_of("ES256"), test::make_keys(value)), "alg: no key for ES256");
}

TEST(VerifyCompact, TriesTheKeysOfTheFittingTypeWithoutKid) {
  const auto keys =
      named_keys({{"rsa2048", "r"}, {"p256_x_leading_zero", "other"}, {"p256", "right"}, {"ed25519", "e"}});
  const auto verified = verify_compact(token_of("ES256"), keys, kAll);
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->kid, "right");
  EXPECT_EQ(token_refusal(token_of("ES256"), named_keys({{"p256_x_leading_zero", ""}, {"p256_y_leading_zero", ""}})),
            "the signature is wrong");
  EXPECT_EQ(token_refusal(token_of("ES256"), std::vector<Jwk>{}), "alg: no key for ES256");
}

// RFC 7515 section 4.1.4: `kid` decides; another key that would verify is not asked.
TEST(VerifyCompact, UsesTheKeyThatKidNamesAndNoOther) {
  const auto token = signed_token(R"({"alg":"ES256","kid":"a"})");
  const auto verified = verify_compact(token, named_keys({{"p256_x_leading_zero", "b"}, {"p256", "a"}}), kAll);
  ASSERT_TRUE(verified) << verified.error().detail;
  EXPECT_EQ(verified->kid, "a");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256_x_leading_zero", "a"}, {"p256", "b"}})), "the signature is wrong");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256", "b"}, {"p256", ""}})), "kid: no key is named \"a\"");
  EXPECT_EQ(token_refusal(token, named_keys({{"rsa2048", "a"}, {"p256", "b"}})), "alg: no key for ES256");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256", "a"}, {"p256_x_leading_zero", "a"}})),
            "kid: several keys are named \"a\"");
}

// The same, where keys come without names: one of those may be meant.
TEST(VerifyCompact, TriesNamelessKeysWhereItIsToldTo) {
  const auto token = signed_token(R"({"alg":"ES256","kid":"a"})");
  const auto step_of = [&token](const std::vector<Jwk>& keys) {
    JwsStep step{};
    const auto verified = verify_compact(token, keys, kAll, step, kMaximumJwsBytes, Nameless::tried);
    return verified ? "verified" : verified.error().detail;
  };
  EXPECT_EQ(step_of(named_keys({{"p256_x_leading_zero", ""}, {"p256", ""}})), "verified");
  EXPECT_EQ(step_of(named_keys({{"p256_x_leading_zero", "a"}, {"p256", ""}})), "verified");
  EXPECT_EQ(step_of(named_keys({{"p256_x_leading_zero", ""}, {"p256", "a"}})), "verified");
  EXPECT_EQ(step_of(named_keys({{"p256_x_leading_zero", ""}, {"p256", "b"}})), "the signature is wrong");
  EXPECT_EQ(step_of(named_keys({{"p256", "b"}})), "kid: no key is named \"a\"");
}

// RFC 7517 section 4.5: keys of different `kty` may share a `kid`.
TEST(VerifyCompact, TellsKeysOfOneKidApartByType) {
  const auto token = signed_token(R"({"alg":"ES256","kid":"a"})");
  EXPECT_EQ(token_refusal(token, named_keys({{"rsa2048", "a"}, {"p256", "a"}})), "");
}

TEST(VerifyCompact, BoundsTheKeysThatItTries) {
  const auto keys_with_p256_at_the_end = [](int before) {
    std::vector<Jwk> keys;
    for (int i = 0; i < before; ++i) keys.push_back(std::move(named_keys({{"p256_x_leading_zero", ""}}).front()));
    keys.push_back(std::move(named_keys({{"p256", ""}}).front()));
    return keys;
  };
  EXPECT_EQ(token_refusal(token_of("ES256"), keys_with_p256_at_the_end(15)), "");
  EXPECT_EQ(token_refusal(token_of("ES256"), keys_with_p256_at_the_end(16)),
            "kid: it names no one key, and more than 16 would have to be tried");
}

// A stranger's text in our log: cut and escaped.
TEST(VerifyCompact, EscapesWhatItQuotes) {
  const auto token = signed_token(R"({"alg":"ES256","kid":"a\"\nb)" + std::string(200, 'x') + R"("})");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256", ""}})),
            R"(kid: no key is named "a\"\nb)" + std::string(60, 'x') + "\"");
}

// RFC 7515 section 4.1: headers that name a key or a place to get one are not looked at.
TEST(VerifyCompact, IgnoresKeysThatTheHeaderBrings) {
  const auto attacker = test::load_jwk("p256").dump();
  const auto token =
      signed_token(R"({"alg":"ES256","jku":"https://127.0.0.1/","x5u":"https://127.0.0.1/","jwk":)" + attacker + "}");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256_x_leading_zero", ""}})), "the signature is wrong");
  EXPECT_EQ(token_refusal(token, named_keys({{"p256", ""}})), "");
}

TEST(VerifyCompact, RefusesAnyChangedOctet) {
  const auto keys = named_keys({{"p256", ""}});
  const auto token = token_of("ES256");
  ASSERT_EQ(token_refusal(token, keys), "");
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(token_refusal(changed, keys), "") << i;
    EXPECT_NE(token_refusal(std::string_view{token}.substr(0, i), keys), "") << i;
  }
}

// RFC 7515 section 7.1.
TEST(SplitCompact, TakesATokenApart) {
  const auto jws = split_compact("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.AQI");
  ASSERT_TRUE(jws) << jws.error().detail;
  EXPECT_EQ(jws->header_json, R"({"alg":"none"})");
  EXPECT_EQ(jws->payload, R"({"a":1})");
  EXPECT_EQ(jws->signature, (Bytes{1, 2}));
  EXPECT_EQ(jws->signing_input, "eyJhbGciOiJub25lIn0.eyJhIjoxfQ");
}

TEST(SplitCompact, AcceptsEmptyPayloadAndSignature) {
  const auto jws = split_compact("e30..");
  ASSERT_TRUE(jws) << jws.error().detail;
  EXPECT_EQ(jws->header_json, "{}");
  EXPECT_TRUE(jws->payload.empty());
  EXPECT_TRUE(jws->signature.empty());
  EXPECT_EQ(jws->signing_input, "e30.");
}

// RFC 8725bis: three parts and nothing else; no JSON serialisation; no JWE with its five.
TEST(SplitCompact, RefusesAnotherNumberOfParts) {
  for (const auto* token :
       {"", ".", "e30", "e30.e30", "e30.e30.AQI.", "e30.e30.AQI.AQI", "e30.a.b.c.d", "{\"payload\":\"\"}"}) {
    const auto jws = split_compact(token);
    ASSERT_FALSE(jws) << token;
    EXPECT_EQ(jws.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(jws.error().detail.find("a compact JWS has three parts, not "), 0U) << jws.error().detail;
  }
}

// RFC 7515 section 2: no padding, white space, other alphabet, or unused bits that are set.
TEST(SplitCompact, RefusesAnotherSpelling) {
  for (const auto* token :
       {"e30=.e30.AQI", "e30.e30=.AQI", "e30.e30.AQI=", "e30.e30.AQI\n", " e30.e30.AQI", "e30.e3 0.AQI", "e30.e30.A+I",
        "e30.e30.A/I", "e30.e30.AQJ", "e31.e30.AQI", "e30.e30.A", "e30.e30.AQ\xc3\xa9"}) {
    const auto jws = split_compact(token);
    ASSERT_FALSE(jws) << token;
    EXPECT_NE(jws.error().detail.find("is not base64url without padding"), std::string::npos) << jws.error().detail;
  }
}

// RFC 7515 section 5.2 step 4: members are not repeated.
TEST(SplitCompact, RefusesAHeaderThatIsNoObjectOfDistinctMembers) {
  for (const auto* header :
       {R"({"alg":"ES256","alg":"none"})", R"({"alg":"ES256","\u0061lg":"none"})", R"(["ES256"])", R"("ES256")", "null",
        "7", "", "{", "{}{}", "{} x", "\xff", "{\"alg\":\"\xff\"}", R"({"jwk":{"kty":"EC","kty":"RSA"}})"}) {
    const auto token = base64url_encode(as_bytes(header)) + ".e30.AQI";
    EXPECT_FALSE(split_compact(token)) << header;
  }
}

// What stands behind a NUL would be signed and not seen.
TEST(SplitCompact, RefusesAHeaderWithANul) {
  constexpr std::string_view kHeader{"{\"alg\":\"ES256\"}\0{\"crit\":[\"x\"]}", 31};
  EXPECT_FALSE(split_compact(base64url_encode(as_bytes(kHeader)) + ".e30.AQI"));
}

TEST(SplitCompact, RefusesDeepNestingAndLength) {
  const std::string deep = "{\"a\":" + std::string(10000, '[') + std::string(10000, ']') + "}";
  EXPECT_FALSE(split_compact(base64url_encode(as_bytes(deep)) + ".e30.AQI"));

  const std::string longest = "e30." + std::string(64UL * 1024 - 4 - 4, 'A') + ".AQI";
  ASSERT_EQ(longest.size(), 64UL * 1024);
  EXPECT_TRUE(split_compact(longest));
  const auto longer = split_compact("e30." + std::string(64UL * 1024, 'A') + ".AQI");
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().detail, "a JWS larger than 64 KiB");
}

}  // namespace certbound::jose
