#include "store/seen_recorder.hpp"

#include <utility>
#include <vector>

#include "base/log.hpp"

namespace certbound::store {

namespace {

constexpr std::size_t kQueuedCertificates = 4096;

}  // namespace

SeenRecorder::SeenRecorder(std::unique_ptr<SeenCertificateStore> connection, metrics::Registry& registry)
    : connection_{std::move(connection)},
      lost_{registry.counter("certbound_seen_certificates_lost_total",
                             "Sightings of client certificates that were not stored")},
      queue_{kQueuedCertificates, [this](std::vector<SeenCertificate>& batch) { write(batch); }} {}

void SeenRecorder::note(SeenCertificate seen) {
  if (!queue_.push(std::move(seen))) lost_.increment();
}

void SeenRecorder::write(const std::vector<SeenCertificate>& batch) {
  const auto written = connection_->note_seen(batch);
  if (written) return;
  lost_.increment(static_cast<double>(batch.size()));
  log::warning("seen_certificates_lost", {{"count", batch.size()}, {"detail", written.error().detail}});
}

}  // namespace certbound::store
