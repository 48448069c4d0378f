// Octets to a CRL of a known CA, as a file and as DER; and what is read of it before its signature is known to be good.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "x509/crl.hpp"
#include "x509/crl_extensions.hpp"
#include "x509/der.hpp"

namespace {

// The CA that signed the corpus, by the openssl program.
constexpr std::string_view kIssuer = R"(-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUeEMtBIXw4u4OHNeaAFBZDcwK60owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJRnV6eiBSb290MCAXDTI2MTEyMTEyMjAxN1oYDzIxMjYxMDI4
MTIyMDE3WjAUMRIwEAYDVQQDDAlGdXp6IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATa4wJ+hk3tZ2UidTs5dAgB7QCaZwZG1/w+T3YFyU8I+vxBiw+Pf8KP
qjLluql+HI2wX4+5yfj6vEEBDzarXWRUo1MwUTAdBgNVHQ4EFgQUeK3nM8iD+Pie
TIVpJf4q3Mf+iTswHwYDVR0jBBgwFoAUeK3nM8iD+PieTIVpJf4q3Mf+iTswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAw9B0GJLVpBBEfRSw52s0
605tS2VDHUmga2TS7+xrDc0CIQC8t6bXXiqYmu0KnP0PIOyITn4xrOaDuperftvk
1vKG0w==
-----END CERTIFICATE-----
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace certbound;
  static const auto issuers = x509::parse_pem_certificates(kIssuer);
  if (!issuers) std::abort();
  const ByteView octets{data, size};
  const auto crl = x509::Crl::parse_der(octets, *issuers);
  if (crl && ((*crl)->next_update() <= (*crl)->this_update() || !(*crl)->is_of(issuers->front()))) std::abort();
  if (crl) (void)(*crl)->lists(issuers->front());
  (void)x509::parse_crls({reinterpret_cast<const char*>(data), size}, *issuers);
  // A fuzzer cannot sign: what stands behind the signature is fed directly.
  (void)x509::check_crl_extensions(octets);
  (void)x509::check_crl_entry_extensions(octets);
  (void)x509::Serial::from_content(octets);
  std::size_t total = 0;
  for (x509::DerReader reader{octets}; const auto element = reader.read();) {
    total += element->whole.size();
    (void)x509::is_der_integer(element->content);
    (void)x509::parse_der_time(*element);
  }
  if (total > size) std::abort();
  return 0;
}
