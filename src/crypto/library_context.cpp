#include "crypto/library_context.hpp"

#include <openssl/crypto.h>

#include "crypto/handle.hpp"

namespace certbound::crypto {

Result<LibraryContext> make_library_context() {
  LibraryContext context{OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free};
  if (!context) return internal_error("OSSL_LIB_CTX_new: " + take_openssl_errors());
  return context;
}

}  // namespace certbound::crypto
