#include "base/error.hpp"

namespace certbound {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
      return "invalid_request";
    case ErrorCode::invalid_client:
      return "invalid_client";
    case ErrorCode::unauthorized_client:
      return "unauthorized_client";
    case ErrorCode::unsupported_grant_type:
      return "unsupported_grant_type";
    case ErrorCode::invalid_scope:
      return "invalid_scope";
    case ErrorCode::invalid_target:
      return "invalid_target";
    case ErrorCode::invalid_dpop_proof:
      return "invalid_dpop_proof";
    case ErrorCode::use_dpop_nonce:
      return "use_dpop_nonce";
    case ErrorCode::temporarily_unavailable:
      return "temporarily_unavailable";
    case ErrorCode::server_error:
      return "server_error";
  }
  return "server_error";
}

Error internal_error(std::string detail, SourceLocation where) {
  return {ErrorCode::server_error, Reason::internal, "the server could not answer", std::move(detail), where};
}

Error invalid_input(std::string detail, SourceLocation where) {
  return {ErrorCode::invalid_request, Reason::invalid_input, "the input is not valid", std::move(detail), where};
}

}  // namespace certbound
