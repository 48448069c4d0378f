#include <cstddef>
#include <cstdint>
#include <string>

#include "config/load.hpp"

using certbound::config::Loaded;
using certbound::config::Problem;
using certbound::config::Surroundings;

namespace {

/// No file is read and none is found; one variable is set.
Surroundings empty_surroundings() {
  return {
      [](const std::string& name) { return name == "X" ? std::optional<std::string>{"1"} : std::nullopt; },
      [](const std::filesystem::path&) -> certbound::Result<std::string> { return certbound::invalid_input("none"); },
      [](const std::filesystem::path&, const std::string&) -> certbound::Result<std::vector<std::filesystem::path>> {
        return certbound::invalid_input("none");
      },
      certbound::WallTime{}};
}

}  // namespace

/// Any text is a configuration or has a problem that can be printed on one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Surroundings surroundings = empty_surroundings();
  const std::string text{reinterpret_cast<const char*>(data), size};
  const Loaded loaded = certbound::config::load_text("fuzz.yaml", text, surroundings);
  if (!loaded.config && loaded.problems.empty()) __builtin_trap();
  for (const Problem& problem : loaded.problems) {
    if (render(problem).find('\n') != std::string::npos) __builtin_trap();
    if (render_with_source(problem).empty()) __builtin_trap();
  }
  return 0;
}
