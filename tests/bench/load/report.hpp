#pragma once

#include <string>

#include "options.hpp"
#include "sample.hpp"

namespace certbound::load {

/// The sample for people or as one JSON object, as options.format says, with a line end.
[[nodiscard]] std::string render_report(const Options& options, const Sample& sample);

/// Faults in the sample and before it; a sample that was cut counts as one more.
[[nodiscard]] std::uint64_t count_failures(const Sample& sample);

}  // namespace certbound::load
