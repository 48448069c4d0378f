#include "crypto/version.hpp"

#include <openssl/crypto.h>

namespace certbound::crypto {

std::string_view library_version() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace certbound::crypto
