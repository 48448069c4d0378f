#include "crypto/secret.hpp"

#include <utility>

#include <openssl/crypto.h>

namespace certbound::crypto {

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    octets_ = other.octets_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    octets_ = std::move(other.octets_);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() {
  OPENSSL_cleanse(octets_.data(), octets_.size());
  octets_.clear();
}

}  // namespace certbound::crypto
