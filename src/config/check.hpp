#pragma once

#include "config/config.hpp"
#include "config/reader.hpp"

namespace certbound::config {

/// What concerns several options of the main file: addresses that are taken twice, URLs of listeners that contradict
/// each other or are never published, and clients that no listener could serve. `root` is the main file's map, `config`
/// what was read from it.
void check_main_file(Reader& reader, const Node& root, const Config& config);

/// What can be said only when every client is known.
void check_clients_can_connect(Reader& reader, const Node& root, const Config& config);

/// Opaque tokens that nobody could read: a warning for each such resource of one file, whose map is `root`. Its first
/// is the one at `first` in `config`; returns where those of the next file begin.
[[nodiscard]] std::size_t warn_of_unreadable_tokens(Reader& reader, const Node& root, const Config& config,
                                                    std::size_t first);

}  // namespace certbound::config
