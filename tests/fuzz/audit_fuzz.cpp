// Lines of an audit log, the head that was noted of it: what is read back is what was written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/chain.hpp"

namespace audit = certbound::audit;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_line(std::string_view line) {
  const auto link = audit::parse_link(line);
  const audit::RecordKind kind = audit::kind_of(line);
  require(audit::reason_of(line).empty() || kind == audit::RecordKind::anchor || kind == audit::RecordKind::note);
  if (kind == audit::RecordKind::anchor) (void)audit::has_known_format(line);
  if (!link) return;
  require(link->seq > 0 && (link->prev.size() == 43 || link->prev == audit::kGenesis));
  require(std::string{link->body} + ",\"seq\":" + std::to_string(link->seq) + ",\"prev\":\"" + std::string{link->prev} +
              "\"}" ==
          line);
  (void)audit::is_behind_torn(*link);
  require(!audit::names_torn(*link, line));
}

/// Whatever stands in a record, sealing makes a link of it that follows.
void check_seal(std::string_view text) {
  if (text.find('\n') != std::string_view::npos) return;
  const audit::Head before{41, certbound::crypto::sha256(text)};
  audit::Head head = before;
  std::string line = "{\"time\":\"" + std::string{text} + "}\n";
  audit::seal(line, 0, head);
  line.pop_back();
  const auto link = audit::parse_link(line);
  require(link && audit::is_next(*link, before) && !audit::is_next(*link, head));
  require(audit::parse_head(audit::render_head(head)) == head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_line(text);
  check_seal(text);
  if (const auto head = audit::parse_head(text)) require(audit::parse_head(audit::render_head(*head)) == head);
  return 0;
}
