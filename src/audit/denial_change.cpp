#include "audit/denial_change.hpp"

#include "base/text.hpp"

namespace certbound::audit {

namespace {

std::string quoted_bounded(std::string_view text) {
  std::string quoted = "\"";
  append_json_bounded(quoted, text);
  return quoted + "\"";
}

/// `,"jti":"…"`; nothing where it is about all tokens.
std::string render_subject(const model::Denial& denial) {
  const std::string subject = quoted_bounded(denial.subject);
  switch (denial.kind) {
    case model::DenialKind::jti:
      return ",\"jti\":" + subject;
    case model::DenialKind::thumbprint:
      return ",\"certificate\":{\"x5t#S256\":" + subject + "}";
    case model::DenialKind::client:
      return ",\"client_id\":" + subject;
    case model::DenialKind::issued_before:
      return {};
  }
  return {};
}

}  // namespace

std::string render_denial(const DenialChange& change) {
  const model::Denial& denial = change.denial;
  std::string line = "{\"time\":\"" + to_rfc3339(change.time) + "\",\"record\":\"denial\",\"action\":\"";
  line += change.action == DenialAction::added ? "added" : "removed";
  line += "\",\"uid\":" + std::to_string(change.user);
  if (change.process != 0) line += ",\"pid\":" + std::to_string(change.process);
  line += ",\"denial\":" + std::to_string(denial.id) + ",\"kind\":\"" + std::string{name(denial.kind)} + "\"";
  line += render_subject(denial);
  if (denial.issued_before) line += ",\"issued_before\":" + std::to_string(unix_seconds(*denial.issued_before));
  if (denial.until) line += ",\"until\":" + std::to_string(unix_seconds(*denial.until));
  return line + ",\"detail\":" + quoted_bounded(denial.reason) + "}\n";
}

}  // namespace certbound::audit
