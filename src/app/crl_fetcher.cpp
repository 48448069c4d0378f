#include "app/crl_fetcher.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
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

/// A CA's clock may be ahead of this one.
constexpr std::chrono::seconds kCrlSkew{300};

bool is_past(const x509::Crl& crl, WallTime now) { return now >= crl.next_update(); }
bool is_to_come(const x509::Crl& crl, WallTime now) { return now + kCrlSkew < crl.this_update(); }

bool is_same(const x509::Crl& a, const x509::Crl& b) {
  return a.is_of(b.issuer()) && a.this_update() == b.this_update() && a.next_update() == b.next_update() &&
         a.number() == b.number() && a.size() == b.size();
}

bool has_list_of(const Crls& crls, const x509::Certificate& issuer) {
  return std::any_of(crls.begin(), crls.end(), [&issuer](const auto& crl) { return crl->is_of(issuer); });
}

/// Why the list may not be taken; empty where it may. A list must not be replaced by an older one: whoever can do that
/// unrevokes, also where he only has to wait until the newer one is past. A past one may be followed by one whose
/// number begins anew, as of a CA that was set up again; better a past one than none, since what it lists is revoked.
std::string why_not(const x509::Crl& crl, const Crls& before, WallTime now) {
  if (is_to_come(crl, now)) return "is not valid yet";
  for (const auto& old : before) {
    if (!crl.is_of(old->issuer()) || is_to_come(*old, now)) continue;
    const bool does_hold = !is_past(*old, now);
    if (is_past(crl, now) && (does_hold || !is_older(*old, crl))) return "is past";
    if (crl.this_update() < old->this_update() || (does_hold && is_older(crl, *old)))
      return "is older than what is there: " + x509::describe_crl(*old, now);
  }
  return "";
}

/// When the first that holds ends; of past ones there is nothing to be in time for.
WallTime first_next_update(const Crls& crls, WallTime now) {
  std::optional<WallTime> first;
  for (const auto& crl : crls) {
    if (!is_past(*crl, now)) first = first ? std::min(*first, crl->next_update()) : crl->next_update();
  }
  return first.value_or(now);
}

/// Of each CA the newest list that may be taken; in the others' place why they may not.
Crls take_newest(Crls found, const Crls& before, WallTime now, std::vector<std::string>& left_out) {
  Crls taken;
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a->this_update() > b->this_update(); });
  for (auto& crl : found) {
    std::string why = has_list_of(taken, crl->issuer()) ? "stands beside a newer one" : why_not(*crl, before, now);
    if (why.empty()) {
      taken.push_back(std::move(crl));
    } else {
      left_out.push_back(x509::describe_crl(*crl, now) + ", " + why);
    }
  }
  return taken;
}

/// Adds to what was taken what stays of `before`.
void keep_others(ExaminedCrls& examined, const Crls& before, const Crls& found, WallTime now) {
  const Crls taken = examined.crls;
  for (const auto& old : before) {
    const auto is_its = [&old](const auto& crl) { return crl->is_of(old->issuer()); };
    const auto newer = std::find_if(taken.begin(), taken.end(), is_its);
    if (newer != taken.end()) {
      // One that begins in a moment decides nothing until then.
      if ((*newer)->this_update() > now && old->this_update() <= now) examined.crls.push_back(old);
      continue;
    }
    examined.crls.push_back(old);
    const auto is_it = [&old](const auto& crl) { return is_same(*crl, *old); };
    const bool is_in_body = std::any_of(found.begin(), found.end(), is_it);
    const bool is_retired = is_past(*old, now) && !has_list_of(found, old->issuer());
    if (!is_in_body && !is_retired) examined.is_whole = false;
  }
}

bool has_same_authorities(const std::vector<x509::Certificate>& a, const std::vector<x509::Certificate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return x509::thumbprint(one) == x509::thumbprint(other);
  });
}

}  // namespace

Result<ExaminedCrls> examine_crls(std::string_view body, const std::vector<x509::Certificate>& authorities,
                                  const Crls* before, WallTime now) {
  const auto parsed = x509::parse_known_crls(body, authorities);
  if (!parsed) return parsed.error();
  const Crls nothing;
  const Crls& there = before == nullptr ? nothing : *before;
  ExaminedCrls examined;
  examined.crls = take_newest(parsed->crls, there, now, examined.left_out);
  examined.is_whole =
      std::none_of(parsed->crls.begin(), parsed->crls.end(), [now](const auto& crl) { return is_to_come(*crl, now); });
  if (examined.crls.empty()) return invalid_input(examined.left_out.front());
  examined.left_out.insert(examined.left_out.end(), parsed->left_out.begin(), parsed->left_out.end());
  keep_others(examined, there, parsed->crls, now);
  return examined;
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

/// One line, however many there are.
void tell_left_out(const CopyId& id, const std::vector<std::string>& left_out, const metrics::Counter& counter) {
  if (left_out.empty()) return;
  counter.increment(static_cast<double>(left_out.size()));
  log::warning("crl_left_out", {{"trust_store", id.owner},
                                {"url", id.shown_source()},
                                {"lists", left_out.size()},
                                {"detail", left_out.front()}});
}

bool has_same_lists(const Crls& a, const Crls& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end(),
                             [](const auto& one, const auto& other) { return is_same(*one, *other); });
}

/// On the queue's thread, the only one that writes the slot.
template <typename Slot>
fetch::Refresher::Examined examine_into(Slot& slot, const std::vector<x509::Certificate>& authorities,
                                        const fetch::Outcome& outcome, std::vector<std::string>& left_out) {
  std::shared_ptr<const FetchedCrls> before;
  {
    const std::lock_guard lock{slot.mutex};
    before = slot.latest;
  }
  const WallTime now = wall_now();
  auto examined = examine_crls(outcome.body, authorities, before ? &before->crls : nullptr, now);
  if (!examined) return std::move(examined).error();
  left_out = std::move(examined->left_out);
  auto fetched = std::make_shared<FetchedCrls>();
  fetched->digest = crypto::sha256(outcome.body);
  // The same lists again must not end what was verified with them.
  const bool is_known = before && before->digest == fetched->digest && has_same_lists(before->crls, examined->crls);
  if (is_known) {
    fetched->crls = before->crls;
  } else {
    fetched->crls = std::move(examined->crls);
  }
  fetched->copy.validators = outcome.validators;
  fetched->copy.received_at = outcome.received_at;
  fetch::Examination examination;
  examination.good_until = first_next_update(fetched->crls, now);
  examination.taken = examined->is_whole ? fetch::Taken::whole : fetch::Taken::in_part;
  if (!examined->is_whole) fetched->copy.validators = {};
  const std::lock_guard lock{slot.mutex};
  slot.latest = std::move(fetched);
  return examination;
}

}  // namespace

CrlFetcher::CrlFetcher(const FetchTools& tools, metrics::Registry& registry, OnNew on_new)
    : tools_{tools},
      rejected_{
          registry.counter("certbound_crl_rejected_total",
                           "Fetched CRLs that were refused: damaged, of another CA, past, or older than the last")},
      left_out_{
          registry.counter("certbound_crl_left_out_total",
                           "Lists of fetched CRLs that were left out while others of the same answer were taken")},
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
  plan.examine = [id = url.id, slot = source->slot, authorities = url.authorities, rejected = rejected_,
                  left_out = left_out_](const fetch::Outcome& outcome) {
    std::vector<std::string> others;
    auto examined = examine_into(*slot, authorities, outcome, others);
    if (!examined) rejected.increment();
    tell_left_out(id, others, left_out);
    return examined;
  };
  plan.tell = [this, target = source.get()](std::uint64_t /*attempt*/) { take_arrived(*target); };
  std::optional<fetch::LastGood> seed;
  if (url.fetched) {
    seed = url.fetched->copy;
    seed->good_until = first_next_update(url.fetched->crls, wall_now());
  }
  source->source = std::make_unique<FetchedSource>(tools_, std::move(plan), std::move(seed));
  sources_.emplace(url.id, std::move(source));
}

void CrlFetcher::take_arrived(Source& source) {
  const auto latest = source.latest();
  const Crls before = source.applied ? source.applied->crls : Crls{};
  if (!latest || latest == source.applied) return;
  if (latest->crls == before) {  // the same list once more
    source.applied = latest;
    return;
  }
  for (const auto& crl : latest->crls) {
    log::info("crl_fetched", {{"trust_store", source.id.owner},
                              {"url", source.id.shown_source()},
                              {"detail", x509::describe_crl(*crl, wall_now())},
                              {"entries", crl->size()}});
  }
  if (on_new_(source.id, before, latest->crls)) source.applied = latest;
}

void CrlFetcher::refetch() {
  for (const auto& [id, source] : sources_) (void)source->source->refetch_now();
}

}  // namespace certbound::app
