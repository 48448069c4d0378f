#include "audit/chain.hpp"

#include <charconv>

#include "base/base64url.hpp"
#include "base/text.hpp"

namespace certbound::audit {

namespace {

constexpr std::string_view kBegin = "{\"time\":\"";
constexpr std::string_view kSeqMember = ",\"seq\":";
constexpr std::string_view kPrevMember = ",\"prev\":\"";
constexpr std::string_view kHashMember = ",\"sha256\":\"";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kHashLength = 43;
// `{"time":"2026-01-15T12:00:00Z`
constexpr std::size_t kTimeEnd = kBegin.size() + 20;
constexpr std::string_view kRecordMember = "\",\"record\":\"";

/// A decimal number without sign or, but for `0`, leading zeros.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void append_hash(std::string& out, const Head& before) {
  if (before.seq == 0) {
    out += kGenesis;
  } else {
    base64url_append(out, before.hash.octets);
  }
}

void append_torn(std::string& record, const Torn& torn) {
  record += ",\"octets\":" + std::to_string(torn.octets) + std::string{kHashMember} + torn.hash.to_base64url() + "\"";
}

std::string begin_record(WallTime time, std::string_view kind) {
  return std::string{kBegin} + to_rfc3339(time) + std::string{kRecordMember} + std::string{kind} + "\"";
}

}  // namespace

std::string render_head(const Head& head) { return std::to_string(head.seq) + ":" + head.hash.to_base64url(); }

std::optional<Head> parse_head(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto seq = parse_number(text.substr(0, colon));
  const auto hash = base64url_decode(text.substr(colon + 1));
  Head head;
  if (!seq || *seq == 0 || !hash || hash->size() != head.hash.octets.size()) return std::nullopt;
  head.seq = *seq;
  std::copy(hash->begin(), hash->end(), head.hash.octets.begin());
  return head;
}

void seal(std::string& text, std::size_t begin, Head& head) {
  text.resize(text.size() - 2);  // `}` and the line feed
  text += kSeqMember;
  text += std::to_string(head.seq + 1);
  text += kPrevMember;
  append_hash(text, head);
  text += kEnd;
  head = {head.seq + 1, crypto::sha256(std::string_view{text}.substr(begin))};
  text.push_back('\n');
}

std::optional<Link> parse_link(std::string_view line) {
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd)) return std::nullopt;
  line.remove_suffix(kEnd.size());
  const std::size_t quote = line.rfind('"');
  const std::string_view prev = line.substr(quote + 1);
  line = line.substr(0, quote + 1);
  if (!line.ends_with(kPrevMember) || (prev.size() != kHashLength && prev != kGenesis)) return std::nullopt;
  line.remove_suffix(kPrevMember.size());
  const std::size_t digits = line.find_last_not_of("0123456789") + 1;
  const std::string_view number = line.substr(digits);
  const auto seq = parse_number(number);
  line = line.substr(0, digits);
  if (!seq || number.front() == '0' || !line.ends_with(kSeqMember)) return std::nullopt;
  line.remove_suffix(kSeqMember.size());
  return Link{*seq, prev, line};
}

bool is_next(const Link& link, const Head& before) {
  if (link.seq != before.seq + 1) return false;
  std::string expected;
  append_hash(expected, before);
  return link.prev == expected;
}

RecordKind kind_of(std::string_view line) {
  if (line.size() < kTimeEnd) return RecordKind::other;
  line.remove_prefix(kTimeEnd);
  if (!line.starts_with(kRecordMember)) return RecordKind::decision;
  line.remove_prefix(kRecordMember.size());
  if (line.starts_with("anchor\"")) return RecordKind::anchor;
  if (line.starts_with("denial\"")) return RecordKind::denial;
  if (line.starts_with("client_secret\"")) return RecordKind::client_secret;
  return line.starts_with("note\"") ? RecordKind::note : RecordKind::other;
}

std::string_view reason_of(std::string_view line) {
  constexpr std::string_view kMember = ",\"reason\":\"";
  if (kind_of(line) != RecordKind::anchor && kind_of(line) != RecordKind::note) return {};
  const std::size_t found = line.find(kMember);
  if (found == std::string_view::npos) return {};
  line.remove_prefix(found + kMember.size());
  return line.substr(0, line.find('"'));
}

Torn make_torn(std::string_view text) { return {text.size(), crypto::sha256(text)}; }

std::string render_anchor(WallTime time, const Anchor& anchor) {
  std::string record = begin_record(time, "anchor");
  record += ",\"format\":" + std::to_string(kFormat) + ",\"reason\":\"" + std::string{anchor.reason} + "\"";
  if (!anchor.set_aside.empty()) record += ",\"set_aside\":" + json_quoted(anchor.set_aside);
  if (anchor.torn) append_torn(record, *anchor.torn);
  return record + "}\n";
}

bool has_known_format(std::string_view anchor) {
  return anchor.substr(kTimeEnd).starts_with("\",\"record\":\"anchor\",\"format\":" + std::to_string(kFormat) + ",");
}

std::string render_note(WallTime time, std::string_view reason, const std::optional<Torn>& torn) {
  std::string record = begin_record(time, "note");
  record += ",\"reason\":\"" + std::string{reason} + "\"";
  if (torn) append_torn(record, *torn);
  return record + "}\n";
}

bool is_behind_torn(const Link& record) {
  const std::size_t length = kHashMember.size() + kHashLength + 1;
  return record.body.size() > length && record.body.substr(record.body.size() - length).starts_with(kHashMember);
}

bool names_torn(const Link& record, std::string_view torn) {
  std::string expected;
  append_torn(expected, make_torn(torn));
  return record.body.ends_with(expected);
}

}  // namespace certbound::audit
