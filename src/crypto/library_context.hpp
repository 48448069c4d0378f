#pragma once

#include <memory>

#include <openssl/types.h>

#include "base/result.hpp"

namespace certbound::crypto {

/// An OpenSSL library context of its own. What OpenSSL 3.0 fetches and decodes goes through locks of its context, so
/// threads that share one slow each other down; each worker's handshakes have their own. Null stands for the process's
/// default context. It outlives every object that was made with it.
using LibraryContext = std::shared_ptr<OSSL_LIB_CTX>;

/// Errors: `server_error`.
[[nodiscard]] Result<LibraryContext> make_library_context();

}  // namespace certbound::crypto
