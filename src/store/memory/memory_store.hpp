#pragma once

#include <memory>
#include <span>

#include "base/result.hpp"
#include "model/client.hpp"
#include "store/store.hpp"

namespace certbound::store::memory {

/// A registry that ends with the process: for tests of what stands on a store. It holds the same records as a row
/// would, so that what cannot be stored fails here too. Its readers may live on other threads, as those of every store.
///
/// `registered` are the clients that are there from the start, of any source. Errors: `invalid_request` where one
/// cannot be stored.
[[nodiscard]] Result<std::unique_ptr<Store>> make_memory_store(std::span<const model::Client> registered = {});

}  // namespace certbound::store::memory
