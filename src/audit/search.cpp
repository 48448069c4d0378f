#include "audit/search.hpp"

#include <algorithm>
#include <unordered_set>

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

constexpr std::string_view kJti = ",\"jti\":\"";
constexpr std::string_view kClient = ",\"client_id\":\"";
constexpr std::string_view kThumbprint = "{\"x5t#S256\":\"";

std::vector<std::string> render_members(const Query& query) {
  std::vector<std::string> members;
  if (!query.client_id.empty()) members.push_back("," + render_member("client_id", query.client_id));
  if (!query.thumbprint.empty()) members.push_back("{" + render_member("x5t#S256", query.thumbprint));
  if (!query.jti.empty()) members.push_back("," + render_member("jti", query.jti));
  if (!query.kid.empty()) members.push_back("," + render_member("kid", query.kid));
  return members;
}

/// The member that begins so, as it stands in the line; empty where there is none.
std::string_view find_member(std::string_view line, std::string_view begin) {
  const std::size_t found = line.find(begin);
  if (found == std::string_view::npos) return {};
  std::size_t end = found + begin.size();
  while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
  return line.substr(found, end + 1 - found);
}

/// Which records a query is about, told one after the other in their order.
class Matcher {
 public:
  explicit Matcher(const Query& query)
      : members_{render_members(query)},
        since_{query.since ? to_rfc3339(*query.since) : std::string{}},
        concerned_{members_.begin(), members_.end()} {}

  [[nodiscard]] bool is_met(std::string_view line) {
    if (!line.starts_with(kTimeMember)) return false;
    const RecordKind kind = kind_of(line);
    const bool is_met = kind == RecordKind::decision        ? is_decision_met(line)
                        : kind == RecordKind::client_secret ? is_secret_change_met(line)
                                                            : is_denial_met(line, kind);
    // Times of RFC 3339 in one form sort as texts.
    return is_met && line.substr(kTimeMember.size(), since_.size()) >= since_;
  }

 private:
  bool is_decision_met(std::string_view line) {
    const bool is_met = std::all_of(members_.begin(), members_.end(), [line](const std::string& member) {
      return line.find(member) != std::string_view::npos;
    });
    // A denial of the token's client or certificate, later on, is about this token too.
    const bool is_token = line.find("\"endpoint\":\"token\"") != std::string_view::npos &&
                          line.find("\"outcome\":\"granted\"") != std::string_view::npos;
    if (is_met && is_token && !members_.empty()) {
      for (const std::string_view begin : {kClient, kThumbprint}) concerned_.emplace(find_member(line, begin));
    }
    return is_met;
  }

  [[nodiscard]] bool is_denial_met(std::string_view line, RecordKind kind) const {
    if (kind != RecordKind::denial) return false;
    if (members_.empty()) return true;
    const std::string_view begins[] = {kJti, kClient, kThumbprint};
    bool is_of_all = true;
    for (const std::string_view begin : begins) {
      const std::string_view member = find_member(line, begin);
      if (member.empty()) continue;
      if (concerned_.contains(std::string{member})) return true;
      is_of_all = false;
    }
    return is_of_all;
  }

  /// The client's own affair: a token or a certificate that was asked for has nothing to do with it.
  [[nodiscard]] bool is_secret_change_met(std::string_view line) const {
    return members_.empty() || std::any_of(members_.begin(), members_.end(), [line](const std::string& member) {
             return member.starts_with(kClient) && line.find(member) != std::string_view::npos;
           });
  }

  std::vector<std::string> members_;
  std::string since_;
  std::unordered_set<std::string> concerned_;  // what was asked for, and what tokens that were found have
};

}  // namespace

Result<std::uint64_t> find_decisions(const std::vector<std::filesystem::path>& files, const Query& query,
                                     const std::function<void(std::string_view line)>& found) {
  const auto ordered = order_files(files);
  if (!ordered) return ordered.error();
  Matcher matcher{query};
  std::uint64_t count = 0;
  for (const OrderedFile& file : *ordered) {
    auto reader = LineReader::open(file.file);
    if (!reader) return std::move(reader).error();
    for (;;) {
      const auto line = reader->take_line();
      if (!line) return line.error();
      if (!*line) break;
      if (!(*line)->is_ended || !matcher.is_met((*line)->text)) continue;
      ++count;
      found((*line)->text);
    }
  }
  return count;
}

}  // namespace certbound::audit
