#include "app/generation.hpp"

#include <utility>

#include "app/build_snapshot.hpp"
#include "config/load.hpp"

namespace certbound::app {

Checked check_configuration(const std::filesystem::path& file, WallTime now) {
  Checked checked;
  config::Loaded loaded = config::load(file);
  checked.problems = std::move(loaded.problems);
  if (!loaded.config) return checked;
  LoadedMaterials materials = load_materials(*loaded.config, now);
  checked.problems.insert(checked.problems.end(), std::make_move_iterator(materials.problems.begin()),
                          std::make_move_iterator(materials.problems.end()));
  checked.config = std::move(loaded.config);
  checked.materials = std::move(materials.materials);
  return checked;
}

Result<Generation> make_generation(Checked checked, store::KeyStore& keys, std::uint64_t number, WallTime now) {
  Generation generation;
  generation.config = *std::move(checked.config);
  generation.materials = *std::move(checked.materials);
  for (const net::ListenerOptions& listener : generation.config.listeners) {
    auto context = net::make_tls_context(generation.materials.server, listener.client_certificate);
    if (!context) return std::move(context).error();
    generation.tls.push_back(*std::move(context));
  }
  auto signing_keys = load_signing_keys(keys, generation.config.signing.algorithm, now);
  if (!signing_keys) return std::move(signing_keys).error();
  auto snapshot = build_snapshot(generation.config, generation.materials, *std::move(signing_keys), number);
  if (!snapshot) return std::move(snapshot).error();
  generation.snapshot = *std::move(snapshot);
  return generation;
}

}  // namespace certbound::app
