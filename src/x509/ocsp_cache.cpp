#include "x509/ocsp_cache.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace certbound::x509 {

namespace {

bool is_revoked(const OcspOutcome& outcome) { return outcome.answer && outcome.answer->status == OcspStatus::revoked; }

/// The known answer, revoked, counts on beside an outcome that tells nothing, or is older: an answer without a nonce
/// can be sent again by anybody on the way.
bool counts_on(const OcspAnswer& revoked, const OcspOutcome& outcome) {
  if (!outcome.answer || outcome.answer->status == OcspStatus::unknown) return true;
  return outcome.answer->status == OcspStatus::good && outcome.answer->this_update < revoked.this_update;
}

/// `before`, revoked, in the place of what came.
void keep_revoked(const OcspOutcome& before, OcspOutcome& outcome) {
  if (outcome.failure.empty()) {
    outcome.failure = "the responder said " + std::string{name(outcome.answer->status)} + ", which does not end it";
    outcome.holds_until = std::min(outcome.holds_until, outcome.made_at + kOcspPause);
  }
  outcome.answer = before.answer;
  outcome.holds_from = std::min(before.holds_from, outcome.holds_from);
  outcome.holds_until = std::max(before.holds_until, outcome.holds_until);
}

/// So that texts of any length cannot run into each other.
void append_counted(Bytes& text, ByteView part) {
  for (std::size_t size = part.size(), i = 0; i < sizeof size; ++i, size >>= 8) {
    text.push_back(static_cast<std::uint8_t>(size & 0xff));
  }
  text.insert(text.end(), part.begin(), part.end());
}

}  // namespace

OcspOutcome OcspOutcome::of_answer(OcspAnswer answer, WallTime now) {
  OcspOutcome outcome;
  outcome.made_at = now;
  outcome.holds_from = answer.this_update - kOcspSkew;
  outcome.holds_until = answer.valid_until;
  if (answer.status == OcspStatus::good) outcome.holds_until = std::min(outcome.holds_until, now + kOcspLongestUse);
  if (answer.status == OcspStatus::unknown) outcome.holds_until = std::min(outcome.holds_until, now + kOcspPause);
  outcome.answer = std::make_shared<const OcspAnswer>(std::move(answer));
  return outcome;
}

OcspOutcome OcspOutcome::of_failure(std::string why, WallTime now, std::chrono::seconds pause) {
  OcspOutcome outcome;
  outcome.failure = std::move(why);
  outcome.made_at = now;
  // The request that asked read its clock before.
  outcome.holds_from = now - kOcspSkew;
  outcome.holds_until = now + pause;
  return outcome;
}

crypto::Sha256 ocsp_key(const OcspQuestion& question, const OcspOptions& options) {
  Bytes text;
  append_counted(text, question.certificate.to_der());
  append_counted(text, question.issuer.to_der());
  text.push_back(static_cast<std::uint8_t>(options.source));
  append_counted(text, as_bytes(options.responder));
  for (const std::string& host : options.hosts) append_counted(text, as_bytes(host));
  return crypto::sha256(text);
}

std::shared_ptr<const OcspOutcome> OcspCache::find(const crypto::Sha256& key, WallTime now) {
  const auto found = index_.find(key);
  if (found == index_.end() || !found->second->outcome->holds_at(now)) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return entries_.front().outcome;
}

std::shared_ptr<const OcspAnswer> OcspCache::find_revoked(const crypto::Sha256& key) const {
  const auto found = index_.find(key);
  if (found == index_.end() || !is_revoked(*found->second->outcome)) return nullptr;
  return found->second->outcome->answer;
}

std::shared_ptr<const OcspOutcome> OcspCache::put(const crypto::Sha256& key, OcspOutcome outcome) {
  const auto found = index_.find(key);
  if (found != index_.end()) {
    const OcspOutcome& before = *found->second->outcome;
    if (is_revoked(before) && counts_on(*before.answer, outcome)) keep_revoked(before, outcome);
    entries_.erase(found->second);
    index_.erase(found);
  }
  auto kept = std::make_shared<const OcspOutcome>(std::move(outcome));
  if (capacity_ == 0) return kept;
  if (entries_.size() >= capacity_) make_room();
  entries_.push_front({key, kept});
  index_.emplace(key, entries_.begin());
  return kept;
}

void OcspCache::make_room() {
  const auto is_forgettable = [](const Entry& entry) { return !is_revoked(*entry.outcome); };
  auto oldest = std::find_if(entries_.rbegin(), entries_.rend(), is_forgettable);
  if (oldest == entries_.rend()) oldest = entries_.rbegin();
  index_.erase(oldest->key);
  entries_.erase(std::prev(oldest.base()));
}

void OcspCache::forget_all_but_revoked() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (!is_revoked(*entry->outcome)) {
      index_.erase(entry->key);
      entries_.erase(entry);
    }
    entry = next;
  }
}

}  // namespace certbound::x509
