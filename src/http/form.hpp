#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace certbound::http {

/// The parameters of an `application/x-www-form-urlencoded` body, decoded, in order. A parameter without a value counts
/// as omitted (RFC 6749 section 3.2).
class Form {
 public:
  /// The value, or an empty view where it is omitted.
  [[nodiscard]] std::string_view find(std::string_view name) const;
  /// Every value of a repeatable parameter.
  [[nodiscard]] std::vector<std::string_view> find_all(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return !find(name).empty(); }

 private:
  friend Result<Form> parse_form(std::string_view body, std::string_view content_type);
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// RFC 6749 appendix B: percent and plus decoding, UTF-8. `resource` (RFC 8707) may stand several times; any other
/// parameter only once, unknown ones too. At most 64 parameters. Errors: `invalid_request` with wrong_content_type (the
/// media type; its parameters are ignored), malformed_form (bad escape, not UTF-8, NUL, too many) or repeated_parameter
/// (`detail` is its name).
[[nodiscard]] Result<Form> parse_form(std::string_view body, std::string_view content_type);

}  // namespace certbound::http
