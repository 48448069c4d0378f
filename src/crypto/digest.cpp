#include "crypto/digest.hpp"

#include <algorithm>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/handle.hpp"

namespace certbound::crypto {

namespace {

using DigestAlgorithmHandle = std::unique_ptr<EVP_MD, Deleter<EVP_MD_free>>;

/// An algorithm and a context per thread: fetching takes 0.2 us and a lock.
struct Sha256Worker {
  DigestAlgorithmHandle algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  DigestContextHandle context{EVP_MD_CTX_new()};
};

}  // namespace

bool Sha256::operator==(const Sha256& other) const { return is_equal_constant_time(octets, other.octets); }

std::optional<Sha256> Sha256::from_base64url(std::string_view text) {
  const auto bytes = base64url_decode(text);
  Sha256 digest;
  if (!bytes || bytes->size() != digest.octets.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.octets.begin());
  return digest;
}

Sha256 sha256(ByteView bytes) {
  thread_local const Sha256Worker worker;
  Sha256 digest;
  unsigned length = 0;
  const bool done = worker.algorithm && worker.context &&
                    EVP_DigestInit_ex2(worker.context.get(), worker.algorithm.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(worker.context.get(), bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(worker.context.get(), digest.octets.data(), &length) == 1;
  // SHA-256 of memory fails only where memory does, or where the library is broken; no caller can go on from that.
  if (!done || length != digest.octets.size()) throw std::bad_alloc{};
  return digest;
}

bool is_equal_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace certbound::crypto
