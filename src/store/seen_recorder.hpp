#pragma once

#include <cstddef>
#include <memory>

#include "base/metrics.hpp"
#include "base/work_queue.hpp"
#include "store/seen_certificate.hpp"

namespace certbound::store {

/// Takes what workers saw and writes it on a thread of its own, off the path of requests. What cannot be written is
/// lost, counted and logged: it will be seen again.
class SeenRecorder {
 public:
  explicit SeenRecorder(std::unique_ptr<SeenCertificateStore> connection, metrics::Registry& registry);
  SeenRecorder(const SeenRecorder&) = delete;
  SeenRecorder& operator=(const SeenRecorder&) = delete;
  ~SeenRecorder() = default;

  /// From any thread; never waits.
  void note(SeenCertificate seen);

  /// Writes what is queued, then ends the thread. May be called again, by the owner only.
  void stop() { queue_.stop(); }

 private:
  void write(const std::vector<SeenCertificate>& batch);

  std::unique_ptr<SeenCertificateStore> connection_;
  metrics::Counter lost_;
  WorkQueue<SeenCertificate> queue_;  // last: its thread uses the others
};

}  // namespace certbound::store
