#include "http/json_response.hpp"

#include "base/text.hpp"

namespace certbound::http {

Response error_response(int status, std::string_view error, PublicText description, std::string_view request_id) {
  std::string body = "{\"error\":";
  body += json_quoted(error);
  if (!description.view().empty()) {
    body += ",\"error_description\":";
    body += json_quoted(description.view());
  }
  body += ",\"request_id\":";
  body += json_quoted(request_id);
  body.push_back('}');
  Response response{status, kJson, std::move(body)};
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("Pragma", "no-cache");
  return response;
}

Response method_not_allowed(std::string_view allow, std::string_view request_id) {
  Response response = error_response(405, "method_not_allowed", "this URL does not take that method", request_id);
  response.headers.emplace_back("Allow", std::string{allow});
  return response;
}

Response not_found(std::string_view request_id) {
  return error_response(404, "not_found", "nothing is at this URL; the metadata document lists what is", request_id);
}

}  // namespace certbound::http
