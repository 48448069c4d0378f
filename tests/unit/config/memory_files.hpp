#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/problem.hpp"
#include "config/surroundings.hpp"

namespace certbound::config {

/// 2027-01-15T08:00:00Z, a time at which every certificate of the fixtures is valid.
inline constexpr WallTime kReadAt{std::chrono::seconds{1800000000}};

/// Files and variables that exist only here. A pattern matches the files that begin with what stands before its first
/// star.
struct MemoryFiles {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> variables;
  WallTime now = kReadAt;

  [[nodiscard]] Surroundings surroundings() const {
    return {[this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional{found->second};
            },
            [this](const std::filesystem::path& path) -> Result<std::string> {
              const auto found = files.find(path.string());
              if (found == files.end()) return invalid_input(path.string() + ": no such file");
              return found->second;
            },
            [this](const std::filesystem::path& directory,
                   const std::string& pattern) -> Result<std::vector<std::filesystem::path>> {
              const std::size_t star = pattern.find('*');
              const std::string wanted = (directory / pattern.substr(0, star)).string();
              std::vector<std::filesystem::path> out;
              for (const auto& [name, text] : files) {
                if (star == std::string::npos ? name == wanted : name.starts_with(wanted)) out.emplace_back(name);
              }
              return out;
            },
            now};
  }

  [[nodiscard]] Loaded load(const std::string& text) const { return load_text("main.yaml", text, surroundings()); }
};

/// What a main file must have.
inline constexpr const char* kMinimal =
    "issuer: https://as.example.com\n"
    "listeners: [{address: 0.0.0.0:8443}]\n"
    "tls: {certificate: server.crt, private_key: server.key}\n";

/// The problems as they are printed.
[[nodiscard]] inline std::vector<std::string> rendered(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Problem& problem : loaded.problems) out.push_back(render(problem));
  return out;
}

/// The problems of kMinimal followed by `more`.
[[nodiscard]] inline std::vector<std::string> problems_of(const std::string& more) {
  const MemoryFiles files;
  return rendered(files.load(kMinimal + more));
}

}  // namespace certbound::config
