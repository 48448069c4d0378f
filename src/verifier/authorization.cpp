#include "verifier/authorization.hpp"

#include <algorithm>
#include <string>

#include "base/text.hpp"

namespace certbound::verifier {

namespace {

constexpr std::string_view kScheme = "Bearer";

/// RFC 6750 section 2.1: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
bool is_b64token(std::string_view text) {
  const auto is_digit = [](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_letter || std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
  };
  const auto padding = std::find_if_not(text.begin(), text.end(), is_digit);
  return padding != text.begin() && std::all_of(padding, text.end(), [](char c) { return c == '='; });
}

}  // namespace

std::variant<std::string_view, Fault> find_bearer_token(std::span<const std::string_view> authorization) {
  if (authorization.empty()) return Fault{RefusalReason::token_missing, "no Authorization field"};
  if (authorization.size() > 1) {
    return Fault{RefusalReason::request_malformed, std::to_string(authorization.size()) + " Authorization fields"};
  }
  const std::string_view value = trim(authorization.front());
  const std::size_t end = std::min(value.find(' '), value.size());
  if (!ascii_iequals(value.substr(0, end), kScheme)) {
    return Fault{RefusalReason::token_missing, "the Authorization field has another scheme than Bearer"};
  }
  std::string_view token = value.substr(end);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (!is_b64token(token)) return Fault{RefusalReason::request_malformed, "Bearer without one token behind it"};
  return token;
}

}  // namespace certbound::verifier
