#include "audit/event.hpp"

#include "base/text.hpp"

namespace certbound::audit {

namespace {

// A stranger chooses some of the texts; the record shows enough to recognise them.
void append_text(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line += ",\"";
  line += name;
  line += "\":\"";
  append_json_bounded(line, value);
  line.push_back('"');
}

void append_certificate(std::string& line, const x509::PresentedChain& certificate) {
  line += ",\"certificate\":{\"x5t#S256\":\"";
  line += certificate.x5t_s256;
  line.push_back('"');
  append_text(line, "subject", certificate.subject);
  append_text(line, "issuer", certificate.issuer);
  append_text(line, "serial", certificate.serial);
  line.push_back('}');
}

void append_audience(std::string& line, const std::vector<std::string>& audience) {
  line += ",\"aud\":[";
  for (std::size_t i = 0; i < audience.size(); ++i) {
    if (i != 0) line.push_back(',');
    line += json_quoted(audience[i]);
  }
  line.push_back(']');
}

}  // namespace

std::string render_event(const Event& event) {
  std::string line;
  line.reserve(1024);
  line += "{\"time\":\"";
  line += to_rfc3339(event.time);
  line.push_back('"');
  append_text(line, "request_id", event.request_id);
  append_text(line, "endpoint", event.endpoint);
  line += ",\"generation\":";
  line += std::to_string(event.generation);
  append_text(line, "outcome", event.reason == Reason::none ? "granted" : "refused");
  append_text(line, "reason", name(event.reason));
  append_text(line, "detail", event.detail);
  append_text(line, "client_id", event.client_id);
  append_text(line, "auth_method", event.auth_method);
  if (event.certificate) append_certificate(line, *event.certificate);
  append_text(line, "dpop_jkt", event.dpop_key);
  append_text(line, "grant_type", event.grant_type);
  append_text(line, "token_state", event.token_state);
  append_text(line, "token_client_id", event.token_client_id);
  append_text(line, "jti", event.jti);
  if (event.denial != 0) line += ",\"denial\":" + std::to_string(event.denial);
  if (event.reason == Reason::none) {
    append_text(line, "token_type", event.token_type);
    append_text(line, "kid", event.kid);
    if (!event.audience.empty()) append_audience(line, event.audience);
    append_text(line, "scope", event.scope);
    append_text(line, "confirmation", event.confirmation);
    if (event.expires_at != WallTime{}) line += ",\"expires_at\":" + std::to_string(unix_seconds(event.expires_at));
  }
  append_text(line, "listener", event.listener);
  append_text(line, "peer", event.peer);
  line += "}\n";
  return line;
}

}  // namespace certbound::audit
