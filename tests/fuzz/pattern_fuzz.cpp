// Two lines, each a pattern of subjects or a plain subject: a pattern prints and reads back, and a subject that two
// have in common is matched by both, the index agreeing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "x509/subject_pattern_index.hpp"

using certbound::x509::Name;
using certbound::x509::SubjectPattern;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::optional<SubjectPattern> read(std::string_view text) {
  if (auto pattern = SubjectPattern::parse(text)) {
    const auto again = SubjectPattern::parse(pattern->text());
    require(again && again->canonical() == pattern->canonical() && !pattern->canonical().empty());
    return *std::move(pattern);
  }
  const auto name = Name::parse(text);
  if (!name) return std::nullopt;
  auto plain = SubjectPattern::of(*name);
  require(plain.matches(*name));
  return plain;
}

void compare(const SubjectPattern& a, const SubjectPattern& b) {
  const auto subject = find_common_subject(a, b);
  certbound::x509::SubjectPatternIndex index;
  index.add(a, 1);
  require(index.find_overlaps(b).empty() != subject.has_value());
  if (!subject) return;
  const auto name = Name::parse(*subject);
  require(name && a.matches(*name) && b.matches(*name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t end = text.find('\n');
  const auto first = read(text.substr(0, end));
  if (!first) return 0;
  compare(*first, *first);
  if (end == std::string_view::npos) return 0;
  if (const auto second = read(text.substr(end + 1))) {
    compare(*first, *second);
    compare(*second, *first);
  }
  return 0;
}
