#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace certbound::crypto {

/// Calls one of OpenSSL's free functions; a type of its own so that the handles stay pointer-sized.
template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioHandle = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumHandle = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, Deleter<X509_free>>;

/// Empties this thread's OpenSSL error queue into one line of text: for `Error::detail`, never for a response.
[[nodiscard]] std::string take_openssl_errors();

}  // namespace certbound::crypto
