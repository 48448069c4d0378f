#include "verifier/deny_feed.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "verifier/refusal.hpp"

namespace certbound::verifier {

namespace {

constexpr double kLatest = 253402300799;  // the end of the year 9999

Error refuse_feed(const std::string& why) { return invalid_input("the deny feed: " + why); }

Result<DenyFeed::Time> read_seconds(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return refuse_feed(std::string{name} + ": no whole number");
  const auto seconds = found->get<double>();
  if (seconds < 0) return refuse_feed(std::string{name} + ": not a time");
  // Later than any token lives: an end that an operator wrote to mean never.
  return DenyFeed::Time{std::chrono::seconds{static_cast<std::int64_t>(std::min(seconds, kLatest))}};
}

}  // namespace

/// Reads the lists of `denied` into a feed.
struct DenyFeed::Reader {
  DenyFeed& feed;

  static Result<Term> read_term(const nlohmann::json& entry, const char* kind) {
    if (!entry.is_object()) return refuse_feed(std::string{kind} + ": an entry is not an object");
    Term term{Time::max(), Time::max()};
    for (const auto& [name, to] : {std::pair{"until", &term.until}, std::pair{"issued_before", &term.issued_before}}) {
      if (!entry.contains(name)) continue;
      auto time = read_seconds(entry, name);
      if (!time) return std::move(time).error();
      *to = *time;
    }
    return term;
  }

  static Result<void> read_subjects(const nlohmann::json& list, const char* kind, Subjects& to) {
    for (const auto& entry : list) {
      auto term = read_term(entry, kind);
      if (!term) return std::move(term).error();
      const std::string_view subject = string_member(entry, kind);
      if (subject.empty()) return refuse_feed(std::string{kind} + ": an entry names none");
      to[std::string{subject}].push_back(*term);
    }
    return {};
  }

  Result<void> read_all(const nlohmann::json& list) const {
    for (const auto& entry : list) {
      auto term = read_term(entry, "issued_before");
      if (!term) return std::move(term).error();
      if (term->issued_before == Time::max()) return refuse_feed("issued_before: an entry names no time");
      feed.all_.push_back(*term);
    }
    return {};
  }

  [[nodiscard]] Result<void> read_kind(const std::string& kind, const nlohmann::json& list) const {
    if (!list.is_array()) return refuse_feed(quote_short(kind) + ": not an array");
    if (kind == "jti") return read_subjects(list, "jti", feed.token_ids_);
    if (kind == "x5t#S256") return read_subjects(list, "x5t#S256", feed.certificates_);
    if (kind == "client_id") return read_subjects(list, "client_id", feed.clients_);
    if (kind == "issued_before") return read_all(list);
    return refuse_feed(quote_short(kind) + ": a kind that is not understood");
  }
};

Result<std::shared_ptr<const DenyFeed>> DenyFeed::parse(std::string_view payload, std::string text) {
  const auto json = parse_json(payload, JsonLimits{.max_bytes = kMaximumFeedBytes, .max_depth = 8});
  if (!json) return refuse_feed(json.error().detail);
  const auto feed = std::make_shared<DenyFeed>();
  feed->text = std::move(text);
  feed->issuer = string_member(*json, "iss");
  if (feed->issuer.empty()) return refuse_feed("iss: missing");
  for (const auto& [name, to] : {std::pair{"iat", &feed->issued_at}, std::pair{"exp", &feed->expires_at}}) {
    auto time = read_seconds(*json, name);
    if (!time) return std::move(time).error();
    *to = *time;
  }
  const auto denied = json->find("denied");
  if (denied == json->end() || !denied->is_object()) return refuse_feed("denied: not an object");
  const Reader reader{*feed};
  for (const auto& [kind, list] : denied->items()) {
    if (auto done = reader.read_kind(kind, list); !done) return std::move(done).error();
  }
  return std::shared_ptr<const DenyFeed>{feed};
}

bool DenyFeed::has_term(const Terms& terms, const AccessToken& token, Time now) {
  return std::any_of(terms.begin(), terms.end(),
                     [&](const Term& term) { return token.issued_at < term.issued_before && now < term.until; });
}

bool DenyFeed::has_subject(const Subjects& subjects, const std::string& subject, const AccessToken& token, Time now) {
  const auto found = subjects.find(subject);
  return found != subjects.end() && has_term(found->second, token, now);
}

std::string_view DenyFeed::find_denial(const AccessToken& token, Time now) const {
  if (has_subject(token_ids_, token.token_id, token, now)) return "jti";
  if (token.x5t_s256 && has_subject(certificates_, *token.x5t_s256, token, now)) return "x5t#S256";
  if (has_subject(clients_, token.client_id, token, now)) return "client_id";
  if (has_term(all_, token, now)) return "issued_before";
  return {};
}

}  // namespace certbound::verifier
