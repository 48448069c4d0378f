#include "config/config.hpp"

#include <algorithm>

namespace certbound::config {

std::optional<Place> Config::find_place(std::string_view path) const {
  constexpr std::string_view kClients = "clients.";
  if (!path.starts_with(kClients)) {
    const auto found = places.find(std::string{path});
    return found != places.end() ? std::optional{found->second} : std::nullopt;
  }
  const std::string_view id = path.substr(kClients.size());
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (clients[i].client_id.text() != id) continue;
    const ClientPlace& place = client_places[i];
    return Place{files[place.file], static_cast<int>(place.line), static_cast<int>(place.column)};
  }
  return std::nullopt;
}

std::chrono::seconds longest_token_lifetime(const Config& config) {
  std::chrono::seconds longest = config.tokens.lifetime;
  for (const model::Resource& resource : config.resources) {
    longest = std::max(longest, resource.lifetime.value_or(config.tokens.lifetime));
  }
  return longest;
}

bool has_opaque_tokens(const Config& config) {
  return std::any_of(config.resources.begin(), config.resources.end(), [](const model::Resource& resource) {
    return resource.token_format == model::TokenFormat::opaque;
  });
}

}  // namespace certbound::config
