#include "config/pattern_overlap.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "x509/name.hpp"
#include "x509/subject_pattern_index.hpp"

namespace certbound::config {

namespace {

/// One pattern, and the clients with a plain subject that it matches.
struct Entry {
  const PatternClient* registered = nullptr;
  x509::SubjectPattern pattern;
  std::size_t plain_count = 0;
  std::size_t first_plain = 0;  ///< index into Config::clients
  std::size_t last_plain = 0;
};

class OverlapSearch {
 public:
  OverlapSearch(const Config& config, const AnchorsByStore& anchors, Report& report)
      : config_{config}, anchors_{anchors}, report_{report} {}

  void run(const std::vector<PatternClient>& patterns) {
    for (const PatternClient& registered : patterns) {
      auto pattern = x509::SubjectPattern::parse(config_.clients[registered.client].subject->value);
      if (pattern) entries_.push_back({&registered, *std::move(pattern)});  // else reported where it was read
    }
    for (std::size_t i = 0; i < entries_.size(); ++i) compare_with_patterns(i);
    if (entries_.empty()) return;
    for (std::size_t i = 0; i < config_.clients.size(); ++i) compare_with_subject(i);
    for (const Entry& entry : entries_) report_subjects(entry);
  }

 private:
  /// The names of the indexes that count for a client.
  [[nodiscard]] std::vector<std::string> keys_of(const model::Client& client) const {
    std::vector<std::string> keys;
    const auto anchors = anchors_.find(client.trust_store);
    if (anchors == anchors_.end()) return keys;
    for (const auto& anchor : *anchors->second) keys.push_back(anchor.lexically_normal().string());
    return keys;
  }

  void compare_with_patterns(std::size_t number) {
    const Entry& entry = entries_[number];
    std::set<std::size_t> others;
    for (const std::string& key : keys_of(config_.clients[entry.registered->client])) {
      x509::SubjectPatternIndex& index = indexes_[key];
      for (const std::size_t other : index.find_overlaps(entry.pattern)) others.insert(other);
      index.add(entry.pattern, number);
    }
    others.erase(number);  // an anchor that the store names twice
    for (const std::size_t other : others) {
      const auto subject = x509::find_common_subject(entries_[other].pattern, entry.pattern);
      if (subject) complain(entry, entries_[other].registered->client, *subject, 0);
    }
  }

  void compare_with_subject(std::size_t client) {
    const auto& subject = config_.clients[client].subject;
    if (!subject || subject->field != model::SubjectField::subject_dn) return;
    std::optional<x509::SubjectPattern> plain;
    for (const std::string& key : keys_of(config_.clients[client])) {
      const auto index = indexes_.find(key);
      if (index == indexes_.end()) continue;
      if (!plain) {
        const auto name = x509::Name::parse(subject->value);
        if (!name) return;  // reported where it was read
        plain = x509::SubjectPattern::of(*name);
      }
      for (const std::size_t other : index->second.find_overlaps(*plain)) count_subject(entries_[other], client);
    }
  }

  static void count_subject(Entry& entry, std::size_t client) {
    if (entry.plain_count > 0 && entry.last_plain == client) return;  // by another anchor
    if (entry.plain_count++ == 0) entry.first_plain = client;
    entry.last_plain = client;
  }

  void report_subjects(const Entry& entry) {
    if (entry.plain_count == 0) return;
    const auto name = x509::Name::parse(config_.clients[entry.first_plain].subject->value);
    complain(entry, entry.first_plain, name ? name->to_rfc4514() : std::string{}, entry.plain_count - 1);
  }

  void complain(const Entry& entry, std::size_t other, const std::string& subject, std::size_t further) {
    const model::Client& client = config_.clients[other];
    const ValuePlace& place = entry.registered->place;
    report_.add(*place.source, place.start, place.end, place.path,
                "a certificate with the subject \"" + printable(subject) + "\" authenticates client " +
                    in_quotes(client.client_id.text()) + " (" + client.origin.place + ") too" +
                    (further > 0 ? ", and " + std::to_string(further) + " more likewise" : "") +
                    "; narrow the pattern, or give one of the two another trust store");
  }

  const Config& config_;
  const AnchorsByStore& anchors_;
  Report& report_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, x509::SubjectPatternIndex> indexes_;  ///< by anchor
};

}  // namespace

void report_pattern_overlaps(const Config& config, const AnchorsByStore& anchors,
                             const std::vector<PatternClient>& patterns, Report& report) {
  OverlapSearch{config, anchors, report}.run(patterns);
}

}  // namespace certbound::config
