#include "config/named_file.hpp"

#include <utility>

namespace certbound::config {

std::optional<NamedFile> read_named_file(Reader& reader, const Node& node) {
  auto path = reader.read_path(node);
  if (!path) return std::nullopt;
  auto content = reader.session().surroundings.load_file(*path);
  if (content) return NamedFile{*std::move(path), *std::move(content)};
  reader.complain(node, content.error().detail);
  return std::nullopt;
}

}  // namespace certbound::config
