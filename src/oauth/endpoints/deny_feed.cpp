#include "oauth/endpoints/deny_feed.hpp"

#include "base/text.hpp"
#include "oauth/endpoints/documents.hpp"

namespace certbound::oauth {

namespace {

/// As the claims of a token have it.
std::string_view claim_of(model::DenialKind kind) {
  switch (kind) {
    case model::DenialKind::jti:
      return "jti";
    case model::DenialKind::thumbprint:
      return "x5t#S256";
    case model::DenialKind::client:
      return "client_id";
    case model::DenialKind::issued_before:
      return "issued_before";
  }
  return {};
}

void append_denial(std::string& out, const model::Denial& denial) {
  out.push_back('{');
  if (!denial.subject.empty()) {
    out += json_quoted(claim_of(denial.kind)) + ":" + json_quoted(denial.subject) + ",";
  }
  if (denial.issued_before) out += "\"issued_before\":" + std::to_string(unix_seconds(*denial.issued_before)) + ",";
  if (denial.until) out += "\"until\":" + std::to_string(unix_seconds(*denial.until)) + ",";
  out.back() = '}';
  out.push_back(',');
}

/// `"jti":[…],` of those that are in force; every kind is there, so that an empty feed says so.
void append_kind(std::string& out, model::DenialKind kind, std::span<const model::Denial> denials, WallTime now) {
  out += json_quoted(claim_of(kind)) + ":[";
  for (const model::Denial& denial : denials) {
    if (denial.kind == kind && !denial.is_over(now)) append_denial(out, denial);
  }
  if (out.back() == ',') out.pop_back();
  out += "],";
}

}  // namespace

Result<Document> render_deny_feed(std::span<const model::Denial> denials, const Snapshot& snapshot, TokenSigner& signer,
                                  WallTime now) {
  std::string payload = "{\"iss\":" + json_quoted(snapshot.issuer);
  payload += ",\"iat\":" + std::to_string(unix_seconds(now));
  payload += ",\"exp\":" + std::to_string(unix_seconds(now + kFeedLifetime)) + ",\"denied\":{";
  for (const model::DenialKind kind : model::kDenialKinds) append_kind(payload, kind, denials, now);
  payload.back() = '}';
  payload.push_back('}');
  auto feed = signer.sign("denied+jwt", payload);
  if (!feed) return std::move(feed).error();
  if (feed->size() > kMostFeedBytes) {
    return internal_error("a deny feed of " + std::to_string(feed->size()) + " octets; verifiers take " +
                          std::to_string(kMostFeedBytes));
  }
  Document document = make_document(*std::move(feed));
  document.max_age = kFeedMaxAge;
  return document;
}

}  // namespace certbound::oauth
