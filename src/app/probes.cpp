#include "app/probes.hpp"

namespace certbound::app {

namespace {

Task<bool> probe_audit(const audit::Writer& writer) { co_return writer.is_healthy(); }

/// A lookup of an id that nobody has: through the queue, a reader thread and the database.
Task<bool> probe_store(store::Executor& executor) {
  auto id = model::ClientId::parse("readyz");
  if (!id) co_return false;
  const auto found = co_await executor.find_client(*std::move(id));
  co_return found.has_value();
}

}  // namespace

void add_probes(oauth::Health& health, const audit::Writer& audit, store::Executor& executor) {
  health.add_probe("audit", [target = &audit] { return probe_audit(*target); });
  health.add_probe("store", [target = &executor] { return probe_store(*target); });
}

}  // namespace certbound::app
