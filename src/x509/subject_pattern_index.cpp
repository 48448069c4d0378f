#include "x509/subject_pattern_index.hpp"

#include <algorithm>

namespace certbound::x509 {

namespace {

SubjectPattern::Kinds widest(const SubjectPattern::Kinds& a, SubjectPattern::Kinds b) {
  std::transform(a.begin(), a.end(), b.begin(), b.begin(), [](auto left, auto right) { return std::max(left, right); });
  return b;
}

}  // namespace

void SubjectPatternIndex::add(SubjectPattern pattern, std::size_t number) {
  std::vector<Class>& alike = classes_[pattern.shape()];
  Kinds kinds = pattern.kinds();
  auto found = std::find_if(alike.begin(), alike.end(), [&kinds](const Class& entry) { return entry.kinds == kinds; });
  if (found == alike.end()) found = alike.insert(alike.end(), Class{std::move(kinds), {}, {}});
  for (auto& [projection, keys] : found->by_projection) {
    if (auto key = pattern.project(projection)) keys.emplace(*std::move(key), number);
  }
  found->members.emplace_back(std::move(pattern), number);
}

const SubjectPatternIndex::Keys& SubjectPatternIndex::keys_of(Class& members, const Kinds& kinds) {
  const auto [entry, is_new] = members.by_projection.try_emplace(kinds);
  if (is_new) {
    for (const auto& [pattern, number] : members.members) {
      if (auto key = pattern.project(kinds)) entry->second.emplace(*std::move(key), number);
    }
  }
  return entry->second;
}

std::vector<std::size_t> SubjectPatternIndex::find_overlaps(const SubjectPattern& pattern) {
  std::vector<std::size_t> out;
  const auto alike = classes_.find(pattern.shape());
  if (alike == classes_.end()) return out;
  const Kinds own = pattern.kinds();
  for (Class& candidates : alike->second) {
    const Kinds kinds = widest(own, candidates.kinds);
    const auto key = pattern.project(kinds);
    if (!key) continue;
    const Keys& keys = keys_of(candidates, kinds);
    if (const auto found = keys.find(*key); found != keys.end()) out.push_back(found->second);
  }
  return out;
}

}  // namespace certbound::x509
