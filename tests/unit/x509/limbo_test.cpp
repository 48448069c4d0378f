#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "x509/trust_store.hpp"

// C2SP/x509-limbo with the purposes swapped: see tests/fixtures/limbo/README.md.
namespace certbound::x509 {

namespace {

// Where a case names no time. Within the validity of every certificate that a case without a time expects to be valid.
constexpr WallTime kLimboNow{std::chrono::seconds{1768478400}};

nlohmann::json load_limbo(const std::string& name) {
  std::ifstream file{std::string{CERTBOUND_FIXTURES} + "/limbo/" + name};
  return nlohmann::json::parse(file);
}

/// False where one cannot be parsed: the peer, or the operator, has no certificate then.
bool parse_all(const nlohmann::json& pems, std::vector<Certificate>& certificates) {
  for (const auto& pem : pems) {
    auto parsed = parse_pem_certificates(pem.get<std::string>());
    if (!parsed) return false;
    certificates.insert(certificates.end(), parsed->begin(), parsed->end());
  }
  return true;
}

TrustStore::Query query_of(const nlohmann::json& limbo_case) {
  TrustStore::Query query;
  query.now = kLimboNow;
  if (const auto& time = limbo_case.at("validation_time"); time.is_string()) {
    auto parsed = parse_time(time.get<std::string>());
    EXPECT_TRUE(parsed) << time;
    query.now = *parsed;
  }
  if (const auto& depth = limbo_case.at("max_chain_depth"); depth.is_number()) query.limits.depth = depth.get<int>();
  // cve::cve-2024-0567 sends nine intermediates to hide the one that counts; the bound on what a peer may send is
  // another test's.
  query.limits.certificates = 16;
  return query;
}

Result<VerifiedPath> run_limbo_case(const nlohmann::json& limbo_case) {
  std::vector<Certificate> anchors;
  std::vector<Certificate> untrusted;
  std::vector<Certificate> leaf;
  if (!parse_all(limbo_case.at("trusted_certs"), anchors) ||
      !parse_all(limbo_case.at("untrusted_intermediates"), untrusted) ||
      !parse_all(nlohmann::json::array({limbo_case.at("peer_certificate")}), leaf)) {
    return invalid_input("a certificate does not parse");
  }
  const auto store = TrustStore::make(limbo_case.at("id").get<std::string>(), anchors, {}, true);
  if (!store) return store.error();
  const auto& pems = limbo_case.at("crls");
  if (pems.empty()) return (*store)->verify(leaf.front(), untrusted, query_of(limbo_case));
  std::vector<std::shared_ptr<const Crl>> crls;
  for (const auto& pem : pems) {
    auto parsed = parse_crls(pem.get<std::string>(), anchors);
    if (!parsed) return parsed.error();
    crls.insert(crls.end(), parsed->begin(), parsed->end());
  }
  const auto checking = (*store)->with_revocation({RevocationMode::require, std::move(crls)});
  return checking->verify(leaf.front(), untrusted, query_of(limbo_case));
}

}  // namespace

TEST(Limbo, EveryExpectedVerdictIsOurs) {
  const auto expected = load_limbo("limbo-expect.json").at("expected").get<std::map<std::string, std::string>>();
  const auto cases = load_limbo("limbo-client.json");
  std::size_t compared = 0;
  for (const auto& limbo_case : cases.at("testcases")) {
    const auto found = expected.find(limbo_case.at("id").get<std::string>());
    if (found == expected.end()) continue;
    const auto verdict = run_limbo_case(limbo_case);

    EXPECT_EQ(verdict ? "SUCCESS" : "FAILURE", found->second)
        << found->first << ": " << (verdict ? "accepted" : verdict.error().detail);
    ++compared;
  }
  EXPECT_EQ(compared, 126U);
}

// A chain that is refused for the wrong reason passes the test above and fails the operator.
TEST(Limbo, RefusalsHaveTheirReason) {
  const std::map<std::string, Reason> reasons{
      {"pathlen::intermediate-violates-pathlen-0", Reason::ca_invalid},
      {"pathlen::max-chain-depth-0-exhausted", Reason::chain_too_long},
      {"pathlen::max-chain-depth-1-exhausted", Reason::chain_too_long},
      {"pathological::pathological-chain-distinct-subject-distinct-key", Reason::chain_too_long},
      {"rfc5280::aki::leaf-missing-aki", Reason::not_strict},
      {"rfc5280::eku::ee-wrong-eku", Reason::wrong_purpose},
      {"rfc5280::nc::permitted-dns-mismatch", Reason::name_constraints_violated},
      {"rfc5280::nc::excluded-ipv6-match", Reason::name_constraints_violated},
      {"rfc5280::validity::expired-leaf", Reason::certificate_expired},
      {"rfc5280::validity::expired-intermediate", Reason::certificate_expired},
      {"rfc5280::validity::not-yet-valid-1-second", Reason::certificate_not_yet_valid},
      {"rfc5280::unknown-critical-extension-ee", Reason::unsupported_critical_extension},
      {"rfc5280::unknown-critical-extension-intermediate", Reason::unsupported_critical_extension},
      {"rfc5280::intermediate-ca-without-ca-bit", Reason::ca_invalid},
      {"webpki::cryptographydotio-chain-missing-intermediate", Reason::issuer_missing},
      {"webpki::forbidden-weak-rsa-in-leaf", Reason::weak_key},
      {"webpki::explicit-curve", Reason::certificate_unusable},
      {"rfc5280::duplicate-extensions", Reason::chain_invalid},
      {"rfc5280::ica-ku-keycertsign", Reason::issuer_missing},
      {"rfc5280::mismatching-signature-algorithm", Reason::bad_signature},
      {"crl::revoked-certificate-with-crl", Reason::certificate_revoked},
      {"crl::crlnumber-critical", Reason::invalid_input},
      {"crl::issuer-missing-crlsign", Reason::invalid_input},
  };
  const auto cases = load_limbo("limbo-client.json");
  std::size_t compared = 0;
  for (const auto& limbo_case : cases.at("testcases")) {
    const auto found = reasons.find(limbo_case.at("id").get<std::string>());
    if (found == reasons.end()) continue;
    const auto verdict = run_limbo_case(limbo_case);

    ASSERT_FALSE(verdict) << found->first;
    EXPECT_EQ(name(verdict.error().reason), name(found->second)) << found->first << ": " << verdict.error().detail;
    ++compared;
  }
  EXPECT_EQ(compared, reasons.size());
}

}  // namespace certbound::x509
