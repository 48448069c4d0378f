#include "jose/verify_signature.hpp"

#include <string>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypto/handle.hpp"
#include "jose/ecdsa_signature.hpp"

namespace certbound::jose {

namespace {

bool set_up_verification(EVP_PKEY_CTX* context, const Algorithm& algorithm) {
  switch (algorithm.scheme) {
    case SignatureScheme::rsa_pkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case SignatureScheme::rsa_pss:
      // Without a salt length OpenSSL takes any that it finds; MGF1's digest follows the signature's.
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
    case SignatureScheme::ecdsa:
    case SignatureScheme::ed25519:
      return true;
  }
  return false;
}

Result<void> verify_octets(const Algorithm& algorithm, EVP_PKEY& key, ByteView input, ByteView signature) {
  const crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* key_context = nullptr;  // owned by the other
  if (!context ||
      EVP_DigestVerifyInit_ex(context.get(), &key_context, algorithm.digest, nullptr, nullptr, &key, nullptr) != 1 ||
      !set_up_verification(key_context, algorithm)) {
    return internal_error("verification: " + crypto::take_openssl_errors());
  }
  const int verified = EVP_DigestVerify(context.get(), signature.data(), signature.size(), input.data(), input.size());
  ERR_clear_error();
  if (verified != 1) return invalid_input("the signature is wrong");
  return {};
}

}  // namespace

Result<void> verify_signature(const Algorithm& algorithm, EVP_PKEY& key, ByteView input, ByteView signature) {
  const std::size_t expected = signature_octets(algorithm, key);
  if (signature.size() != expected) {
    return invalid_input("a signature of " + std::to_string(signature.size()) + " octets; " +
                         std::string{algorithm.name} + " with that key has " + std::to_string(expected));
  }
  if (algorithm.scheme != SignatureScheme::ecdsa) return verify_octets(algorithm, key, input, signature);
  if (has_zero_half(signature)) return invalid_input("r or s of the signature is zero");
  const DerSignature der = make_der_signature(signature);
  return verify_octets(algorithm, key, input, ByteView{der.octets}.first(der.length));
}

}  // namespace certbound::jose
