#include "base/header_scan.hpp"

namespace certbound {

HeaderScan scan_header(std::string_view buffer, std::size_t from) {
  for (std::size_t i = from; i < buffer.size(); ++i) {
    const char c = buffer[i];
    if (c == '\0') return {0, true};
    if (c == '\r' && i + 1 < buffer.size() && buffer[i + 1] != '\n') return {0, true};
    if (c != '\n') continue;
    if (i == 0 || buffer[i - 1] != '\r') return {0, true};
    if (i >= 3 && buffer[i - 2] == '\n') return {i + 1, false};
    if (i + 1 < buffer.size() && (buffer[i + 1] == ' ' || buffer[i + 1] == '\t')) return {0, true};
  }
  return {};
}

}  // namespace certbound
