#pragma once

#include <string_view>
#include <vector>

#include "app/generation.hpp"
#include "app/materials.hpp"
#include "audit/writer.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "store/client_store.hpp"

namespace certbound::app {

/// Prints problems on stderr, one line each; on a terminal with the source line and a caret.
void report_problems(const std::vector<config::Problem>& problems);

/// The same to the log, as `configuration_problem`.
void log_problems(const std::vector<config::Problem>& problems);

[[nodiscard]] std::size_t count_errors(const std::vector<config::Problem>& problems);

/// `log` with the format that fits stderr where none is configured.
[[nodiscard]] log::Options log_options(const config::LogOptions& options);

/// What a start or reload did to the registry, as one log line.
void log_reconciliation(const store::Reconciliation& reconciliation);

/// Tells the log and systemd that requests are answered, by so many workers for so many clients.
void report_ready(const Generation& current, std::size_t workers, long long clients);

/// `certbound_certificate_not_after_seconds` of every certificate that somebody has to renew.
void show_certificates(metrics::Registry& registry, const std::vector<WatchedCertificate>& certificates);

/// The metric of each CRL's nextUpdate, in place of those of the generation before.
void show_crls(metrics::Registry& registry, const std::vector<WatchedCrl>& crls);

/// The last record of the chain, for who keeps the log apart from the audit log: what `audit verify --expect` takes.
void log_audit_head(const audit::Writer& writer, std::string_view event);

}  // namespace certbound::app
