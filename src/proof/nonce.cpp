#include "proof/nonce.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"

namespace certbound::proof {

namespace {

constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kTimeOctets = 8;
constexpr std::size_t kCodeOctets = 16;
/// For how long one derived key is in use.
constexpr std::uint64_t kSpanSeconds = 3600;

using NonceOctets = std::array<std::uint8_t, kTimeOctets + kCodeOctets>;

void put_number(std::span<std::uint8_t> out, std::uint64_t number) {
  for (std::size_t i = kTimeOctets; i > 0; --i) {
    out[i - 1] = static_cast<std::uint8_t>(number);
    number >>= 8U;
  }
}

std::uint64_t take_number(ByteView octets) {
  std::uint64_t number = 0;
  for (const std::uint8_t octet : octets.first(kTimeOctets)) number = number << 8U | octet;
  return number;
}

/// The one nonce of that second.
NonceOctets make_nonce(const crypto::Secret& secret, std::string_view purpose, std::uint64_t second) {
  std::array<std::uint8_t, kTimeOctets> span{};
  put_number(span, second / kSpanSeconds);
  Bytes label{purpose.begin(), purpose.end()};
  label.insert(label.end(), span.begin(), span.end());
  const crypto::Sha256 key = crypto::hmac_sha256(secret.expose(), label);
  NonceOctets nonce{};
  put_number(nonce, second);
  const crypto::Sha256 code = crypto::hmac_sha256(key.octets, ByteView{nonce}.first(kTimeOctets));
  std::copy_n(code.octets.begin(), kCodeOctets, nonce.begin() + kTimeOctets);
  return nonce;
}

}  // namespace

Result<NonceMaker> NonceMaker::make(std::string_view purpose, std::chrono::seconds lifetime) {
  Bytes octets(kSecretOctets);
  if (auto filled = crypto::fill_random(octets); !filled) return std::move(filled).error();
  return NonceMaker{crypto::Secret{std::move(octets)}, purpose, lifetime};
}

NonceMaker::NonceMaker(crypto::Secret secret, std::string_view purpose, std::chrono::seconds lifetime)
    : secret_{std::move(secret)}, purpose_{purpose}, lifetime_{lifetime} {}

Result<std::string> NonceMaker::issue(WallTime now) const {
  if (now < WallTime{}) return internal_error("the clock stands before 1970");
  return base64url_encode(make_nonce(secret_, purpose_, static_cast<std::uint64_t>(unix_seconds(now))));
}

bool NonceMaker::accepts(std::string_view nonce, WallTime now) const {
  // Another length is no nonce of ours; nothing is decoded for it.
  if (nonce.size() != sizeof(NonceOctets) / 3 * 4 || now < WallTime{}) return false;
  const auto octets = base64url_decode(nonce);
  if (!octets || octets->size() != sizeof(NonceOctets)) return false;
  const std::uint64_t issued = take_number(*octets);
  const auto present = static_cast<std::uint64_t>(unix_seconds(now));
  if (issued > present || present - issued > static_cast<std::uint64_t>(lifetime_.count())) return false;
  return crypto::is_equal_constant_time(*octets, make_nonce(secret_, purpose_, issued));
}

}  // namespace certbound::proof
