#pragma once

#include "config/config.hpp"
#include "config/section.hpp"

namespace certbound::config {

/// The options of one entry of `verifiers`.
[[nodiscard]] const Section<gate::Options>& verifier_section();

/// What concerns several of its options, or other sections: who may ask, and of which resource. `root` is the main
/// file's map, `config` was read from all files.
void check_verifiers(Reader& reader, const Node& root, const Config& config);

}  // namespace certbound::config
