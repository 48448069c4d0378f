#include "crypto/random.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
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

Result<std::array<std::uint8_t, 8>> uncopied_octets() {
  std::array<std::uint8_t, 16> own{};
  if (auto filled = fill_random(own); !filled) return std::move(filled).error();
  std::array<std::uint8_t, 16> of_kernel{};
  if (::getrandom(of_kernel.data(), of_kernel.size(), 0) != static_cast<ssize_t>(of_kernel.size())) {
    return internal_error("getrandom: " + std::to_string(errno));
  }
  std::timespec now{};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0) return internal_error("clock_gettime: " + std::to_string(errno));
  Bytes mixed{own.begin(), own.end()};
  mixed.insert(mixed.end(), of_kernel.begin(), of_kernel.end());
  for (const long part : {static_cast<long>(now.tv_sec), now.tv_nsec}) {
    for (int shift = 0; shift < 64; shift += 8) mixed.push_back(static_cast<std::uint8_t>(part >> shift));
  }
  const Sha256 hash = sha256(mixed);
  std::array<std::uint8_t, 8> octets{};
  std::copy_n(hash.octets.begin(), octets.size(), octets.begin());
  return octets;
}

Result<std::string> random_id() {
  std::array<std::uint8_t, 16> octets{};
  if (auto filled = fill_random(octets); !filled) return std::move(filled).error();
  return base64url_encode(octets);
}

}  // namespace certbound::crypto
