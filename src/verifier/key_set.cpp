#include "verifier/key_set.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace certbound::verifier {

Result<std::shared_ptr<const KeySet>> load_key_set(std::string text, std::size_t cached_tokens) {
  const auto json = parse_json(text, JsonLimits{.max_bytes = kMaximumKeySetBytes, .max_depth = 16});
  if (!json) return json.error();
  std::vector<std::string> skipped;
  auto keys = jose::parse_usable_keys(*json, skipped);
  if (!keys) return std::move(keys).error();
  if (std::none_of(keys->begin(), keys->end(), [](const jose::Jwk& key) { return key.may_verify; })) {
    return invalid_input("no key that can verify a token" + (skipped.empty() ? "" : "; " + skipped.front()));
  }
  return std::make_shared<const KeySet>(std::move(text), *std::move(keys), std::move(skipped), cached_tokens);
}

}  // namespace certbound::verifier
