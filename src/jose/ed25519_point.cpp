#include "jose/ed25519_point.hpp"

#include <memory>
#include <new>

#include <openssl/bn.h>

#include "crypto/handle.hpp"

namespace certbound::jose {

namespace {

using BignumContextHandle = std::unique_ptr<BN_CTX, crypto::Deleter<BN_CTX_free>>;

/// RFC 8032 section 5.1: the prime and d of the curve -x^2 + y^2 = 1 + d x^2 y^2.
constexpr const char* kPrime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr const char* kD = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
/// y of two of the four points of order 8; the other two have its negative.
constexpr const char* kOrder8 = "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826";

crypto::BignumHandle make_number(const char* hex) {
  BIGNUM* number = nullptr;
  if (BN_hex2bn(&number, hex) == 0) throw std::bad_alloc{};
  return crypto::BignumHandle{number};
}

crypto::BignumHandle make_y(ByteView encoded) {
  Bytes octets{encoded.begin(), encoded.end()};
  octets.back() &= 0x7f;  // the top bit is the sign of x
  crypto::BignumHandle y{BN_lebin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
  if (!y) throw std::bad_alloc{};
  return y;
}

/// The points of order 1, 2, 4 and 8 have these y, or their negatives.
bool is_small_order_y(const BIGNUM& y) {
  return BN_is_zero(&y) == 1 || BN_is_one(&y) == 1 || BN_cmp(&y, make_number(kOrder8).get()) == 0;
}

/// x^2 = (y^2 - 1) / (d y^2 + 1) must be a square; so must the product of the two, which spares the division.
bool has_x(const BIGNUM& y, const BIGNUM& prime) {
  const BignumContextHandle context{BN_CTX_new()};
  const crypto::BignumHandle u{BN_new()};
  const crypto::BignumHandle v{BN_new()};
  const auto d = make_number(kD);
  const bool done = context && u && v && BN_mod_sqr(u.get(), &y, &prime, context.get()) == 1 &&
                    BN_mod_mul(v.get(), u.get(), d.get(), &prime, context.get()) == 1 && BN_sub_word(u.get(), 1) == 1 &&
                    BN_add_word(v.get(), 1) == 1 && BN_mod_mul(u.get(), u.get(), v.get(), &prime, context.get()) == 1;
  return done && BN_kronecker(u.get(), &prime, context.get()) == 1;
}

}  // namespace

bool is_ed25519_public_point(ByteView encoded) {
  if (encoded.size() != 32) return false;
  const auto prime = make_number(kPrime);
  const auto y = make_y(encoded);
  if (BN_cmp(y.get(), prime.get()) >= 0) return false;
  const crypto::BignumHandle negative{BN_new()};
  if (!negative || BN_sub(negative.get(), prime.get(), y.get()) != 1) return false;
  return !is_small_order_y(*y) && !is_small_order_y(*negative) && has_x(*y, *prime);
}

}  // namespace certbound::jose
