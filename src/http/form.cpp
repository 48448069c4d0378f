#include "http/form.hpp"

#include <optional>

#include "base/text.hpp"
#include "http/percent.hpp"

namespace certbound::http {

namespace {

constexpr std::size_t kMaximumParameters = 64;
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

std::optional<std::string> decode_component(std::string_view text) {
  auto out = decode_percent(text, Plus::blank);
  if (!out || out->find('\0') != std::string::npos || !is_utf8(*out)) return std::nullopt;
  return out;
}

Error malformed(std::string detail) {
  return {ErrorCode::invalid_request, Reason::malformed_form, "the body is not a well-formed form", std::move(detail)};
}

bool is_form_type(std::string_view content_type) {
  return ascii_iequals(trim(content_type.substr(0, content_type.find(';'))), kFormType);
}

}  // namespace

std::string_view Form::find(std::string_view name) const {
  for (const auto& [parameter, value] : parameters_) {
    if (parameter == name && !value.empty()) return value;
  }
  return {};
}

std::vector<std::string_view> Form::find_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [parameter, value] : parameters_) {
    if (parameter == name && !value.empty()) values.emplace_back(value);
  }
  return values;
}

Result<Form> parse_form(std::string_view body, std::string_view content_type) {
  if (!is_form_type(content_type)) {
    return Error{ErrorCode::invalid_request, Reason::wrong_content_type,
                 "the Content-Type must be application/x-www-form-urlencoded", std::string{content_type}};
  }
  Form form;
  for (const std::string_view pair : split(body, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decode_component(pair.substr(0, equals));
    auto value = decode_component(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value) return malformed("a percent escape, octets that are not UTF-8, or a NUL");
    for (const auto& [seen, unused] : form.parameters_) {
      if (seen == *name && *name != "resource") {
        return Error{ErrorCode::invalid_request, Reason::repeated_parameter, "a parameter is repeated",
                     *std::move(name)};
      }
    }
    if (form.parameters_.size() == kMaximumParameters) return malformed("more than 64 parameters");
    form.parameters_.emplace_back(*std::move(name), *std::move(value));
  }
  return form;
}

}  // namespace certbound::http
