// Octets to an OCSP response about a known certificate.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "x509/ocsp.hpp"

namespace {

// The CA that signed the corpus, and the client that it is about, by the openssl program.
constexpr std::string_view kCertificates = R"(-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUKYmV1+MwfqxXYVlSn7PtzIW22DYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJRnV6eiBSb290MCAXDTI2MTEyMTE1MzI0MFoYDzIxMjYxMDI4
MTUzMjQwWjAUMRIwEAYDVQQDDAlGdXp6IFJvb3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATCCDwVsUqscGGCXDno9rX7EihEH2bdx4oWV5/9mP5tAz5Hzz1IiFCc
ny2LJ0FiYcngT/jIGaexyDgh0LbxxFCco2MwYTAdBgNVHQ4EFgQUr8YafsRCB07E
Cthd5iR1GPftiW8wHwYDVR0jBBgwFoAUr8YafsRCB07ECthd5iR1GPftiW8wDwYD
VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwCgYIKoZIzj0EAwIDSAAwRQIh
ANc71XjTJv+qehMydyWlyHWsZf0iI/CAuqlgj6APUnV4AiAcxwYbYePsE9HVTxAn
jk2uxaVrscFZ3hXttIRKRHZrGw==
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBDzCBtgICQyEwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJRnV6eiBSb290MCAX
DTI2MTEyMTE1MzI0MFoYDzIxMjYxMDI4MTUzMjQwWjARMQ8wDQYDVQQDDAZjbGll
bnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQZYtPecoXWOjxCY2WRG/r+rkKw
uPBWjq1hJvNlQEzfcWc+uliyM02kYL0hLfS6BIGJeuHhNkJmismyU8flaMQHMAoG
CCqGSM49BAMCA0gAMEUCIQCnfA3PLNqUItRZoQcdSIUFhmlUTzzK1REBIXt1gTFp
DgIgaIlpdxi11LxNITS4E6inHwJee2icpMpjNzy6esgbuVw=
-----END CERTIFICATE-----
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace certbound;
  static const auto certificates = x509::parse_pem_certificates(kCertificates);
  if (!certificates || certificates->size() != 2) std::abort();
  static const x509::OcspQuestion question{certificates->back(), certificates->front()};
  static const Bytes nonce(x509::kOcspNonceBytes, 7);
  // Within the life of the corpus.
  constexpr WallTime kWhen{std::chrono::seconds{1795275220}};
  const auto answer = x509::verify_ocsp_response({data, size}, question, nonce, kWhen);
  if (answer && (answer->valid_until <= kWhen || x509::describe_ocsp_answer(*answer, kWhen).empty())) std::abort();
  return 0;
}
