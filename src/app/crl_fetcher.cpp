#include "app/crl_fetcher.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/log.hpp"

namespace certbound::app {

namespace {

/// A list may be urgent, so it is asked for often; an unchanged one costs a 304.
fetch::FreshnessBounds crl_freshness() {
  using std::chrono::minutes;
  return {minutes{1}, minutes{60}, minutes{15}};
}

fetch::RefreshPlan plan_of_crls(const std::string& url) {
  fetch::RefreshPlan plan;
  plan.request.url = url;
  plan.request.schemes = fetch::Schemes::https_and_http;
  // Servers call a CRL all sorts of things; its signature says what it is.
  plan.request.max_body_bytes = x509::kMaximumCrlFileBytes;
  plan.request.timeout = std::chrono::seconds{60};
  plan.request.freshness = crl_freshness();
  plan.keep = fetch::Keep::nothing;
  plan.refetch_interval = std::chrono::milliseconds{0};  // SIGHUP asks; whoever sends it has a reason
  return plan;
}

/// Hexadecimal of DER, which is the shortest there is: a longer number is a larger one.
bool is_number_less(const std::string& a, const std::string& b) {
  return std::make_pair(a.size(), std::string_view{a}) < std::make_pair(b.size(), std::string_view{b});
}

bool is_older(const x509::Crl& a, const x509::Crl& b) {
  if (a.this_update() < b.this_update()) return true;
  return !a.number().empty() && !b.number().empty() && is_number_less(a.number(), b.number());
}

Result<void> check_dates(const x509::Crl& crl, WallTime now) {
  if (now < crl.this_update()) return invalid_input(x509::describe_crl(crl, now) + ", is not valid yet");
  if (now >= crl.next_update()) return invalid_input(x509::describe_crl(crl, now) + ", is past");
  return {};
}

bool has_list_of(const Crls& crls, const x509::Certificate& issuer) {
  return std::any_of(crls.begin(), crls.end(), [&issuer](const auto& crl) { return crl->is_of(issuer); });
}

/// A list that holds must not be taken away, nor replaced by an older one: whoever can do that unrevokes.
Result<void> check_replaces(const Crls& found, const x509::Crl& before, WallTime now) {
  if (now >= before.next_update()) return {};
  bool is_there = false;
  for (const auto& crl : found) {
    if (!crl->is_of(before.issuer())) continue;
    is_there = true;
    if (is_older(*crl, before)) {
      return invalid_input(x509::describe_crl(*crl, now) +
                           ", is older than what is there: " + x509::describe_crl(before, now));
    }
  }
  if (is_there) return {};
  return invalid_input("does not hold what is there and still valid: " + x509::describe_crl(before, now));
}

WallTime first_next_update(const Crls& crls) {
  WallTime first = crls.front()->next_update();
  for (const auto& crl : crls) first = std::min(first, crl->next_update());
  return first;
}

bool has_same_authorities(const std::vector<x509::Certificate>& a, const std::vector<x509::Certificate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return x509::thumbprint(one) == x509::thumbprint(other);
  });
}

}  // namespace

Result<Crls> examine_crls(std::string_view body, const std::vector<x509::Certificate>& authorities, const Crls* before,
                          WallTime now) {
  auto parsed = x509::parse_known_crls(body, authorities);
  if (!parsed) return std::move(parsed).error();
  for (const auto& crl : parsed->crls) {
    if (auto checked = check_dates(*crl, now); !checked) return std::move(checked).error();
  }
  if (before == nullptr) return std::move(parsed->crls);
  for (const auto& crl : *before) {
    if (auto checked = check_replaces(parsed->crls, *crl, now); !checked) return std::move(checked).error();
  }
  return std::move(parsed->crls);
}

FoundCrls carry_over(const FetchedCrls& latest, FoundCrls kept, const std::vector<x509::Certificate>& authorities) {
  auto carried = std::make_shared<FetchedCrls>();
  for (const auto& crl : latest.crls) {
    const auto is_its = [&crl](const x509::Certificate& authority) { return crl->is_of(authority); };
    if (std::any_of(authorities.begin(), authorities.end(), is_its)) carried->crls.push_back(crl);
  }
  if (carried->crls.empty()) return kept;
  if (kept.crls) {
    const Crls newer = carried->crls;
    for (const auto& crl : kept.crls->crls) {
      if (!has_list_of(newer, crl->issuer())) carried->crls.push_back(crl);
    }
  }
  // No validators: a list of a new authority that was left out so far comes only with the octets.
  carried->copy.received_at = latest.copy.received_at;
  return FoundCrls{std::move(carried), ""};
}

struct CrlFetcher::Source {
  /// What examine() of the queue's thread and the main thread share.
  struct Slot {
    std::mutex mutex;  // guards latest
    std::shared_ptr<const FetchedCrls> latest;
  };

  [[nodiscard]] std::shared_ptr<const FetchedCrls> latest() const {
    const std::lock_guard lock{slot->mutex};
    return slot->latest;
  }

  CopyId id;
  std::vector<x509::Certificate> authorities;
  std::shared_ptr<Slot> slot = std::make_shared<Slot>();
  std::shared_ptr<const FetchedCrls> applied;  // what the trust store has
  std::unique_ptr<FetchedSource> source;       // last: it uses the others
};

namespace {

/// On the queue's thread, the only one that writes the slot.
template <typename Slot>
fetch::Refresher::Examined examine_into(Slot& slot, const std::vector<x509::Certificate>& authorities,
                                        const fetch::Outcome& outcome) {
  std::shared_ptr<const FetchedCrls> before;
  {
    const std::lock_guard lock{slot.mutex};
    before = slot.latest;
  }
  auto fetched = std::make_shared<FetchedCrls>();
  fetched->digest = crypto::sha256(outcome.body);
  const bool is_same = before && before->digest == fetched->digest;
  auto examined = examine_crls(outcome.body, authorities, before ? &before->crls : nullptr, wall_now());
  if (!examined) return std::move(examined).error();
  // The same list again must not end what was verified with it.
  fetched->crls = is_same ? before->crls : *std::move(examined);
  fetched->copy.validators = outcome.validators;
  fetched->copy.received_at = outcome.received_at;
  const WallTime until = first_next_update(fetched->crls);
  const std::lock_guard lock{slot.mutex};
  slot.latest = std::move(fetched);
  return std::optional<WallTime>{until};
}

}  // namespace

CrlFetcher::CrlFetcher(const FetchTools& tools, metrics::Registry& registry, OnNew on_new)
    : tools_{tools},
      rejected_{
          registry.counter("certbound_crl_rejected_total",
                           "Fetched CRLs that were refused: damaged, of another CA, past, or older than the last")},
      on_new_{std::move(on_new)} {}

CrlFetcher::~CrlFetcher() = default;

FindFetchedCrls CrlFetcher::finder() {
  return [this](const CopyId& id, const std::vector<x509::Certificate>& authorities) {
    const auto found = sources_.find(id);
    const auto latest = found == sources_.end() ? nullptr : found->second->latest();
    if (latest && has_same_authorities(found->second->authorities, authorities)) return FoundCrls{latest, ""};
    FoundCrls kept = find_in_copies(tools_.copies)(id, authorities);
    return latest ? carry_over(*latest, std::move(kept), authorities) : kept;
  };
}

void CrlFetcher::follow(const std::vector<CrlUrl>& urls) {
  std::set<CopyId> wanted;
  std::set<std::string> files;
  for (const CrlUrl& url : urls) {
    wanted.insert(url.id);
    files.insert(url.id.file_name());
    const auto found = sources_.find(url.id);
    if (found == sources_.end() || !has_same_authorities(found->second->authorities, url.authorities)) {
      begin(url);
    } else {
      found->second->applied = url.fetched;
    }
  }
  std::erase_if(sources_, [&wanted](const auto& entry) { return !wanted.contains(entry.first); });
  forget_others(tools_, CopyId::Kind::crl, std::move(files));
}

void CrlFetcher::begin(const CrlUrl& url) {
  sources_.erase(url.id);
  auto source = std::make_unique<Source>();
  source->id = url.id;
  source->authorities = url.authorities;
  source->slot->latest = url.fetched;
  source->applied = url.fetched;
  SourcePlan plan;
  plan.id = url.id;
  plan.refresh = plan_of_crls(url.id.url);
  plan.examine = [slot = source->slot, authorities = url.authorities,
                  rejected = rejected_](const fetch::Outcome& outcome) {
    auto examined = examine_into(*slot, authorities, outcome);
    if (!examined) rejected.increment();
    return examined;
  };
  plan.tell = [this, target = source.get()](std::uint64_t /*attempt*/) { take_arrived(*target); };
  std::optional<fetch::LastGood> seed;
  if (url.fetched) seed = url.fetched->copy;
  source->source = std::make_unique<FetchedSource>(tools_, std::move(plan), std::move(seed));
  sources_.emplace(url.id, std::move(source));
}

void CrlFetcher::take_arrived(Source& source) {
  const auto latest = source.latest();
  const Crls before = source.applied ? source.applied->crls : Crls{};
  if (!latest || latest == source.applied) return;
  source.applied = latest;
  if (latest->crls == before) return;  // the same list once more
  for (const auto& crl : latest->crls) {
    log::info("crl_fetched", {{"trust_store", source.id.owner},
                              {"url", shown_url(source.id.url)},
                              {"detail", x509::describe_crl(*crl, wall_now())},
                              {"entries", crl->size()}});
  }
  on_new_(source.id, before, latest->crls);
}

void CrlFetcher::refetch() {
  for (const auto& [id, source] : sources_) (void)source->source->refetch_now();
}

}  // namespace certbound::app
