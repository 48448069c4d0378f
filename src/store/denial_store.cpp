#include "store/denial_store.hpp"

#include <iterator>

namespace certbound::store {

Result<std::vector<model::Denial>> load_denials(DenialReader& reader) {
  constexpr std::size_t kPage = 10'000;
  std::vector<model::Denial> all;
  for (;;) {
    auto page = reader.list_denials(all.empty() ? 0 : all.back().id, kPage);
    if (!page) return std::move(page).error();
    if (page->empty()) return all;
    all.insert(all.end(), std::make_move_iterator(page->begin()), std::make_move_iterator(page->end()));
  }
}

}  // namespace certbound::store
