// A DPoP proof as a stranger sends it: verified with its own key, then held against what it claims itself.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proof/dpop_proof.hpp"

namespace {

namespace proof = certbound::proof;

// No RSA: it would slow the fuzzer down and parse nothing more.
constexpr std::array<std::string_view, 2> kAlgorithms{"ES256", "EdDSA"};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_against_itself(const proof::DpopProof& verified) {
  proof::DpopExpectation expectation;
  expectation.method = verified.htm;
  expectation.now = verified.issued_at;
  const auto url = proof::normalize_htu(verified.htu);
  expectation.url = url ? std::string_view{*url} : std::string_view{"https://as.example.com/token"};
  proof::DpopStep step{};
  require(proof::check_dpop_proof(verified, expectation, step).has_value() == url.has_value());
  expectation.access_token = "token";
  const bool is_bound = proof::check_dpop_proof(verified, expectation, step).has_value();
  require(!is_bound || verified.ath.has_value());
  expectation.now += expectation.lifetime;
  require(!proof::check_dpop_proof(verified, expectation, step));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  proof::DpopStep step{};
  const auto verified = proof::verify_dpop_proof(text, kAlgorithms, step);
  require(step <= proof::DpopStep::signature);
  if (!verified) return 0;
  require(size <= proof::kMaximumProofBytes && step == proof::DpopStep::signature);
  require(!verified->jti.empty() && verified->jti.size() <= proof::kMaximumJtiBytes);
  check_against_itself(*verified);
  // A proof has one spelling, and its signature covers all of it.
  std::string changed{text};
  changed[size / 2] = changed[size / 2] == 'A' ? 'B' : 'A';
  require(!proof::verify_dpop_proof(changed, kAlgorithms, step));
  require(!proof::verify_dpop_proof(std::string{text} + "A", kAlgorithms, step));
  return 0;
}
