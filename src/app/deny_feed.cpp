#include "app/deny_feed.hpp"

#include <algorithm>
#include <utility>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "oauth/endpoints/deny_feed.hpp"
#include "verifier/deny_feed.hpp"

namespace certbound::app {

namespace {

static_assert(oauth::kMostFeedBytes <= verifier::kMaximumFeedBytes, "verifiers take every feed");

constexpr Backoff kFeedRetry{std::chrono::seconds{1}, std::chrono::seconds{15}};
constexpr double kWholePause = 0.999;  // there is one server
constexpr std::chrono::minutes kUntilWoken{1};

}  // namespace

DenyFeed::DenyFeed(std::unique_ptr<store::DenialReader> denials, Publish publish, Wake wake)
    : denials_{std::move(denials)},
      publish_{std::move(publish)},
      wake_{std::move(wake)},
      queue_{1, [this](std::vector<SnapshotPointer>& batch) {
               make(*batch.back());
               wake_();
             }} {}

void DenyFeed::make_first(const SnapshotPointer& snapshot) {
  {
    const std::lock_guard lock{mutex_};
    is_making_ = true;
    shown_ = snapshot;
  }
  make(*snapshot);
}

std::chrono::milliseconds DenyFeed::do_what_is_due(const SnapshotPointer& snapshot) {
  const std::lock_guard lock{mutex_};
  if (is_making_) return kUntilWoken;
  const Clock::time_point now = Clock::now();
  const bool is_due = has_changed_.load() || snapshot != shown_ || now >= renew_at_;
  if (is_due && now >= not_before_) {
    shown_ = snapshot;
    is_making_ = queue_.push(SnapshotPointer{snapshot});
    return kUntilWoken;
  }
  const Clock::time_point next = is_due ? not_before_ : std::max(renew_at_, not_before_);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - now), std::chrono::milliseconds{0});
}

void DenyFeed::make(const oauth::Snapshot& snapshot) {
  const Clock::time_point began = Clock::now();
  auto feed = render(snapshot);
  if (!feed) log::error("deny_feed_failed", {{"detail", feed.error().detail}});
  const bool is_made = feed.has_value();
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  if (is_made) {
    log::debug("deny_feed_made", {{"count", known_.size()},
                                  {"octets", feed->body.size()},
                                  {"milliseconds", static_cast<long long>(lasted.count())}});
  }
  // An old one would say of what was denied since that it is not.
  publish_(is_made ? std::make_shared<const oauth::Document>(*std::move(feed)) : nullptr);
  note_made(is_made, began);
}

Result<oauth::Document> DenyFeed::render(const oauth::Snapshot& snapshot) {
  if (auto read = read_changes(); !read) return std::move(read).error();
  auto signer = oauth::TokenSigner::make(snapshot.active_key());
  if (!signer) return std::move(signer).error();
  return oauth::render_deny_feed(known_, snapshot, *signer, wall_now());
}

Result<void> DenyFeed::read_changes() {
  // Before the denials are read: a change that comes meanwhile makes another feed.
  if (!has_changed_.exchange(false)) return {};
  auto denials = store::load_denials(*denials_);
  if (!denials) {
    has_changed_ = true;
    return std::move(denials).error();
  }
  known_ = *std::move(denials);
  return {};
}

void DenyFeed::note_made(bool is_made, Clock::time_point began) {
  const Clock::time_point made = Clock::now();
  const std::lock_guard lock{mutex_};
  is_making_ = false;
  failures_ = is_made ? 0 : failures_ + 1;
  not_before_ =
      made + (is_made ? std::max<Clock::duration>(std::chrono::seconds{1}, 10 * (made - began))
                      : delay_after_failure(kFeedRetry, failures_, kWholePause, std::chrono::milliseconds{0}));
  renew_at_ = is_made ? made + oauth::kFeedLifetime / 2 : not_before_;
}

}  // namespace certbound::app
