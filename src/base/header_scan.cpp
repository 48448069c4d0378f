#include "base/header_scan.hpp"

#include <algorithm>

namespace certbound {

// Line by line, since what is looked for in lines is found many octets at a time.
HeaderScan scan_header(std::string_view buffer, std::size_t from) {
  for (std::size_t begin = std::min(from, buffer.size());;) {
    const std::size_t feed = buffer.find('\n', begin);
    const std::string_view line = buffer.substr(begin, std::min(feed, buffer.size()) - begin);
    // A carriage return stands last, before a line feed or where the buffer ends.
    const std::size_t carriage = std::min(line.find('\r'), line.size());
    if (carriage + 1 < line.size() || line.find('\0') != std::string_view::npos) return {0, true};
    if (feed == std::string_view::npos) return {};
    if (feed == 0 || buffer[feed - 1] != '\r') return {0, true};
    if (feed >= 3 && buffer[feed - 2] == '\n') return {feed + 1, false};
    begin = feed + 1;
    if (begin < buffer.size() && (buffer[begin] == ' ' || buffer[begin] == '\t')) return {0, true};
  }
}

}  // namespace certbound
