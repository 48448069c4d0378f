#include "app/crl_watch.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "x509/name.hpp"

namespace certbound::app {

WatchedCrl watch_crl(const x509::Crl& crl, std::string name) {
  WatchedCrl watched;
  watched.name = std::move(name);
  watched.issuer = x509::render_name(*X509_get_subject_name(&crl.issuer().handle()));
  watched.issuer_serial = crl.issuer().serial_hex();
  watched.number = crl.number();
  watched.this_update = crl.this_update();
  watched.next_update = crl.next_update();
  return watched;
}

CrlWatch::CrlWatch(std::vector<WatchedCrl> crls, WallTime now) : waiting_{std::move(crls)} { (void)take_expired(now); }

std::vector<WatchedCrl> CrlWatch::take_expired(WallTime now) {
  const auto expired = std::stable_partition(waiting_.begin(), waiting_.end(),
                                             [now](const WatchedCrl& crl) { return now < crl.next_update; });
  std::vector<WatchedCrl> taken{std::make_move_iterator(expired), std::make_move_iterator(waiting_.end())};
  waiting_.erase(expired, waiting_.end());
  return taken;
}

void CrlWatch::warn_of_expired(WallTime now) {
  for (const WatchedCrl& crl : take_expired(now)) {
    log::warning("crl_expired", {{"name", crl.name},
                                 {"issuer", crl.issuer},
                                 {"number", crl.number},
                                 {"next_update", to_rfc3339(crl.next_update)}});
  }
}

std::optional<WallTime> CrlWatch::next_expiry() const {
  const auto first = std::min_element(waiting_.begin(), waiting_.end(), [](const WatchedCrl& a, const WatchedCrl& b) {
    return a.next_update < b.next_update;
  });
  if (first == waiting_.end()) return std::nullopt;
  return first->next_update;
}

}  // namespace certbound::app
