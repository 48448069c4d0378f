// The URL in a DPoP proof: its normal form is one, and has nothing behind the path.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proof/dpop_proof.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using certbound::proof::normalize_htu;
  const std::string_view url{reinterpret_cast<const char*>(data), size};
  const auto normal = normalize_htu(url);
  if (!normal) return 0;
  require(normalize_htu(*normal) == normal);
  require(normal->find_first_of("?#\\ ") == std::string::npos);
  require(normal->starts_with("https://") || normal->starts_with("http://"));
  const std::string path = normal->substr(normal->find('/', normal->find("://") + 3));
  require((path + "/").find("/../") == std::string::npos && (path + "/").find("/./") == std::string::npos);
  // Query and fragment make no difference.
  if (url.find_first_of("?#") == std::string_view::npos) {
    require(normalize_htu(std::string{url} + "?a=/../b#c") == normal);
  }
  return 0;
}
