#include "oauth/token_request.hpp"

namespace certbound::oauth {

Result<TokenRequest> parse_token_request(const http::Form& form) {
  TokenRequest request;
  request.grant_type = form.find("grant_type");
  if (request.grant_type.empty()) {
    return Error{ErrorCode::invalid_request, Reason::missing_parameter, "grant_type is missing", "grant_type"};
  }
  request.scope = form.find("scope");
  for (const std::string_view resource : form.find_all("resource")) request.resources.emplace_back(resource);
  return request;
}

}  // namespace certbound::oauth
