#pragma once

#include <cstddef>

#include "net/options.hpp"

namespace certbound::net {

/// Raises this process's soft limit of open files to its hard one. Returns the limit that is in force then; where it
/// cannot be raised, that is logged and the old one stays.
std::size_t raise_descriptor_limit();

/// How many of `wanted` connections each of `workers` can have where the process may open `descriptors` files; some are
/// kept for the rest of the program. At least 1.
[[nodiscard]] std::size_t connections_that_fit(std::size_t wanted, std::size_t descriptors, std::size_t workers);

/// `limits` with as many connections per worker as the process may open, after raising the limit; fewer than configured
/// is logged as a warning. Once, at the start.
[[nodiscard]] Limits fit_descriptors(Limits limits, std::size_t workers);

}  // namespace certbound::net
