#pragma once

#include <string>
#include <string_view>

#include "config/surroundings.hpp"

namespace certbound::config {

/// A value after `${NAME}` was replaced.
struct Expansion {
  std::string text;
  bool has_variables = false;
  std::string problem;  ///< what is wrong and what to do; empty where nothing is
};

/// Replaces each `${NAME}` by the environment variable NAME; `$${` stands for `${`, any other dollar sign for itself.
/// What a variable holds is not expanded again. A variable that is not set is a problem; one that is set to nothing is
/// empty text.
[[nodiscard]] Expansion expand(std::string_view text, const Surroundings& surroundings);

}  // namespace certbound::config
