#pragma once

#include <cstddef>
#include <string_view>

namespace certbound {

/// What scan_header() found.
struct HeaderScan {
  std::size_t end = 0;  ///< one past the blank line; 0 where it has not come
  bool is_malformed = false;
};

/// Looks for the blank line that ends the header of an HTTP/1 message, from `from` on, an offset at most 3 octets
/// before what has not been looked at. Stricter than RFC 9112: every LF must follow a CR, every CR precede a LF, no
/// line start with a blank (obs-fold), no NUL: each is a way to make two readers see two different messages.
[[nodiscard]] HeaderScan scan_header(std::string_view buffer, std::size_t from);

}  // namespace certbound
