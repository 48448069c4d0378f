#pragma once

#include "config/section.hpp"
#include "net/options.hpp"

namespace certbound::config {

/// The options of `limits`.
[[nodiscard]] const Section<net::Limits>& limits_section();

}  // namespace certbound::config
