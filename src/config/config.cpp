#include "config/config.hpp"

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

}  // namespace certbound::config
