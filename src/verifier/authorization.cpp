#include "verifier/authorization.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/text.hpp"

namespace certbound::verifier {

namespace {

/// RFC 6750 section 2.1, RFC 9110 section 11.2: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
bool is_token68(std::string_view text) {
  const auto is_digit = [](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_letter || std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
  };
  const auto padding = std::find_if_not(text.begin(), text.end(), is_digit);
  return padding != text.begin() && std::all_of(padding, text.end(), [](char c) { return c == '='; });
}

std::optional<Scheme> find_scheme(std::string_view name, Schemes understood) {
  if (ascii_iequals(name, "Bearer")) return Scheme::bearer;
  if (understood == Schemes::bearer_and_dpop && ascii_iequals(name, "DPoP")) return Scheme::dpop;
  return std::nullopt;
}

std::string describe_other(std::string_view name) {
  return ascii_iequals(name, "DPoP") ? "the Authorization field has the scheme DPoP, which is not accepted here"
                                     : "the Authorization field has another scheme";
}

}  // namespace

Credentials find_credentials(std::span<const std::string_view> authorization, Schemes understood) {
  if (authorization.empty()) {
    return {Scheme::bearer, Fault{RefusalReason::token_missing, "no Authorization field"}};
  }
  if (authorization.size() > 1) {
    return {Scheme::bearer,
            Fault{RefusalReason::request_malformed, std::to_string(authorization.size()) + " Authorization fields"}};
  }
  const std::string_view value = trim(authorization.front());
  const std::size_t end = std::min(value.find(' '), value.size());
  const auto scheme = find_scheme(value.substr(0, end), understood);
  if (!scheme) return {Scheme::bearer, Fault{RefusalReason::token_missing, describe_other(value.substr(0, end))}};
  std::string_view token = value.substr(end);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (is_token68(token)) return {*scheme, token};
  return {*scheme, Fault{RefusalReason::request_malformed, "a scheme without one token behind it"}};
}

}  // namespace certbound::verifier
