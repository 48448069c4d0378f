#include "net/descriptor_limit.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/resource.h>

#include "base/file.hpp"
#include "base/log.hpp"

namespace certbound::net {

namespace {

constexpr std::size_t kReserve = 128;         // the registry, the logs, a reload's files, the operations listener
constexpr std::size_t kReservePerWorker = 8;  // its event loop and its listening sockets

std::size_t to_count(::rlim_t limit) {
  return limit == RLIM_INFINITY ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit);
}

}  // namespace

std::size_t raise_descriptor_limit() {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  if (limit.rlim_cur == limit.rlim_max) return to_count(limit.rlim_cur);
  const ::rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return to_count(raised.rlim_cur);
  log::warning("open_files_not_raised", {{"limit", to_count(limit.rlim_cur)}, {"detail", system_error_text(errno)}});
  return to_count(limit.rlim_cur);
}

std::size_t connections_that_fit(std::size_t wanted, std::size_t descriptors, std::size_t workers) {
  const std::size_t reserve = std::min(kReserve + kReservePerWorker * workers, descriptors / 2);
  return std::max<std::size_t>(1, std::min(wanted, (descriptors - reserve) / workers));
}

Limits fit_descriptors(Limits limits, std::size_t workers) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t fitting = connections_that_fit(limits.connections_per_worker, descriptors, workers);
  if (fitting < limits.connections_per_worker) {
    log::warning("connections_reduced", {{"connections_per_worker", fitting},
                                         {"configured", limits.connections_per_worker},
                                         {"open_files", descriptors}});
    limits.connections_per_worker = fitting;
  }
  return limits;
}

}  // namespace certbound::net
