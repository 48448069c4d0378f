#include "app/crl_watch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace certbound::app {

CrlWatch::CrlWatch(std::vector<WatchedCrl> crls, WallTime now) : waiting_{std::move(crls)} { (void)take_expired(now); }

std::vector<WatchedCrl> CrlWatch::take_expired(WallTime now) {
  const auto expired = std::stable_partition(waiting_.begin(), waiting_.end(),
                                             [now](const WatchedCrl& crl) { return now < crl.next_update; });
  std::vector<WatchedCrl> taken{std::make_move_iterator(expired), std::make_move_iterator(waiting_.end())};
  waiting_.erase(expired, waiting_.end());
  return taken;
}

}  // namespace certbound::app
