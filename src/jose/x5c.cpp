#include "jose/x5c.hpp"

#include <string>

#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/handle.hpp"
#include "jose/jwk.hpp"

namespace certbound::jose {

namespace {

constexpr std::size_t kMaximumCertificates = 10;

std::string place(std::size_t index) { return "x5c[" + std::to_string(index) + "]"; }

/// Null where the octets are not one certificate and nothing behind it.
crypto::X509Handle parse_certificate(ByteView der) {
  const std::uint8_t* position = der.data();
  crypto::X509Handle certificate{d2i_X509(nullptr, &position, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (certificate && position != der.data() + der.size()) certificate.reset();
  return certificate;
}

bool has_key(const X509& certificate, const crypto::Sha256& thumbprint) {
  const EVP_PKEY* key = X509_get0_pubkey(&certificate);
  ERR_clear_error();
  if (key == nullptr) return false;
  const auto found = key_thumbprint(*key);
  return found && *found == thumbprint;
}

}  // namespace

Result<std::vector<Bytes>> parse_x5c(const nlohmann::json& value, const crypto::Sha256& thumbprint) {
  if (!value.is_array() || value.empty()) return invalid_input("x5c: not an array of certificates");
  if (value.size() > kMaximumCertificates) return invalid_input("x5c: more than 10 certificates");
  std::vector<Bytes> chain;
  for (const auto& element : value) {
    const std::string at = place(chain.size());
    if (!element.is_string()) return invalid_input(at + ": not a string");
    auto der = base64_decode(element.get_ref<const std::string&>());
    if (!der) return invalid_input(at + ": not base64 (RFC 7517 section 4.7: the standard alphabet, with padding)");
    const auto certificate = parse_certificate(*der);
    if (!certificate) return invalid_input(at + ": not a certificate in DER");
    if (chain.empty() && !has_key(*certificate, thumbprint)) {
      return invalid_input(at + ": the certificate has another key than the JWK");
    }
    chain.push_back(*std::move(der));
  }
  return chain;
}

}  // namespace certbound::jose
