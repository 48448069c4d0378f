#include "x509/string_prep.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <span>

#include <stringprep.h>

#include "base/text.hpp"

namespace certbound::x509 {

namespace {

using CodePoints = std::vector<std::uint32_t>;

struct CodePointRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// Controls, and what RFC 4518 section 2.2 maps to nothing. The RFC prints FF00-FE0F where it means FE00-FE0F
/// (erratum).
constexpr CodePointRange kRefused[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x034f, 0x034f},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
    {0x1806, 0x1806}, {0x180b, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e},   {0x2060, 0x2063},   {0x206a, 0x206f},
    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffc}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
};

/// Zs, Zl and Zp of Unicode 3.2: mapped to SPACE (RFC 4518 section 2.2).
constexpr CodePointRange kSeparators[] = {
    {0x0020, 0x0020}, {0x00a0, 0x00a0}, {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

/// Mn, Mc and Me of Unicode 3.2: RFC 4518 appendix A.
constexpr CodePointRange kCombiningMarks[] = {
    {0x0300, 0x034f},   {0x0360, 0x036f},   {0x0483, 0x0486},   {0x0488, 0x0489},   {0x0591, 0x05a1},
    {0x05a3, 0x05b9},   {0x05bb, 0x05bc},   {0x05bf, 0x05bf},   {0x05c1, 0x05c2},   {0x05c4, 0x05c4},
    {0x064b, 0x0655},   {0x0670, 0x0670},   {0x06d6, 0x06dc},   {0x06de, 0x06e4},   {0x06e7, 0x06e8},
    {0x06ea, 0x06ed},   {0x0711, 0x0711},   {0x0730, 0x074a},   {0x07a6, 0x07b0},   {0x0901, 0x0903},
    {0x093c, 0x093c},   {0x093e, 0x094f},   {0x0951, 0x0954},   {0x0962, 0x0963},   {0x0981, 0x0983},
    {0x09bc, 0x09bc},   {0x09be, 0x09c4},   {0x09c7, 0x09c8},   {0x09cb, 0x09cd},   {0x09d7, 0x09d7},
    {0x09e2, 0x09e3},   {0x0a02, 0x0a02},   {0x0a3c, 0x0a3c},   {0x0a3e, 0x0a42},   {0x0a47, 0x0a48},
    {0x0a4b, 0x0a4d},   {0x0a70, 0x0a71},   {0x0a81, 0x0a83},   {0x0abc, 0x0abc},   {0x0abe, 0x0ac5},
    {0x0ac7, 0x0ac9},   {0x0acb, 0x0acd},   {0x0b01, 0x0b03},   {0x0b3c, 0x0b3c},   {0x0b3e, 0x0b43},
    {0x0b47, 0x0b48},   {0x0b4b, 0x0b4d},   {0x0b56, 0x0b57},   {0x0b82, 0x0b82},   {0x0bbe, 0x0bc2},
    {0x0bc6, 0x0bc8},   {0x0bca, 0x0bcd},   {0x0bd7, 0x0bd7},   {0x0c01, 0x0c03},   {0x0c3e, 0x0c44},
    {0x0c46, 0x0c48},   {0x0c4a, 0x0c4d},   {0x0c55, 0x0c56},   {0x0c82, 0x0c83},   {0x0cbe, 0x0cc4},
    {0x0cc6, 0x0cc8},   {0x0cca, 0x0ccd},   {0x0cd5, 0x0cd6},   {0x0d02, 0x0d03},   {0x0d3e, 0x0d43},
    {0x0d46, 0x0d48},   {0x0d4a, 0x0d4d},   {0x0d57, 0x0d57},   {0x0d82, 0x0d83},   {0x0dca, 0x0dca},
    {0x0dcf, 0x0dd4},   {0x0dd6, 0x0dd6},   {0x0dd8, 0x0ddf},   {0x0df2, 0x0df3},   {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e},   {0x0eb1, 0x0eb1},   {0x0eb4, 0x0eb9},   {0x0ebb, 0x0ebc},
    {0x0ec8, 0x0ecd},   {0x0f18, 0x0f19},   {0x0f35, 0x0f35},   {0x0f37, 0x0f37},   {0x0f39, 0x0f39},
    {0x0f3e, 0x0f3f},   {0x0f71, 0x0f84},   {0x0f86, 0x0f87},   {0x0f90, 0x0f97},   {0x0f99, 0x0fbc},
    {0x0fc6, 0x0fc6},   {0x102c, 0x1032},   {0x1036, 0x1039},   {0x1056, 0x1059},   {0x1712, 0x1714},
    {0x1732, 0x1734},   {0x1752, 0x1753},   {0x1772, 0x1773},   {0x17b4, 0x17d3},   {0x180b, 0x180d},
    {0x18a9, 0x18a9},   {0x20d0, 0x20ea},   {0x302a, 0x302f},   {0x3099, 0x309a},   {0xfb1e, 0xfb1e},
    {0xfe00, 0xfe0f},   {0xfe20, 0xfe23},   {0x1d165, 0x1d169}, {0x1d16d, 0x1d172}, {0x1d17b, 0x1d182},
    {0x1d185, 0x1d18b}, {0x1d1aa, 0x1d1ad},
};

bool is_in(std::span<const CodePointRange> ranges, std::uint32_t code_point) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), code_point,
                       [](std::uint32_t value, const CodePointRange& range) { return value < range.first; });
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

/// One of libidn's tables, which are sorted and end with an element of zeros. Its length is counted once per table.
using PrepTable = std::span<const Stringprep_table_element>;

PrepTable measure_table(const Stringprep_table_element* first) {
  std::size_t size = 0;
  while (first[size].start != 0 || first[size].end != 0) ++size;
  return {first, size};
}

const Stringprep_table_element* find_element(PrepTable table, std::uint32_t code_point) {
  const auto after = std::upper_bound(
      table.begin(), table.end(), code_point,
      [](std::uint32_t value, const Stringprep_table_element& element) { return value < element.start; });
  if (after == table.begin()) return nullptr;
  const auto& element = *std::prev(after);
  return code_point <= std::max(element.start, element.end) ? &element : nullptr;
}

bool is_prohibited(std::uint32_t code_point) {
  static const std::array<PrepTable, 5> tables{
      measure_table(stringprep_rfc3454_A_1), measure_table(stringprep_rfc3454_C_3),
      measure_table(stringprep_rfc3454_C_4), measure_table(stringprep_rfc3454_C_5),
      measure_table(stringprep_rfc3454_C_8)};
  if (code_point == 0xfffd) return true;
  return std::any_of(tables.begin(), tables.end(),
                     [code_point](PrepTable table) { return find_element(table, code_point) != nullptr; });
}

/// RFC 4518 section 2.2, without libidn's loop over the tables, which takes quadratic time.
void append_mapped(CodePoints& out, std::uint32_t code_point) {
  static const PrepTable folding = measure_table(stringprep_rfc3454_B_2);
  if (is_in(kSeparators, code_point)) {
    out.push_back(' ');
    return;
  }
  const Stringprep_table_element* folded = find_element(folding, code_point);
  if (folded == nullptr) {
    out.push_back(code_point);
    return;
  }
  for (const std::uint32_t mapped : folded->map) {
    if (mapped != 0) out.push_back(mapped);
  }
}

bool has_long_mark_sequence(const CodePoints& text) {
  std::size_t marks = 0;
  for (const std::uint32_t code_point : text) {
    marks = is_in(kCombiningMarks, code_point) ? marks + 1 : 0;
    if (marks > kMaximumCombiningMarks) return true;
  }
  return false;
}

std::optional<CodePoints> normalize(const CodePoints& text) {
  struct Free {
    void operator()(std::uint32_t* memory) const { std::free(memory); }
  };
  const std::unique_ptr<std::uint32_t, Free> normalized{
      stringprep_ucs4_nfkc_normalize(text.data(), static_cast<ssize_t>(text.size()))};
  if (!normalized) return std::nullopt;
  CodePoints out;
  for (const std::uint32_t* at = normalized.get(); *at != 0; ++at) out.push_back(*at);
  return out;
}

/// RFC 4518 section 2.6.1: one SPACE at either end, two for every inner run. A SPACE that carries a combining mark is
/// none.
std::string render_with_spaces(const CodePoints& text) {
  std::string out;
  bool is_pending = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool carries_mark = i + 1 < text.size() && is_in(kCombiningMarks, text[i + 1]);
    if (text[i] == ' ' && !carries_mark) {
      is_pending = true;
      continue;
    }
    if (is_pending) out += out.empty() ? " " : "  ";
    is_pending = false;
    append_utf8(out, text[i]);
  }
  return out.empty() ? "  " : out + ' ';
}

std::string prepare_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  bool is_pending = true;
  for (const char c : text) {
    if (c == ' ') {
      is_pending = true;
      continue;
    }
    if (is_pending) out += out.empty() ? " " : "  ";
    is_pending = false;
    out.push_back(ascii_lower(c));
  }
  out += out.empty() ? "  " : " ";
  return out;
}

}  // namespace

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::optional<CodePoints> decode_utf8(std::string_view text) {
  if (!is_utf8(text)) return std::nullopt;
  CodePoints out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet & 0xc0U) == 0x80) {
      out.back() = out.back() << 6U | (octet & 0x3fU);
    } else if (octet < 0x80) {
      out.push_back(octet);
    } else {
      out.push_back(octet & (octet < 0xe0 ? 0x1fU : octet < 0xf0 ? 0x0fU : 0x07U));
    }
  }
  return out;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto push = [&out](std::uint32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (code_point < 0x80) {
    push(code_point);
    return;
  }
  if (code_point < 0x800) {
    push(0xc0U | code_point >> 6U);
  } else {
    if (code_point < 0x10000) {
      push(0xe0U | code_point >> 12U);
    } else {
      push(0xf0U | code_point >> 18U);
      push(0x80U | (code_point >> 12U & 0x3fU));
    }
    push(0x80U | (code_point >> 6U & 0x3fU));
  }
  push(0x80U | (code_point & 0x3fU));
}

std::string code_point_name(std::uint32_t code_point) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string digits;
  for (std::uint32_t rest = code_point; rest != 0 || digits.size() < 4; rest >>= 4U)
    digits.push_back(kDigits[rest & 15U]);
  std::reverse(digits.begin(), digits.end());
  return "U+" + digits;
}

std::optional<std::uint32_t> find_refused_code_point(std::string_view utf8) {
  if (is_printable_ascii(utf8)) return std::nullopt;
  const auto text = decode_utf8(utf8);
  if (!text) return std::nullopt;
  const auto found =
      std::find_if(text->begin(), text->end(), [](std::uint32_t code_point) { return is_in(kRefused, code_point); });
  if (found == text->end()) return std::nullopt;
  return *found;
}

std::optional<std::string> prepare_case_ignore(std::string_view utf8) {
  if (is_printable_ascii(utf8)) return prepare_ascii(utf8);
  const auto text = decode_utf8(utf8);
  if (!text || text->size() > kMaximumPreparedCodePoints) return std::nullopt;
  CodePoints mapped;
  for (const std::uint32_t code_point : *text) {
    if (is_in(kRefused, code_point)) return std::nullopt;
    append_mapped(mapped, code_point);
  }
  if (has_long_mark_sequence(mapped)) return std::nullopt;
  const auto normalized = normalize(mapped);
  if (!normalized || std::any_of(normalized->begin(), normalized->end(), is_prohibited)) return std::nullopt;
  return render_with_spaces(*normalized);
}

}  // namespace certbound::x509
