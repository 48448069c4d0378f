#include "verifier/check_claims.hpp"

#include <array>

#include "issuer.hpp"

namespace certbound::verifier {

namespace {

using std::chrono::seconds;
using test::at;

ClaimPolicy policy() { return {test::kIssuer, {test::kAudience, "urn:other"}, Binding::required, seconds{0}}; }

Claims claims_with(const nlohmann::json& changes) {
  auto claims = test::good_claims();
  if (!changes.is_null()) claims.merge_patch(changes);  // a member that is null is removed
  auto parsed = parse_claims(claims.dump());
  if (!parsed) throw std::runtime_error{parsed.error().detail};
  return *std::move(parsed);
}

std::string_view reason(const std::optional<Fault>& fault) { return fault ? name(fault->reason) : "none"; }

std::string_view addressing(const nlohmann::json& changes) {
  return reason(check_addressing(claims_with(changes).token, policy()));
}

std::string_view times(const nlohmann::json& changes, seconds skew = seconds{0}) {
  auto held = policy();
  held.clock_skew = skew;
  return reason(check_times(claims_with(changes).token, held, test::kNow));
}

std::string_view binding(const nlohmann::json& cnf, const Presentation& presented,
                         Binding demanded = Binding::required) {
  auto held = policy();
  held.binding = demanded;
  auto changes = cnf;
  // Of the good token's.
  if (cnf.is_object() && !cnf.contains("x5t#S256")) changes["x5t#S256"] = nullptr;
  return reason(check_binding(claims_with({{"cnf", changes}}), held, presented));
}

std::string_view binding(const nlohmann::json& cnf, const PresentedCertificate& certificate,
                         Binding demanded = Binding::required) {
  return binding(cnf, Presentation{certificate, Scheme::bearer, {}}, demanded);
}

/// Of another key than the one that the token names, if at all.
std::optional<Fault> prove_key(const crypto::Sha256& jkt) {
  if (jkt.to_base64url() == test::kThumbprint) return std::nullopt;
  return Fault{RefusalReason::proof_key_mismatch, "of another key"};
}

}  // namespace

// RFC 9068 section 4: octet by octet.
TEST(CheckAddressing, HoldsToTheIssuer) {
  EXPECT_EQ(addressing({}), "none");
  for (const auto* issuer : {"https://as.example.com/", "https://AS.example.com", "http://as.example.com",
                             "https://as.example.co", "https://as.example.com:443"}) {
    EXPECT_EQ(addressing({{"iss", issuer}}), "issuer_wrong") << issuer;
  }
}

TEST(CheckAddressing, WantsOneOfTheAudiences) {
  EXPECT_EQ(addressing({{"aud", "urn:other"}}), "none");
  EXPECT_EQ(addressing({{"aud", {"x", test::kAudience}}}), "none");
  for (const auto* audience :
       {"https://api.example.com/", "https://api.example.comx", "https://api.example.co", "API", "*"}) {
    EXPECT_EQ(addressing({{"aud", audience}}), "audience_wrong") << audience;
  }
  EXPECT_EQ(addressing({{"aud", {"x", "y"}}}), "audience_wrong");
}

// RFC 7519 section 4.1.4: on or after the expiration time it is not accepted.
TEST(CheckTimes, EndsAtExp) {
  EXPECT_EQ(times({{"exp", at(1)}}), "none");
  EXPECT_EQ(times({{"exp", at(0)}}), "expired");
  EXPECT_EQ(times({{"exp", at(-10)}}, seconds{10}), "expired");
  EXPECT_EQ(times({{"exp", at(-9)}}, seconds{10}), "none");
}

TEST(CheckTimes, BeginsAtNbfAndIat) {
  EXPECT_EQ(times({{"iat", at(0)}}), "none");
  EXPECT_EQ(times({{"iat", at(1)}}), "not_yet_valid");
  EXPECT_EQ(times({{"nbf", at(1)}}), "not_yet_valid");
  EXPECT_EQ(times({{"nbf", at(0)}}), "none");
  EXPECT_EQ(times({{"nbf", at(10)}}, seconds{10}), "none");
  EXPECT_EQ(times({{"nbf", at(11)}}, seconds{10}), "not_yet_valid");
  EXPECT_EQ(times({{"iat", at(11)}, {"nbf", at(-60)}}, seconds{10}), "not_yet_valid");
}

// RFC 8705 section 3, conformance 8705-3-3.
TEST(CheckBinding, WantsTheCertificateOfTheToken) {
  const nlohmann::json cnf{{"x5t#S256", test::kThumbprint}};
  for (const Binding demanded : {Binding::required, Binding::when_bound}) {
    EXPECT_EQ(binding(cnf, test::presented(), demanded), "none");
    EXPECT_EQ(binding(cnf, test::other_presented(), demanded), "certificate_mismatch");
    EXPECT_EQ(binding(cnf, PresentedCertificate::none(), demanded), "certificate_missing");
    EXPECT_EQ(binding(cnf, PresentedCertificate::from_pem("x"), demanded), "certificate_malformed");
  }
}

TEST(CheckBinding, AcceptsAnUnboundTokenOnlyWhereThatIsSaid) {
  EXPECT_EQ(binding(nullptr, test::presented()), "confirmation_missing");
  EXPECT_EQ(binding(nullptr, PresentedCertificate::none()), "confirmation_missing");
  EXPECT_EQ(binding(nullptr, test::presented(), Binding::when_bound), "none");
  EXPECT_EQ(binding(nullptr, PresentedCertificate::none(), Binding::when_bound), "none");
  // What is malformed is no absence.
  EXPECT_EQ(binding(nullptr, PresentedCertificate::from_pem("x"), Binding::when_bound), "certificate_malformed");
}

// lessons.md section 3: a bound token accepted as a bearer token, `jkt` never compared.
TEST(CheckBinding, RefusesEveryConfirmationThatItDoesNotUnderstand) {
  for (const auto* member :
       {"JKT", "jkt#S256", "jwk", "jwe", "kid", "jku", "x5t", "x5t#s256", "x5t#S512", "osc", "unheard-of"}) {
    for (const Binding demanded : {Binding::required, Binding::when_bound}) {
      EXPECT_EQ(binding({{member, "x"}}, test::presented(), demanded), "confirmation_unknown") << member;
      EXPECT_EQ(binding({{member, "x"}, {"x5t#S256", test::kThumbprint}}, test::presented(), demanded),
                "confirmation_unknown")
          << member;
      const auto certificate = test::presented();
      EXPECT_EQ(binding({{member, "x"}, {"jkt", test::kThumbprint}}, {certificate, Scheme::dpop, &prove_key}, demanded),
                "confirmation_unknown")
          << member;
    }
  }
}

// RFC 9449 section 7.2, conformance 9449-7-3 and 9449-7-4: scheme and binding agree.
TEST(CheckBinding, WantsTheSchemeThatGoesWithTheToken) {
  const nlohmann::json key{{"jkt", test::kThumbprint}};
  const nlohmann::json certificate{{"x5t#S256", test::kThumbprint}};
  const auto shown = test::presented();
  for (const Binding demanded : {Binding::required, Binding::when_bound}) {
    EXPECT_EQ(binding(key, {shown, Scheme::dpop, &prove_key}, demanded), "none");
    EXPECT_EQ(binding(key, {shown, Scheme::bearer, &prove_key}, demanded), "scheme_wrong");
    EXPECT_EQ(binding(certificate, {shown, Scheme::bearer, &prove_key}, demanded), "none");
    EXPECT_EQ(binding(certificate, {shown, Scheme::dpop, &prove_key}, demanded), "scheme_wrong");
  }
  EXPECT_EQ(binding(nullptr, {shown, Scheme::bearer, &prove_key}, Binding::when_bound), "none");
  EXPECT_EQ(binding(nullptr, {shown, Scheme::dpop, &prove_key}, Binding::when_bound), "scheme_wrong");
}

// Whoever looks at no proof accepts no token that needs one.
TEST(CheckBinding, RefusesABoundTokenWhereProofsAreNotLookedAt) {
  for (const Binding demanded : {Binding::required, Binding::when_bound}) {
    EXPECT_EQ(binding({{"jkt", test::kThumbprint}}, test::presented(), demanded), "proof_missing");
    EXPECT_EQ(binding({{"jkt", test::kThumbprint}, {"x5t#S256", test::kThumbprint}}, test::presented(), demanded),
              "proof_missing");
  }
}

// Conformance DPoP+mTLS-2.
TEST(CheckBinding, WantsBothProofsWhereTheTokenNamesBoth) {
  const auto right = test::presented();
  const auto wrong = test::other_presented();
  const auto none = PresentedCertificate::none();
  const auto with = [](const char* jkt) { return nlohmann::json{{"x5t#S256", test::kThumbprint}, {"jkt", jkt}}; };
  EXPECT_EQ(binding(with(test::kThumbprint), {right, Scheme::dpop, &prove_key}), "none");
  EXPECT_EQ(binding(with(test::kThumbprint), {wrong, Scheme::dpop, &prove_key}), "certificate_mismatch");
  EXPECT_EQ(binding(with(test::kThumbprint), {none, Scheme::dpop, &prove_key}), "certificate_missing");
  EXPECT_EQ(binding(with(test::kOtherThumbprint), {right, Scheme::dpop, &prove_key}), "proof_key_mismatch");
}

TEST(CheckBinding, CanDemandTheCertificate) {
  const auto shown = test::presented();
  const nlohmann::json key{{"jkt", test::kThumbprint}};
  const nlohmann::json both{{"jkt", test::kThumbprint}, {"x5t#S256", test::kThumbprint}};
  EXPECT_EQ(binding({{"x5t#S256", test::kThumbprint}}, shown, Binding::certificate), "none");
  EXPECT_EQ(binding(nullptr, shown, Binding::certificate), "confirmation_missing");
  EXPECT_EQ(binding(key, {shown, Scheme::dpop, &prove_key}, Binding::certificate), "confirmation_missing");
  EXPECT_EQ(binding(both, {shown, Scheme::dpop, &prove_key}, Binding::certificate), "none");
}

// A proof is used up by its check: nothing that fails without it may cost one.
TEST(CheckBinding, LooksAtTheProofLast) {
  int asked = 0;
  const auto count = [&asked](const crypto::Sha256&) {
    ++asked;
    return std::optional<Fault>{};
  };
  const nlohmann::json both{{"jkt", test::kThumbprint}, {"x5t#S256", test::kThumbprint}};
  const auto wrong = test::other_presented();
  const auto right = test::presented();
  EXPECT_EQ(binding(both, {wrong, Scheme::dpop, count}), "certificate_mismatch");
  EXPECT_EQ(binding(both, {right, Scheme::bearer, count}), "scheme_wrong");
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(binding(both, {right, Scheme::dpop, count}), "none");
  EXPECT_EQ(asked, 1);
}

TEST(CheckBinding, TellsTheLogBothThumbprints) {
  const auto shown = test::other_presented();
  const auto fault = check_binding(claims_with({}), policy(), {shown, Scheme::bearer, {}});
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->detail, std::string{"the token is bound to "} + test::kThumbprint + ", the peer presented " +
                               test::kOtherThumbprint);
}

TEST(CheckScopes, WantsAllOfThem) {
  const auto check = [](std::initializer_list<std::string_view> required) {
    return reason(check_scopes(claims_with({}).token, {required.begin(), required.size()}));
  };
  EXPECT_EQ(check({}), "none");
  EXPECT_EQ(check({"orders.read"}), "none");
  EXPECT_EQ(check({"orders.write", "orders.read"}), "none");
  for (const std::string_view scope : {"orders", "orders.rea", "Orders.read", "orders.read orders.write", "", "*"}) {
    EXPECT_EQ(check({scope}), "scope_missing") << scope;
    EXPECT_EQ(check({"orders.read", scope}), "scope_missing") << scope;
  }
}

// What tells more of the token comes later: whoever holds it without the key of its certificate hears of no scope.
TEST(CheckClaims, GoesThroughAllChecksInOrder) {
  const std::array<std::string_view, 1> missing{"orders.delete"};
  const auto check = [&](const nlohmann::json& changes, const PresentedCertificate& certificate, bool is_denied) {
    const FindDenial find_denial = [is_denied](const AccessToken&) -> std::optional<Fault> {
      if (!is_denied) return std::nullopt;
      return Fault{RefusalReason::denied, "denied"};
    };
    return reason(check_claims(claims_with(changes), policy(), test::kNow, find_denial,
                               {certificate, Scheme::bearer, {}}, missing));
  };
  const nlohmann::json old{{"exp", at(0)}};
  const nlohmann::json stranger{{"exp", at(0)}, {"iss", "https://other.example"}};
  EXPECT_EQ(check(stranger, test::other_presented(), true), "issuer_wrong");
  EXPECT_EQ(check(old, test::other_presented(), true), "expired");
  EXPECT_EQ(check({}, test::other_presented(), true), "denied");
  EXPECT_EQ(check({}, test::other_presented(), false), "certificate_mismatch");
  EXPECT_EQ(check({}, test::presented(), false), "scope_missing");
  const FindDenial nobody = [](const AccessToken&) { return std::optional<Fault>{}; };
  const auto shown = test::presented();
  EXPECT_EQ(reason(check_claims(claims_with({}), policy(), test::kNow, nobody, {shown, Scheme::bearer, {}}, {})),
            "none");
}

}  // namespace certbound::verifier
