#include "oauth/error_response.hpp"

#include "http/json_response.hpp"

namespace certbound::oauth {

namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_client:
    case ErrorCode::unauthorized_client:
    case ErrorCode::unsupported_grant_type:
    case ErrorCode::invalid_scope:
    case ErrorCode::invalid_target:
    case ErrorCode::invalid_dpop_proof:
    case ErrorCode::use_dpop_nonce:
      return 400;
    case ErrorCode::temporarily_unavailable:
      return 503;
    case ErrorCode::server_error:
      return 500;
  }
  return 500;
}

/// RFC 9110 section 15.5.2 wants a challenge, and no registered scheme says that the certificate of the connection is
/// what counts. One that nobody knows starts no dialogue and makes nobody send a password.
constexpr std::string_view kOwnChallenge = "ClientCertificate realm=\"certbound\"";

/// In seconds. Room for revocations comes as tokens expire, looked at each minute; after a crash nobody knows for ten
/// seconds what was used; all else that is 503 is over in a moment.
std::string retry_after(Reason reason) {
  if (reason == Reason::denials_full) return "60";
  return reason == Reason::replays_unknown ? "10" : "1";
}

/// The scheme of the Authorization header, if it is one that a challenge can name.
std::string challenge_for(std::string_view authorization) {
  const std::string_view scheme = authorization.substr(0, authorization.find(' '));
  constexpr std::string_view kTokenCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+!#$%&'*^`|";
  const bool is_token =
      !scheme.empty() && scheme.size() <= 32 && scheme.find_first_not_of(kTokenCharacters) == std::string_view::npos;
  return std::string{is_token ? scheme : "Basic"} + " realm=\"certbound\"";
}

}  // namespace

http::Response render_error(const Error& error, const http::Request& request, Refusal refusal) {
  int status = status_of(error.code);
  const auto authorization = request.find_header("authorization");
  const bool is_challenged =
      error.code == ErrorCode::invalid_client && (authorization || refusal == Refusal::unauthorized);
  if (is_challenged) status = 401;
  http::Response response = http::error_response(status, name(error.code), error.text, request.id);
  if (is_challenged)
    response.headers.emplace_back("WWW-Authenticate",
                                  authorization ? challenge_for(*authorization) : std::string{kOwnChallenge});
  if (status == 503) response.headers.emplace_back("Retry-After", retry_after(error.reason));
  return response;
}

}  // namespace certbound::oauth
