#include "oauth/client_auth/credential.hpp"

#include <algorithm>
#include <utility>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "http/percent.hpp"
#include "oauth/client_auth/assertion.hpp"
#include "oauth/client_auth/method.hpp"

namespace certbound::oauth {

namespace {

constexpr std::string_view kBasic = "Basic";

Error refuse_two(std::string detail) {
  return {ErrorCode::invalid_request, Reason::several_credentials,
          "the request authenticates its client in more than one way", std::move(detail)};
}

Error refuse_basic() {
  return refuse_client(Reason::secret_wrong,
                       "the Authorization header is not Basic with the base64 of client_id:secret, each form-encoded");
}

/// RFC 6749 section 2.3.1: both halves are form-encoded, so the first colon is the one between them.
Result<void> read_basic(std::string_view value, Credential& credential) {
  const auto octets = base64_decode(value);
  if (!octets) return refuse_basic();
  const std::string_view text{reinterpret_cast<const char*>(octets->data()), octets->size()};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return refuse_basic();
  auto id = http::decode_percent(text.substr(0, colon), http::Plus::blank);
  auto secret = http::decode_percent(text.substr(colon + 1), http::Plus::blank);
  if (!id || !secret || id->empty() || secret->empty()) return refuse_basic();
  credential.client_id = *std::move(id);
  credential.secret = *std::move(secret);
  credential.kind = Credential::Kind::basic;
  return {};
}

Result<void> read_header(const http::Request& request, Credential& credential) {
  std::string_view found;
  for (const http::Header& header : request.headers) {
    if (header.name != "authorization") continue;
    // One without a value is one too: whoever stands before us may have read the other.
    if (credential.kind != Credential::Kind::none) return refuse_two("two Authorization headers");
    found = header.value;
    credential.kind = Credential::Kind::other_scheme;
  }
  const std::size_t blank = std::min(found.find(' '), found.size());
  if (!ascii_iequals(found.substr(0, blank), kBasic)) return {};
  return read_basic(trim(found.substr(blank)), credential);
}

Result<void> read_form(const http::Form& form, Credential& credential) {
  const std::string_view secret = form.find("client_secret");
  const std::string_view assertion = form.find("client_assertion");
  const std::string_view type = form.find("client_assertion_type");
  if (secret.empty() && assertion.empty() && type.empty()) return {};
  const bool has_header = credential.kind != Credential::Kind::none;
  if (has_header || (!secret.empty() && !(assertion.empty() && type.empty()))) {
    return refuse_two("an Authorization header, client_secret, client_assertion: more than one of them");
  }
  if (!secret.empty()) {
    credential.kind = Credential::Kind::secret_in_body;
    credential.secret = secret;
    return {};
  }
  if (assertion.empty()) {
    return Error{ErrorCode::invalid_request, Reason::missing_parameter, "client_assertion is missing",
                 "client_assertion"};
  }
  if (type != kJwtBearer) {
    return refuse_client(Reason::assertion_type_wrong, "client_assertion_type is not " + std::string{kJwtBearer});
  }
  credential.kind = Credential::Kind::assertion;
  credential.assertion = assertion;
  return {};
}

/// The client that the request names, wherever it does; RFC 7521 section 4.2: twice is well, two are not.
Result<void> read_client_id(const http::Form& form, Credential& credential) {
  const std::string_view named = form.find("client_id");
  if (named.empty()) {
    if (credential.kind == Credential::Kind::assertion) credential.client_id = peek_subject(credential.assertion);
    return {};
  }
  if (credential.client_id.empty()) credential.client_id = named;
  if (credential.client_id == named) return {};
  return refuse_client(Reason::client_id_mismatch, "client_id and the Authorization header name two clients");
}

}  // namespace

std::string_view Credential::description() const {
  switch (kind) {
    case Kind::none:
      return {};
    case Kind::basic:
      return "a Basic Authorization header";
    case Kind::secret_in_body:
      return "client_secret";
    case Kind::assertion:
      return "client_assertion";
    case Kind::other_scheme:
      return "an Authorization header";
  }
  return {};
}

Result<Credential> read_credential(const http::Request& request, const http::Form& form) {
  Credential credential;
  if (auto header = read_header(request, credential); !header) return std::move(header).error();
  if (auto body = read_form(form, credential); !body) return std::move(body).error();
  if (auto id = read_client_id(form, credential); !id) return std::move(id).error();
  return credential;
}

}  // namespace certbound::oauth
