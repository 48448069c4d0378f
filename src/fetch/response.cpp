#include "fetch/response.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "fetch/request.hpp"

namespace certbound::fetch {

std::optional<std::string> ResponseHead::find(std::string_view lower_name) const {
  std::optional<std::string> all;
  for (const ResponseField& field : fields) {
    if (field.name != lower_name) continue;
    if (all) {
      *all += ", " + field.value;
    } else {
      all = field.value;
    }
  }
  return all;
}

std::string media_type(std::string_view content_type) {
  return ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
}

std::optional<Problem> check_head(const ResponseHead& head, const Request& request) {
  const std::string status = std::to_string(head.status);
  if (head.status == 304) {
    if (request.validators.has_any() && request.method == Method::get) return std::nullopt;
    return Problem{Failure::not_modified_unasked, "304, but the request had no condition"};
  }
  if (head.status >= 300 && head.status < 400) {
    return Problem{Failure::redirected, "status " + status + "; redirects are not followed"};
  }
  if (head.status != 200) return Problem{Failure::status, "status " + status};
  const auto coding = head.find("content-encoding");
  if (coding && !ascii_iequals(*coding, "identity")) {
    return Problem{Failure::content_encoding, "Content-Encoding: " + *coding};
  }
  if (request.content_types.empty()) return std::nullopt;
  const auto type = head.find("content-type");
  const std::string media = type ? media_type(*type) : std::string{};
  const bool is_accepted = std::any_of(request.content_types.begin(), request.content_types.end(),
                                       [&media](const std::string& one) { return ascii_iequals(one, media); });
  if (is_accepted) return std::nullopt;
  return Problem{Failure::content_type, type ? "Content-Type: " + *type : "no Content-Type"};
}

}  // namespace certbound::fetch
