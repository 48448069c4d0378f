// The payload of an access token, as an issuer signs it that has a fault or is not ours: parse_claims, then every
// check.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "certbound/presented_certificate.hpp"
#include "verifier/check_claims.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono_literals;
  namespace verifier = certbound::verifier;
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto claims = verifier::parse_claims(text);
  if (!claims) return 0;
  const verifier::ClaimPolicy policy{
      "https://as.example.com", {"https://api.example.com"}, certbound::Binding::when_bound, 10s};
  const auto nobody = certbound::PresentedCertificate::none();
  (void)verifier::check_addressing(claims->token, policy);
  for (const long long now : {0LL, 1768478400LL, 253402300799LL}) {
    (void)verifier::check_times(claims->token, policy, std::chrono::sys_seconds{std::chrono::seconds{now}});
  }
  // What names a confirmation is never taken for bound to nothing.
  const bool passes = !verifier::check_binding(*claims, policy, {nobody, verifier::Scheme::bearer, {}});
  if (passes == claims->confirmation.is_present) std::abort();
  if (claims->token.claims_json != text || claims->token.audience.empty() || claims->token.subject.empty())
    std::abort();
  return 0;
}
