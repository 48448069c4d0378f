#include "crypto/hmac.hpp"

#include <array>
#include <memory>
#include <new>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "crypto/handle.hpp"

namespace certbound::crypto {

namespace {

using MacAlgorithmHandle = std::unique_ptr<EVP_MAC, Deleter<EVP_MAC_free>>;
using MacContextHandle = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;

/// A context with its digest, to be copied for each key.
MacContextHandle make_hmac_context() {
  const MacAlgorithmHandle algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  MacContextHandle context{algorithm ? EVP_MAC_CTX_new(algorithm.get()) : nullptr};
  std::array<char, 7> digest{"SHA256"};
  const std::array<OSSL_PARAM, 2> parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                             OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1) return nullptr;
  return context;
}

}  // namespace

Sha256 hmac_sha256(ByteView key, ByteView message) {
  thread_local const MacContextHandle prepared = make_hmac_context();
  // A copy, since the context of the thread would keep the key for as long as the thread lives.
  const MacContextHandle context{prepared ? EVP_MAC_CTX_dup(prepared.get()) : nullptr};
  Sha256 code;
  std::size_t length = 0;
  const bool done = context && EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1 &&
                    EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
                    EVP_MAC_final(context.get(), code.octets.data(), &length, code.octets.size()) == 1;
  // As in sha256(): it fails only where memory does, or where the library is broken.
  if (!done || length != code.octets.size()) throw std::bad_alloc{};
  return code;
}

}  // namespace certbound::crypto
