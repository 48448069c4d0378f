#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/clock.hpp"
#include "certbound/token_verifier.hpp"
#include "crypto/digest.hpp"
#include "crypto/key.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_sign.hpp"
#include "x509/issue_certificate.hpp"

namespace certbound {

namespace {

template <typename T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error{result.error().detail};
  return *std::move(result);
}

x509::Certificate make_presented() {
  const auto key = require(crypto::make_key(crypto::KeyType::ec_p256));
  x509::CertificateRequest request;
  request.subject = {{"O", "Partner Corp"}, {"CN", "etl-01"}};
  request.not_before = wall_now() - std::chrono::hours{1};
  request.not_after = wall_now() + std::chrono::hours{1};
  return require(x509::issue_certificate(request, *key, {}));
}

/// As /oauth2/denied shows it, with so many entries, none of them the token's.
std::string make_feed(jose::Signer& signer, const nlohmann::json& header, std::size_t entries) {
  auto denied = nlohmann::json::array();
  const auto now = unix_seconds(wall_now());
  for (std::size_t i = 0; i < entries; ++i) {
    std::string jti = std::to_string(i * 2654435761U);
    jti.resize(22, 'x');
    denied.push_back({{"jti", jti}, {"until", now + 3600}});
  }
  const nlohmann::json payload = {
      {"iss", "https://as.example.com"}, {"iat", now}, {"exp", now + 3600}, {"denied", {{"jti", std::move(denied)}}}};
  auto feed_header = header;
  feed_header["typ"] = "denied+jwt";
  return require(jose::sign_compact(signer, feed_header.dump(), payload.dump()));
}

/// A token as the server issues it, its certificate, and a verifier that knows the key; with a deny feed where
/// `feed_entries` says how large.
struct VerifierBench {
  VerifierBench(model::SigningAlgorithm algorithm, std::size_t cached_tokens,
                std::optional<std::size_t> feed_entries = {})
      : certificate{make_presented()} {
    const auto key = require(crypto::make_key(jose::key_type_for(algorithm)));
    auto jwk = require(jose::to_jwk(*key));
    const std::string kid = require(jose::key_thumbprint(*key)).to_base64url();
    jwk["kid"] = kid;
    VerifierOptions options;
    options.issuer = "https://as.example.com";
    options.audiences = {"https://api.example.com"};
    options.jwks = nlohmann::json{{"keys", {jwk}}}.dump();
    options.cached_tokens = cached_tokens;

    const nlohmann::json header = {{"alg", model::name(algorithm)}, {"kid", kid}, {"typ", "at+jwt"}};
    const nlohmann::json claims = {{"iss", "https://as.example.com"},
                                   {"sub", "partner-etl"},
                                   {"client_id", "partner-etl"},
                                   {"aud", "https://api.example.com"},
                                   {"jti", "Ipo1qtdK5WkEmQHzq3bd1w"},
                                   {"scope", "orders.read orders.write"},
                                   {"iat", unix_seconds(wall_now())},
                                   {"exp", unix_seconds(wall_now()) + 3600},
                                   {"cnf", {{"x5t#S256", x509::x5t_s256(certificate)}}}};
    auto signer = require(jose::Signer::make(*key, algorithm));
    token = require(jose::sign_compact(signer, header.dump(), claims.dump()));
    if (feed_entries) {
      options.fetch_denied = [feed = make_feed(signer, header, *feed_entries)] { return std::optional{feed}; };
    }
    verifier = std::make_unique<TokenVerifier>(std::move(options));
    presented = PresentedCertificate::from_x509(&certificate.handle());
  }

  [[nodiscard]] bool decide() const {
    constexpr std::array<std::string_view, 1> kScopes{"orders.read"};
    return verifier->verify(token, presented, kScopes).is_accepted();
  }

  x509::Certificate certificate;
  PresentedCertificate presented = PresentedCertificate::none();
  std::string token;
  std::unique_ptr<TokenVerifier> verifier;
};

void run_decisions(benchmark::State& state, const VerifierBench& bench) {
  if (!bench.decide()) return state.SkipWithError("refused");
  for (auto _ : state) {
    if (!bench.decide()) return state.SkipWithError("refused");
  }
  state.counters["octets"] = static_cast<double>(bench.token.size());
}

void verify_cold(benchmark::State& state, model::SigningAlgorithm algorithm) {
  run_decisions(state, VerifierBench{algorithm, 0});
}
BENCHMARK_CAPTURE(verify_cold, ES256, model::SigningAlgorithm::es256);
BENCHMARK_CAPTURE(verify_cold, EdDSA, model::SigningAlgorithm::eddsa);
BENCHMARK_CAPTURE(verify_cold, PS256, model::SigningAlgorithm::ps256);
BENCHMARK_CAPTURE(verify_cold, RS256, model::SigningAlgorithm::rs256);

void verify_known(benchmark::State& state) {
  static const VerifierBench bench{model::SigningAlgorithm::es256, 4096};
  run_decisions(state, bench);
}
BENCHMARK(verify_known);
// Two threads, one verifier, one token: the worst case of its locks.
BENCHMARK(verify_known)->Threads(2)->UseRealTime();

void verify_cold_with_feed(benchmark::State& state) {
  run_decisions(state, VerifierBench{model::SigningAlgorithm::es256, 0, static_cast<std::size_t>(state.range(0))});
}
BENCHMARK(verify_cold_with_feed)->Arg(0)->Arg(10)->Arg(50'000);

void verify_known_with_feed(benchmark::State& state) {
  run_decisions(state, VerifierBench{model::SigningAlgorithm::es256, 4096, static_cast<std::size_t>(state.range(0))});
}
BENCHMARK(verify_known_with_feed)->Arg(0)->Arg(10)->Arg(50'000);

/// A known token of a DPoP key, with a proof of its own for each request: what the proof costs.
class ProofBench {
 public:
  ProofBench() : key_{require(crypto::make_key(crypto::KeyType::ec_p256))}, signer_{make_signer()} {
    auto issuer_jwk = require(jose::to_jwk(*key_));
    issuer_jwk["kid"] = "k1";
    VerifierOptions options;
    options.issuer = "https://as.example.com";
    options.audiences = {"https://api.example.com"};
    options.jwks = nlohmann::json{{"keys", {issuer_jwk}}}.dump();
    options.dpop.remembered_proofs = 10'000'000;
    verifier_ = std::make_unique<TokenVerifier>(std::move(options));
    const nlohmann::json claims = {{"iss", "https://as.example.com"},
                                   {"sub", "partner-etl"},
                                   {"client_id", "partner-etl"},
                                   {"aud", "https://api.example.com"},
                                   {"jti", "Ipo1qtdK5WkEmQHzq3bd1w"},
                                   {"scope", "orders.read orders.write"},
                                   {"iat", unix_seconds(wall_now())},
                                   {"exp", unix_seconds(wall_now()) + 3600},
                                   {"cnf", {{"jkt", require(jose::key_thumbprint(*key_)).to_base64url()}}}};
    token_ = require(jose::sign_compact(signer_, R"({"alg":"ES256","kid":"k1","typ":"at+jwt"})", claims.dump()));
    field_ = "DPoP " + token_;
    header_ = nlohmann::json{{"typ", "dpop+jwt"}, {"alg", "ES256"}, {"jwk", require(jose::to_jwk(*key_))}}.dump();
  }

  [[nodiscard]] std::string make_proof() {
    const nlohmann::json claims = {{"jti", std::to_string(++proofs_)},
                                   {"htm", "GET"},
                                   {"htu", kUrl},
                                   {"iat", unix_seconds(wall_now())},
                                   {"ath", crypto::sha256(token_).to_base64url()}};
    return require(jose::sign_compact(signer_, header_, claims.dump()));
  }
  [[nodiscard]] bool decide(const std::string& proof) const {
    const std::array<std::string_view, 1> field{field_};
    const std::array<std::string_view, 1> proofs{proof};
    return verifier_->verify_request({"GET", kUrl, field, proofs}, PresentedCertificate::none()).is_accepted();
  }

 private:
  static constexpr const char* kUrl = "https://api.example.com/orders";

  [[nodiscard]] jose::Signer make_signer() {
    return require(jose::Signer::make(*key_, model::SigningAlgorithm::es256));
  }

  crypto::KeyHandle key_;
  jose::Signer signer_;
  std::unique_ptr<TokenVerifier> verifier_;
  std::string token_;
  std::string field_;
  std::string header_;
  int proofs_ = 0;
};

void verify_known_with_proof(benchmark::State& state) {
  ProofBench bench;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string proof = bench.make_proof();
    state.ResumeTiming();
    if (!bench.decide(proof)) return state.SkipWithError("refused");
  }
}
BENCHMARK(verify_known_with_proof);

/// What a request without a proof pays for being told as a whole.
void verify_known_request(benchmark::State& state) {
  static const VerifierBench bench{model::SigningAlgorithm::es256, 4096};
  const std::string text = "Bearer " + bench.token;
  const std::array<std::string_view, 1> field{text};
  constexpr std::array<std::string_view, 1> kScopes{"orders.read"};
  for (auto _ : state) {
    const PresentedRequest request{"GET", "https://api.example.com/orders", field, {}};
    if (!bench.verifier->verify_request(request, bench.presented, kScopes).is_accepted()) {
      return state.SkipWithError("refused");
    }
  }
}
BENCHMARK(verify_known_request);

void read_pem(benchmark::State& state) {
  const std::string pem = make_presented().to_pem();
  for (auto _ : state) {
    if (!PresentedCertificate::from_pem(pem).thumbprint()) return state.SkipWithError("not read");
  }
}
BENCHMARK(read_pem);

void read_client_cert_field(benchmark::State& state) {
  const std::string field = ":" + base64_encode(make_presented().to_der()) + ":";
  for (auto _ : state) {
    if (!PresentedCertificate::from_client_cert(field).thumbprint()) return state.SkipWithError("not read");
  }
}
BENCHMARK(read_client_cert_field);

}  // namespace

}  // namespace certbound
