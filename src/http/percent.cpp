#include "http/percent.hpp"

#include <algorithm>
#include <cstddef>

namespace certbound::http {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> decode_percent(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    // Most of a text is runs without an escape.
    const std::size_t run = std::min(text.find('%'), text.size());
    const auto begin = out.insert(out.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(run));
    if (plus == Plus::blank) std::replace(begin, out.end(), '+', ' ');
    text.remove_prefix(run);
    if (text.empty()) return out;
    if (text.size() < 3) return std::nullopt;
    const int high = hex_digit(text[1]);
    const int low = hex_digit(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    text.remove_prefix(3);
  }
}

}  // namespace certbound::http
