#include "app/ending_watch.hpp"

#include <string>

#include "app/ending.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "x509/validity.hpp"

namespace certbound::app {

namespace {

constexpr std::chrono::hours kLookInterval{1};
constexpr std::chrono::hours kReportInterval{24};
/// Clients that one report names.
constexpr std::size_t kMostEnding = 100;

}  // namespace

EndingWatch::EndingWatch(metrics::Registry& registry)
    : ending_{registry.gauge("certbound_client_certificates_ending",
                             "Clients whose last seen certificate has ended or ends within 30 days")} {}

void EndingWatch::look(store::SeenCertificateReader& seen, std::span<const WatchedCertificate> own) {
  const Time now = std::chrono::steady_clock::now();
  next_look_ = now + kLookInterval;
  const WallTime today = wall_now();
  const auto ending = seen.list_ending(today + x509::kExpiryWarning, kMostEnding);
  const auto count = seen.count_ending(today + x509::kExpiryWarning);
  if (!ending || !count) {
    log::warning("seen_certificates_not_read", {{"detail", (ending ? count.error() : ending.error()).detail}});
    return;
  }
  ending_.set(static_cast<double>(*count));
  if (now < next_report_) return;
  const bool is_first = next_report_ == Time{};
  next_report_ = now + kReportInterval;
  for (const std::string& line :
       describe_ending(is_first ? std::span<const WatchedCertificate>{} : own, *ending, today)) {
    log::warning("certificate_ends", {{"detail", line}});
  }
}

}  // namespace certbound::app
