#include "audit/secret_change.hpp"

#include "base/text.hpp"

namespace certbound::audit {

std::string render_secret_change(const SecretChange& change) {
  std::string line = "{\"time\":\"" + to_rfc3339(change.time) + "\",\"record\":\"client_secret\",\"action\":\"";
  line += change.action == SecretAction::added ? "added" : "removed";
  line += "\",\"uid\":" + std::to_string(change.user);
  if (change.process != 0) line += ",\"pid\":" + std::to_string(change.process);
  line += ",\"client_id\":\"";
  append_json_bounded(line, change.client_id);
  line += "\",\"secret\":" + std::to_string(change.secret.id);
  if (change.secret.expires_at) line += ",\"expires_at\":" + std::to_string(unix_seconds(*change.secret.expires_at));
  return line + "}\n";
}

}  // namespace certbound::audit
