#pragma once

#include <semaphore>
#include <string>

#include "conformance/store_suite.hpp"
#include "store/client_store.hpp"

namespace certbound::store {

/// A reader that knows every client whose id does not start with "no-", and answers when it is told to.
class GatedReader final : public ClientReader {
 public:
  struct Gate {
    std::counting_semaphore<> entered{0};   ///< released by each lookup that begins
    std::counting_semaphore<> released{0};  ///< acquired by each lookup before it answers
  };

  explicit GatedReader(Gate& gate) : gate_{gate} {}

  Result<std::optional<model::Client>> find_client(const model::ClientId& id) override {
    gate_.entered.release();
    gate_.released.acquire();
    if (id.text() == "throws") throw std::runtime_error{"thrown by the reader"};
    if (id.text().starts_with("no-")) return std::optional<model::Client>{};
    model::Client client = suite_client(id.text());
    if (id.text() == "malformed") client.certificate_thumbprints = {"short"};
    return std::optional<model::Client>{client};
  }
  Result<std::vector<model::Client>> list_clients(std::string_view /*after_id*/, std::size_t /*limit*/) override {
    return internal_error("not asked for");
  }
  Result<std::size_t> count_clients() override { return internal_error("not asked for"); }

 private:
  Gate& gate_;
};

inline std::vector<std::unique_ptr<ClientReader>> gated_readers(GatedReader::Gate& gate) {
  std::vector<std::unique_ptr<ClientReader>> readers;
  readers.push_back(std::make_unique<GatedReader>(gate));
  return readers;
}

}  // namespace certbound::store
