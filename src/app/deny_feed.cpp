#include "app/deny_feed.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "oauth/endpoints/deny_feed.hpp"

namespace certbound::app {

namespace {

using Clock = std::chrono::steady_clock;

Result<oauth::Document> render(store::DenialReader& reader, const oauth::Snapshot& snapshot) {
  const auto denials = store::load_denials(reader);
  if (!denials) return denials.error();
  auto signer = oauth::TokenSigner::make(snapshot.active_key());
  if (!signer) return std::move(signer).error();
  return oauth::render_deny_feed(*denials, snapshot, *signer, wall_now());
}

}  // namespace

std::chrono::milliseconds DenyFeed::do_what_is_due(const std::shared_ptr<const oauth::Snapshot>& snapshot) {
  const Clock::time_point now = Clock::now();
  const bool is_due = has_changed_.load() || snapshot != shown_ || now >= renew_at_;
  if (is_due && now >= not_before_) {
    // Before the denials are read: a change that comes meanwhile makes another feed.
    has_changed_ = false;
    shown_ = snapshot;
    make(*snapshot);
    const Clock::time_point made = Clock::now();
    not_before_ = made + std::max<Clock::duration>(std::chrono::seconds{1}, 10 * (made - now));
    renew_at_ = made + oauth::kFeedLifetime / 2;
  }
  const bool is_waiting = has_changed_.load() || snapshot != shown_;
  const Clock::time_point next = is_waiting ? not_before_ : std::max(renew_at_, not_before_);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()), std::chrono::milliseconds{0});
}

void DenyFeed::make(const oauth::Snapshot& snapshot) {
  auto feed = render(denials_, snapshot);
  if (!feed) log::error("deny_feed_failed", {{"detail", feed.error().detail}});
  // An old one would say of what was denied since that it is not.
  publish_(feed ? std::make_shared<const oauth::Document>(*std::move(feed)) : nullptr);
}

}  // namespace certbound::app
