#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/failure.hpp"

namespace certbound::fetch {

struct ResponseField {
  ResponseField(std::string field_name, std::string field_value)
      : name{std::move(field_name)}, value{std::move(field_value)} {}
  std::string name;   ///< lower case
  std::string value;  ///< without leading and trailing blanks
};

/// The head of an answer.
struct ResponseHead {
  ResponseHead() = default;

  int status = 0;
  std::vector<ResponseField> fields;

  /// The values of the field `lower_name` in one list (RFC 9110 section 5.3); nothing where it is absent.
  [[nodiscard]] std::optional<std::string> find(std::string_view lower_name) const;
};

/// What is wrong, and the words for the log.
struct Problem {
  Problem(Failure why, std::string more) : failure{why}, detail{std::move(more)} {}
  Failure failure;
  std::string detail;
};

struct Request;

/// Our policy on a head before its body is read: 200, or 304 where the request had a condition; no redirect; no content
/// coding; an accepted media type.
[[nodiscard]] std::optional<Problem> check_head(const ResponseHead& head, const Request& request);

/// The media type without its parameters, lower case.
[[nodiscard]] std::string media_type(std::string_view content_type);

}  // namespace certbound::fetch
