#include "store/memory/memory_store.hpp"

#include "conformance/store_suite.hpp"

namespace certbound::store {

class MemoryFactory {
 public:
  Result<std::unique_ptr<Store>> open(std::span<const model::Client> registered) {
    return memory::make_memory_store(registered);
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSuite, MemoryFactory);

}  // namespace certbound::store
