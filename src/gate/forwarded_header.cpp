#include "gate/forwarded_header.hpp"

#include <string>

namespace certbound::gate {

namespace {

bool is_alias(std::string_view name, std::string_view of) {
  if (name.size() != of.size() || name == of) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char letter = name[i] == '_' ? '-' : name[i];
    if (letter != (of[i] == '_' ? '-' : of[i])) return false;
  }
  return true;
}

}  // namespace

Result<std::optional<std::string_view>> find_forwarded(const http::Request& request, std::string_view name) {
  std::optional<std::string_view> value;
  for (const http::Header& header : request.headers) {
    if (is_alias(header.name, name)) return invalid_input(std::string{name} + ": another spelling of it is there");
    if (header.name != name) continue;
    if (value) return invalid_input(std::string{name} + ": stands twice");
    value = header.value;
  }
  return value;
}

}  // namespace certbound::gate
