#include "app/report.hpp"

#include <cstdio>
#include <unistd.h>

#include "app/sd_notify.hpp"
#include "base/text.hpp"

namespace certbound::app {

void report_problems(const std::vector<config::Problem>& problems) {
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  for (const config::Problem& problem : problems) {
    const std::string text = is_terminal ? config::render_with_source(problem) : config::render(problem);
    (void)std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void log_problems(const std::vector<config::Problem>& problems) {
  for (const config::Problem& problem : problems) {
    const bool is_error = problem.severity == config::Severity::error;
    log::write(is_error ? log::Level::error : log::Level::warning, "configuration_problem",
               {{"detail", config::render(problem)}});
  }
}

std::size_t count_errors(const std::vector<config::Problem>& problems) {
  std::size_t count = 0;
  for (const config::Problem& problem : problems) count += problem.severity == config::Severity::error ? 1 : 0;
  return count;
}

log::Options log_options(const config::LogOptions& options) {
  log::Options chosen;
  chosen.level = options.level;
  chosen.format = options.format.value_or(::isatty(STDERR_FILENO) == 1 ? log::Format::text : log::Format::json);
  return chosen;
}

void log_reconciliation(const store::Reconciliation& reconciliation) {
  log::info("clients_reconciled", {{"added", reconciliation.added},
                                   {"changed", reconciliation.changed},
                                   {"removed", reconciliation.removed},
                                   {"unchanged", reconciliation.unchanged},
                                   {"removed_secrets", reconciliation.removed_secrets},  // lint: ok, a number
                                   {"added_ids", join(reconciliation.added_ids, " ")},
                                   {"changed_ids", join(reconciliation.changed_ids, " ")},
                                   {"removed_ids", join(reconciliation.removed_ids, " ")}});
}

void report_ready(const Generation& current, std::size_t workers, long long clients) {
  log::info("ready", {{"issuer", current.config.issuer},
                      {"generation", static_cast<long long>(current.snapshot->generation)},
                      {"workers", workers},
                      {"clients", clients},
                      {"trust_stores", current.materials.trust_stores.size()}});
  notify_systemd("READY=1\nSTATUS=" + std::to_string(clients) + " clients, " +
                 std::to_string(current.materials.trust_stores.size()) + " trust stores, TLS certificate expires " +
                 to_rfc3339(current.materials.server.chain.front().not_after()));
}

void show_certificates(metrics::Registry& registry, const std::vector<WatchedCertificate>& certificates) {
  constexpr std::string_view kName = "certbound_certificate_not_after_seconds";
  registry.clear_gauges(kName);
  for (const WatchedCertificate& certificate : certificates) {
    registry
        .gauge(kName, "When a certificate expires, in Unix seconds",
               {{"role", certificate.role},
                {"name", certificate.name},
                {"subject", certificate.subject},
                {"serial", certificate.serial}})
        .set(static_cast<double>(unix_seconds(certificate.not_after)));
  }
}

void show_crls(metrics::Registry& registry, const std::vector<WatchedCrl>& crls) {
  constexpr std::string_view kName = "certbound_crl_next_update_seconds";
  registry.clear_gauges(kName);
  for (const WatchedCrl& crl : crls) {
    registry
        .gauge(kName, "When a newer CRL is due (nextUpdate), in Unix seconds",
               {{"name", crl.name}, {"issuer", crl.issuer}, {"issuer_serial", crl.issuer_serial}})
        .set(static_cast<double>(unix_seconds(crl.next_update)));
  }
}

void log_audit_head(const audit::Writer& writer, std::string_view event) {
  const audit::Head head = writer.head();
  log::info(event, {{"head", head.seq == 0 ? std::string{} : audit::render_head(head)}});
}

}  // namespace certbound::app
