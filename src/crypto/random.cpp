#include "crypto/random.hpp"

#include <algorithm>
#include <array>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/base64url.hpp"
#include "crypto/handle.hpp"

namespace certbound::crypto {

namespace {

struct RandomPool {
  std::array<std::uint8_t, 1024> octets{};
  std::size_t used = octets.size();
};

}  // namespace

Result<void> fill_random(std::span<std::uint8_t> out) {
  thread_local RandomPool pool;
  while (!out.empty()) {
    if (pool.used == pool.octets.size()) {
      if (RAND_bytes(pool.octets.data(), static_cast<int>(pool.octets.size())) != 1) {
        return internal_error("RAND_bytes: " + take_openssl_errors());
      }
      pool.used = 0;
    }
    const std::size_t count = std::min(out.size(), pool.octets.size() - pool.used);
    const auto taken = std::span{pool.octets}.subspan(pool.used, count);
    std::copy(taken.begin(), taken.end(), out.begin());
    // What was handed out must not stay readable here.
    OPENSSL_cleanse(taken.data(), taken.size());
    pool.used += count;
    out = out.subspan(count);
  }
  return {};
}

Result<std::string> random_id() {
  std::array<std::uint8_t, 16> octets{};
  if (auto filled = fill_random(octets); !filled) return std::move(filled).error();
  return base64url_encode(octets);
}

}  // namespace certbound::crypto
