#pragma once

#include <string>

#include "base/result.hpp"

namespace certbound::app {

/// Tells systemd how the service is (sd_notify(3) protocol: one datagram to $NOTIFY_SOCKET). Does nothing where there
/// is no such variable. `state`: `READY=1`, `STOPPING=1`, `RELOADING=1\nMONOTONIC_USEC=…`, `STATUS=…`, by lines.
/// Errors: `invalid_request`.
[[nodiscard]] Result<void> sd_notify(const std::string& state);

/// The same; a failure is logged. The service does not depend on it.
void notify_systemd(const std::string& state);

/// That a reload has begun, and when: systemd waits for the READY=1 after it.
void notify_reloading();

}  // namespace certbound::app
