#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace certbound::config {

/// A client that is registered by a pattern of subjects.
struct PatternClient {
  std::size_t client = 0;  ///< index into Config::clients
  ValuePlace place;        ///< of the pattern
};

/// The anchors of each trust store, by which two stores may be one.
using AnchorsByStore = std::unordered_map<std::string_view, const std::vector<std::filesystem::path>*>;

/// Reports each pattern that can match a certificate which another client's pattern or subject DN matches too, where
/// their trust stores have an anchor in common (product.md section 5, rule 3): an error at the pattern that names both
/// clients and a subject. Of several clients that one pattern overlaps with, one subject DN is named and the others are
/// counted. A subjectAltName is another attribute than the subject, and is not compared with patterns.
///
/// Linear in the clients, times the ways in which the patterns of a store place their stars.
void report_pattern_overlaps(const Config& config, const AnchorsByStore& anchors,
                             const std::vector<PatternClient>& patterns, Report& report);

}  // namespace certbound::config
