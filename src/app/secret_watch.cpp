#include "app/secret_watch.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

namespace certbound::app {

namespace {

constexpr std::chrono::hours kSecretReportInterval{24};
constexpr std::chrono::hours kExpiringWithin{24 * 30};
constexpr std::chrono::hours kNamedWithin{24 * 14};
/// Clients, and secrets, that one report names.
constexpr std::size_t kMostNamed = 100;

void note_unread(const Error& error) { log::warning("clients_not_counted", {{"detail", error.detail}}); }

void report_clients(store::ClientSecretReader& reader) {
  const auto counts = reader.count_methods();
  const auto ids = reader.list_secret_clients(kMostNamed);
  if (!counts || !ids) return note_unread(counts ? ids.error() : counts.error());
  std::size_t count = 0;
  for (const model::AuthMethod method : model::kAuthMethods) {
    if (model::is_secret_method(method)) count += counts->at(static_cast<std::size_t>(method));
  }
  if (count == 0) return;
  log::warning("clients_with_secrets",
               {{"count", count},
                {"client_ids", join(*ids, " ")},
                {"detail",
                 "they still authenticate by a shared secret; docs/OPERATIONS.md says how they move to "
                 "certificates"}});
}

void report_ends(store::ClientSecretReader& reader, WallTime today) {
  const auto ending = reader.list_ending_secrets(today, today + kNamedWithin, kMostNamed);
  if (!ending) return note_unread(ending.error());
  for (const store::OwnedSecret& one : *ending) {
    log::warning("client_secret_ends", {{"client_id", one.client_id},
                                        {"id", static_cast<long long>(one.secret.id)},    // lint: ok, a number
                                        {"until", to_rfc3339(*one.secret.expires_at)}});  // lint: ok, a time
  }
}

}  // namespace

SecretWatch::SecretWatch(metrics::Registry& registry)
    : expiring_{registry.gauge("certbound_client_secrets_expiring",
                               "Secrets of clients that are valid and end within 30 days")} {
  for (const model::AuthMethod method : model::kAuthMethods) {
    clients_.at(static_cast<std::size_t>(method)) = registry.gauge(
        "certbound_clients_by_method", "Registered clients, by how they authenticate", {{"method", name(method)}});
  }
}

void SecretWatch::show(store::ClientSecretReader& secrets) {
  const WallTime today = wall_now();
  const auto counts = secrets.count_methods();
  const auto expiring = secrets.count_ending_secrets(today, today + kExpiringWithin);
  if (!counts || !expiring) return note_unread(counts ? expiring.error() : counts.error());
  for (std::size_t method = 0; method < clients_.size(); ++method) {
    clients_.at(method).set(static_cast<double>(counts->at(method)));
  }
  expiring_.set(static_cast<double>(*expiring));
}

void SecretWatch::look(store::ClientSecretReader& secrets, std::chrono::steady_clock::time_point now) {
  show(secrets);
  if (now < next_report_) return;
  next_report_ = now + kSecretReportInterval;
  report_clients(secrets);
  report_ends(secrets, wall_now());
}

}  // namespace certbound::app
