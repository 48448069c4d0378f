// An opaque token as a stranger sends it: parse_sealed, then open_sealed with a key that is known.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "jose/jwe.hpp"

namespace jose = certbound::jose;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const certbound::crypto::Secret key{certbound::Bytes(certbound::crypto::kAes256KeyOctets, 7)};
  const std::string_view token{reinterpret_cast<const char*>(data), size};
  const auto jwe = jose::parse_sealed(token);
  if (!jwe) return 0;
  // A token has one spelling: putting it together again gives the same octets.
  std::string again = jwe->associated + "..";
  certbound::base64url_append(again, jwe->sealed.nonce);
  again += ".";
  certbound::base64url_append(again, jwe->sealed.ciphertext);
  again += ".";
  certbound::base64url_append(again, jwe->sealed.tag);
  if (again != token) std::abort();
  const auto text = jose::open_sealed(*jwe, key);
  if (text && text->size() != jwe->sealed.ciphertext.size()) std::abort();
  return 0;
}
