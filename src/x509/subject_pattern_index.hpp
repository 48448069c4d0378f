#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "x509/subject_pattern.hpp"

namespace certbound::x509 {

/// Finds which of many patterns can match a subject that a given one matches, by hashing instead of comparing each with
/// each: what counts is in how many ways the patterns place their stars, not how many patterns there are.
class SubjectPatternIndex {
 public:
  void add(SubjectPattern pattern, std::size_t number);

  /// The numbers of patterns that have a subject in common with `pattern`: of those that place their stars alike at
  /// least the first, so that nothing comes back only where there is none. In no order.
  [[nodiscard]] std::vector<std::size_t> find_overlaps(const SubjectPattern& pattern);

 private:
  using Kinds = SubjectPattern::Kinds;
  using Keys = std::unordered_map<std::string, std::size_t>;
  /// The patterns of one shape with their stars at the same places.
  struct Class {
    Kinds kinds;
    std::vector<std::pair<SubjectPattern, std::size_t>> members;
    std::map<Kinds, Keys> by_projection;  ///< as far as it was asked for
  };

  [[nodiscard]] static const Keys& keys_of(Class& members, const Kinds& kinds);

  std::unordered_map<std::string, std::vector<Class>> classes_;  ///< by shape
};

}  // namespace certbound::x509
