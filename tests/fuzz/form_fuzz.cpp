// A form body as a stranger sends it, then the octets as a media type.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"
#include "http/form.hpp"

namespace {

/// What was decoded can be logged, compared and stored: text without NUL.
void check_value(std::string_view value) {
  if (!certbound::is_utf8(value) || value.find('\0') != std::string_view::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace http = certbound::http;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static_cast<void>(http::parse_form("a=b", text));
  const auto form = http::parse_form(text, "application/x-www-form-urlencoded");
  if (!form) return 0;
  for (const std::string_view name : {"grant_type", "client_id", "scope", "resource", ""}) {
    const auto values = form->find_all(name);
    // RFC 6749 section 3.2, RFC 8707 section 2.
    if (values.size() > 1 && name != "resource") std::abort();
    if (form->has(name) != !values.empty() || (!values.empty() && form->find(name) != values.front())) std::abort();
    for (const std::string_view value : values) check_value(value);
  }
  return 0;
}
