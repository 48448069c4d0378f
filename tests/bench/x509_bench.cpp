#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "crypto/key.hpp"
#include "model/client.hpp"
#include "x509/certificate.hpp"
#include "x509/issue_certificate.hpp"
#include "x509/name.hpp"
#include "x509/presented.hpp"
#include "x509/subject_pattern_index.hpp"
#include "x509/subject_rule.hpp"
#include "x509/trust_store.hpp"
#include "x509/verification_memory.hpp"

namespace certbound::x509 {

namespace {

using Subject = std::vector<std::pair<std::string, std::string>>;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

/// A certificate and its key.
struct Identity {
  Certificate certificate;
  crypto::KeyHandle key;
};

std::optional<Identity> make_identity(CertificateRole role, Subject subject, const Identity* issuer) {
  auto key = crypto::make_key(crypto::KeyType::ec_p256);
  if (!key) return std::nullopt;
  const CertificateRequest request{.role = role,
                                   .subject = std::move(subject),
                                   .dns_names = {},
                                   .ip_addresses = {},
                                   .not_before = kNow - std::chrono::hours{1},
                                   .not_after = kNow + std::chrono::hours{24}};
  const Signer signer = issuer == nullptr ? Signer{} : Signer{&issuer->certificate, issuer->key.get()};
  auto certificate = issue_certificate(request, **key, signer);
  if (!certificate) return std::nullopt;
  return Identity{*std::move(certificate), *std::move(key)};
}

/// A root, a client below it, an intermediate and a client below that.
struct Chain {
  Identity root;
  Identity leaf;
  Identity intermediate;
  Identity deep_leaf;
};

const std::optional<Chain>& shared_chain() {
  static const std::optional<Chain> chain = []() -> std::optional<Chain> {
    auto root = make_identity(CertificateRole::authority, {{"O", "Partner Corp"}, {"CN", "Root"}}, nullptr);
    if (!root) return std::nullopt;
    auto leaf = make_identity(CertificateRole::client, {{"C", "GB"}, {"O", "Partner Corp"}, {"CN", "etl-01"}}, &*root);
    auto middle = make_identity(CertificateRole::authority, {{"O", "Partner Corp"}, {"CN", "Issuing"}}, &*root);
    if (!leaf || !middle) return std::nullopt;
    auto deep = make_identity(CertificateRole::client, {{"O", "Partner Corp"}, {"CN", "etl-02"}}, &*middle);
    if (!deep) return std::nullopt;
    return Chain{*std::move(root), *std::move(leaf), *std::move(middle), *std::move(deep)};
  }();
  return chain;
}

void compare_parsed_names(benchmark::State& state, const char* registered, const char* presented) {
  const auto a = Name::parse(registered);
  const auto b = Name::parse(presented);
  if (!a || !b || compare_names(*a, *b) != NameMatch::equal) return state.SkipWithError("names are not equal");
  for (auto _ : state) benchmark::DoNotOptimize(compare_names(*a, *b));
}
BENCHMARK_CAPTURE(compare_parsed_names, ascii, "CN=etl-01,O=Partner Corp,C=GB", "CN=ETL-01,O=partner  corp,C=gb");
BENCHMARK_CAPTURE(compare_parsed_names, unicode, "CN=zürich-01,O=Käse & Söhne,C=CH",
                  "CN=ZÜRICH-01,O=KÄSE & SÖHNE,C=CH");

void parse_name(benchmark::State& state, const char* text) {
  if (!Name::parse(text)) return state.SkipWithError("not a name");
  for (auto _ : state) benchmark::DoNotOptimize(Name::parse(text));
}
BENCHMARK_CAPTURE(parse_name, ascii, "CN=etl-01,O=Partner Corp,C=GB");
BENCHMARK_CAPTURE(parse_name, unicode, "CN=zürich-01,O=Käse & Söhne,C=CH");

void match_pattern(benchmark::State& state) {
  const auto pattern = SubjectPattern::parse("CN=*.partner-corp.com,O=Partner Corp,C=GB");
  const auto subject = Name::parse("CN=etl-01.partner-corp.com,O=Partner Corp,C=GB");
  for (auto _ : state) benchmark::DoNotOptimize(pattern->matches(*subject));
}
BENCHMARK(match_pattern);

/// A plain subject against the patterns of its trust store, as every load of a configuration does it.
void find_overlapping_pattern(benchmark::State& state) {
  SubjectPatternIndex index;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const auto number = std::to_string(i);
    index.add(*SubjectPattern::parse("CN=*.site-" + number + ".example,O=Partner Corp,C=GB"),
              static_cast<std::size_t>(i));
  }
  const auto subject = SubjectPattern::of(*Name::parse("CN=etl-01.partner-corp.com,O=Partner Corp,C=GB"));
  for (auto _ : state) benchmark::DoNotOptimize(index.find_overlaps(subject));
}
BENCHMARK(find_overlapping_pattern)->ArgName("patterns")->Arg(10)->Arg(10000);

void meet_subject_rule(benchmark::State& state) {
  const auto& chain = shared_chain();
  const auto rule =
      SubjectRule::parse({.field = model::SubjectField::subject_dn, .value = "CN=etl-01,O=Partner Corp,C=GB"});
  if (!chain || !rule) return state.SkipWithError("no certificate or rule");
  const PresentedChain presented{chain->leaf.certificate, {}};
  const auto met = rule->is_met_by(presented);
  if (!met || !*met) return state.SkipWithError("the rule is not met");
  for (auto _ : state) benchmark::DoNotOptimize(rule->is_met_by(presented));
}
BENCHMARK(meet_subject_rule);

void verify_chain(benchmark::State& state) {
  const auto& chain = shared_chain();
  if (!chain) return state.SkipWithError("no certificates");
  const auto store = TrustStore::make("bench", {chain->root.certificate}, {}, /*strict=*/true);
  if (!store) return state.SkipWithError("no store");
  const bool is_deep = state.range(0) == 1;
  const Certificate& leaf = is_deep ? chain->deep_leaf.certificate : chain->leaf.certificate;
  std::vector<Certificate> untrusted;
  if (is_deep) untrusted.push_back(chain->intermediate.certificate);
  for (auto _ : state) {
    if (!(*store)->verify(leaf, untrusted, {.now = kNow})) return state.SkipWithError("not verified");
  }
}
BENCHMARK(verify_chain)->ArgName("intermediates")->Arg(0)->Arg(1);

void remember_verification(benchmark::State& state) {
  const auto& chain = shared_chain();
  if (!chain) return state.SkipWithError("no certificates");
  const auto store = TrustStore::make("bench", {chain->root.certificate}, {}, /*strict=*/true);
  if (!store) return state.SkipWithError("no store");
  const PresentedChain presented{chain->leaf.certificate, {}};
  VerificationMemory memory;
  for (auto _ : state) {
    if (!memory.verify(**store, presented, kNow)) return state.SkipWithError("not verified");
  }
  if (memory.size() != 1) state.SkipWithError("nothing was remembered");
}
BENCHMARK(remember_verification);

// Once per connection: subject, issuer and thumbprint of the certificate of the handshake.
void take_presented_certificate(benchmark::State& state) {
  const auto& chain = shared_chain();
  if (!chain) return state.SkipWithError("no certificates");
  for (auto _ : state)
    benchmark::DoNotOptimize(PresentedChain{Certificate::share(chain->leaf.certificate.handle()), {}});
}
BENCHMARK(take_presented_certificate);

}  // namespace

}  // namespace certbound::x509
