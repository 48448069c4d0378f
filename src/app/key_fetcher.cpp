#include "app/key_fetcher.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/log.hpp"

namespace certbound::app {

namespace {

/// A partner rotates when he likes, and a certificate that is not known yet is asked for at once; so this is only how
/// long one that was withdrawn still counts.
fetch::FreshnessBounds key_freshness() {
  using std::chrono::minutes;
  return {minutes{1}, minutes{60}, minutes{15}};
}

fetch::RefreshPlan plan_of_keys(const std::string& url) {
  fetch::RefreshPlan plan;
  plan.request.url = url;
  plan.request.schemes = fetch::Schemes::https_only;
  plan.request.content_types = {"application/jwk-set+json", "application/json"};
  plan.request.max_body_bytes = oauth::kMaximumKeySetBytes;
  plan.request.timeout = std::chrono::seconds{10};
  plan.request.freshness = key_freshness();
  plan.keep = fetch::Keep::nothing;
  return plan;
}

std::shared_ptr<const oauth::KeySet> share(oauth::KeySet set) {
  return std::make_shared<const oauth::KeySet>(std::move(set));
}

/// One line, however many there are.
void tell_skipped(const CopyId& id, const std::vector<std::string>& skipped, const metrics::Counter& counter) {
  if (skipped.empty()) return;
  counter.increment(static_cast<double>(skipped.size()));
  log::warning("jwk_skipped", {{"client_id", id.owner}, {"keys", skipped.size()}, {"detail", skipped.front()}});
}

/// What cannot be read is refused where the registry takes it.
CredentialClaims claim_declared(std::span<const model::Client> clients) {
  CredentialClaims claims;
  for (const model::Client& client : clients) {
    oauth::KeySet set;
    for (const auto& [texts, digests] : {std::pair{&client.certificate_thumbprints, &set.certificates},
                                         std::pair{&client.key_thumbprints, &set.keys}}) {
      for (const std::string& text : *texts) {
        if (const auto digest = crypto::Sha256::from_base64url(text)) digests->push_back(*digest);
      }
    }
    claims.claim(client.client_id.text(), set);
  }
  return claims;
}

}  // namespace

CopyId key_copy_id(const model::Client& client) {
  return {CopyId::Kind::jwks, client.client_id.text(), client.jwks_uri};
}

Result<std::shared_ptr<const KeptKeys>> load_kept_keys(const FetchedCopies& copies, const CopyId& id) {
  auto copy = copies.load(id, oauth::kMaximumKeySetBytes);
  if (!copy) return std::move(copy).error();
  if (!*copy) return std::shared_ptr<const KeptKeys>{};
  auto parsed = oauth::parse_key_set((*copy)->body);
  if (!parsed) return std::move(parsed).error();
  auto kept = std::make_shared<KeptKeys>();
  kept->keys = share(std::move(parsed->set));
  kept->copy = **std::move(copy);
  kept->copy.body = std::string();
  return std::shared_ptr<const KeptKeys>{std::move(kept)};
}

struct KeyFetcher::Source {
  /// What the queue's thread writes and the main thread reads.
  struct Slot {
    std::mutex mutex;  // guards latest
    std::shared_ptr<const oauth::KeySet> latest;
  };

  [[nodiscard]] std::shared_ptr<const oauth::KeySet> latest() const {
    const std::lock_guard lock{slot->mutex};
    return slot->latest;
  }

  CopyId id;
  std::shared_ptr<Slot> slot = std::make_shared<Slot>();
  std::shared_ptr<const oauth::KeySet> claimed;  // in claims_
  std::unique_ptr<FetchedSource> source;         // last: it uses the others
};

struct KeyFetcher::Plan::Entry {
  CopyId id;
  std::shared_ptr<const KeptKeys> kept;
};

KeyFetcher::Plan::Plan() = default;
KeyFetcher::Plan::Plan(Plan&&) noexcept = default;
KeyFetcher::Plan::~Plan() = default;

KeyFetcher::KeyFetcher(const FetchTools& tools, metrics::Registry& registry, OnAttempt on_attempt)
    : tools_{tools},
      skipped_{registry.counter("certbound_jwks_keys_skipped_total", "Keys of fetched JWK Sets that were left out")},
      rejected_{registry.counter("certbound_jwks_rejected_total",
                                 "Fetched JWK Sets that were refused: malformed, or of unusable keys only")},
      shared_{registry.counter("certbound_jwks_shared_credentials_total",
                               "Fetched JWK Sets with a certificate or key that another client's has too")},
      on_attempt_{std::move(on_attempt)} {}

KeyFetcher::~KeyFetcher() = default;

KeyFetcher::Plan KeyFetcher::prepare(std::span<const model::Client> clients) const {
  Plan plan;
  for (const model::Client& client : clients) {
    if (client.jwks_uri.empty()) continue;
    Plan::Entry entry{key_copy_id(client), nullptr};
    if (!sources_.contains(entry.id)) {
      auto kept = load_kept_keys(tools_.copies, entry.id);
      if (kept) {
        entry.kept = *std::move(kept);
      } else {
        log::warning("fetched_copy_ignored", {{"name", entry.id.shown()}, {"detail", kept.error().detail}});
      }
    }
    plan.entries_.push_back(std::move(entry));
  }
  if (!plan.entries_.empty()) plan.declared_ = claim_declared(clients);
  return plan;
}

void KeyFetcher::begin(Plan plan) {
  Sources next;
  std::set<CopyId> wanted;
  declared_ = std::move(plan.declared_);
  for (const Plan::Entry& entry : plan.entries_) wanted.insert(entry.id);
  // Before the new ones: a client with another URI is not one that shares with itself.
  for (const auto& [id, source] : sources_) {
    if (!wanted.contains(id)) claim(*source, nullptr);
  }
  for (const Plan::Entry& entry : plan.entries_) {
    auto known = sources_.extract(entry.id);
    if (known.empty()) {
      next.emplace(entry.id, make_source(entry.id, entry.kept));
    } else {
      tell_shared(*known.mapped());  // the declarations are new
      next.insert(std::move(known));
    }
  }
  leaving_ = std::move(sources_);
  sources_ = std::move(next);
}

oauth::KeyDirectory::Published KeyFetcher::published() const {
  oauth::KeyDirectory::Published published;
  for (const auto& [id, source] : sources_) {
    oauth::PublishedKeys keys;
    keys.attempt = source->source->attempts();  // before the keys: they may be newer, never older
    keys.keys = source->latest();
    keys.ask = [target = source->source.get()](std::uint64_t known) {
      return target->refetch_now() != fetch::Refresher::Refetch::too_soon || target->attempts() > known;
    };
    published.emplace(id.owner, std::move(keys));
  }
  return published;
}

void KeyFetcher::finish() {
  leaving_.clear();
  std::set<std::string> files;
  for (const auto& [id, source] : sources_) files.insert(id.file_name());
  forget_others(tools_, CopyId::Kind::jwks, std::move(files));
}

std::unique_ptr<KeyFetcher::Source> KeyFetcher::make_source(const CopyId& id,
                                                            const std::shared_ptr<const KeptKeys>& kept) {
  auto source = std::make_unique<Source>();
  source->id = id;
  if (kept) {
    source->slot->latest = kept->keys;
    claim(*source, kept->keys);
  }
  SourcePlan plan;
  plan.id = id;
  plan.refresh = plan_of_keys(id.url);
  plan.examine = [id, slot = source->slot, skipped = skipped_,
                  rejected = rejected_](const fetch::Outcome& outcome) -> fetch::Refresher::Examined {
    auto parsed = oauth::parse_key_set(outcome.body);
    if (!parsed) {
      rejected.increment();
      return std::move(parsed).error();
    }
    tell_skipped(id, parsed->skipped, skipped);
    auto keys = share(std::move(parsed->set));
    const std::lock_guard lock{slot->mutex};
    slot->latest = std::move(keys);
    return fetch::Examination();
  };
  plan.tell = [this, target = source.get()](std::uint64_t attempt) { take_attempt(*target, attempt); };
  std::optional<fetch::LastGood> seed;
  if (kept) seed = kept->copy;
  source->source = std::make_unique<FetchedSource>(tools_, std::move(plan), std::move(seed));
  return source;
}

void KeyFetcher::take_attempt(Source& source, std::uint64_t attempt) {
  const auto latest = source.latest();
  if (latest != source.claimed) {
    log::info(
        "jwks_fetched",
        {{"client_id", source.id.owner}, {"certificates", latest->certificates.size()}, {"keys", latest->keys.size()}});
    claim(source, latest);
  }
  on_attempt_(source.id.owner, latest, attempt);
}

/// Rule 7: permitted, and worth a look. The token then depends on the client_id that the caller names.
void KeyFetcher::claim(Source& source, const std::shared_ptr<const oauth::KeySet>& keys) {
  if (source.claimed) claims_.release(source.id.owner, *source.claimed);
  source.claimed = keys;
  if (!keys) return;
  claims_.claim(source.id.owner, *keys);
  tell_shared(source);
}

void KeyFetcher::tell_shared(const Source& source) {
  if (!source.claimed) return;
  std::set<std::string> others = claims_.find_others(source.id.owner, *source.claimed);
  others.merge(declared_.find_others(source.id.owner, *source.claimed));
  for (const std::string& other : others) {
    shared_.increment();
    log::warning("jwks_shares_credential", {{"client_id", source.id.owner}, {"other_client_id", other}});
  }
}

}  // namespace certbound::app
