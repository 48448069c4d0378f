#include "crypto/handle.hpp"

#include <array>

#include <openssl/err.h>

namespace certbound::crypto {

std::string take_openssl_errors() {
  std::string text;
  std::array<char, 256> line{};
  while (const unsigned long code = ERR_get_error()) {
    ERR_error_string_n(code, line.data(), line.size());
    if (!text.empty()) text += "; ";
    text += line.data();
  }
  return text.empty() ? "OpenSSL gave no reason" : text;
}

}  // namespace certbound::crypto
