#include "http/request.hpp"

namespace certbound::http {

std::optional<std::string_view> Request::find_header(std::string_view lower_name) const {
  for (const Header& header : headers) {
    if (header.name == lower_name) return header.value;
  }
  return std::nullopt;
}

std::string Request::join_header(std::string_view lower_name) const {
  std::string joined;
  for (const Header& header : headers) {
    if (header.name != lower_name) continue;
    if (!joined.empty()) joined += ", ";
    joined += header.value;
  }
  return joined;
}

}  // namespace certbound::http
