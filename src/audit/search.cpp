#include "audit/search.hpp"

#include <algorithm>

#include "audit/chain.hpp"
#include "audit/lines.hpp"
#include "audit/verify.hpp"
#include "base/text.hpp"

namespace certbound::audit {

namespace {

constexpr std::string_view kTimeMember = "{\"time\":\"";

/// As render_event() writes the member; quotes inside of texts are escaped, so it stands nowhere else.
std::string render_member(std::string_view name, std::string_view value) {
  std::string member = "\"" + std::string{name} + "\":\"";
  append_json_bounded(member, value);
  return member + "\"";
}

std::vector<std::string> render_members(const Query& query) {
  std::vector<std::string> members;
  if (!query.client_id.empty()) members.push_back("," + render_member("client_id", query.client_id));
  if (!query.thumbprint.empty()) members.push_back("{" + render_member("x5t#S256", query.thumbprint));
  if (!query.jti.empty()) members.push_back("," + render_member("jti", query.jti));
  if (!query.kid.empty()) members.push_back("," + render_member("kid", query.kid));
  return members;
}

}  // namespace

Result<std::uint64_t> find_decisions(const std::vector<std::filesystem::path>& files, const Query& query,
                                     const std::function<void(std::string_view line)>& found) {
  const auto ordered = order_files(files);
  if (!ordered) return ordered.error();
  const std::vector<std::string> members = render_members(query);
  // Times of RFC 3339 in one form sort as texts.
  const std::string since = query.since ? to_rfc3339(*query.since) : std::string{};
  const auto is_met = [&](std::string_view line) {
    if (!line.starts_with(kTimeMember) || kind_of(line) != RecordKind::decision) return false;
    if (line.substr(kTimeMember.size(), since.size()) < since) return false;
    return std::all_of(members.begin(), members.end(),
                       [line](const std::string& member) { return line.find(member) != std::string_view::npos; });
  };
  std::uint64_t count = 0;
  for (const OrderedFile& file : *ordered) {
    auto reader = LineReader::open(file.file);
    if (!reader) return std::move(reader).error();
    for (;;) {
      const auto line = reader->take_line();
      if (!line) return line.error();
      if (!*line) break;
      if (!(*line)->is_ended || !is_met((*line)->text)) continue;
      ++count;
      found((*line)->text);
    }
  }
  return count;
}

}  // namespace certbound::audit
