#include "cli/audit_files.hpp"

#include "app/report.hpp"
#include "audit/rotation.hpp"
#include "cli/output.hpp"
#include "config/load.hpp"

namespace certbound::cli {

AuditFiles find_audit_files(const Arguments& arguments) {
  AuditFiles found;
  for (const std::string& name : arguments.values("FILE")) found.files.emplace_back(name);
  if (!found.files.empty()) return found;
  const std::filesystem::path configuration = configuration_path(arguments);
  const config::Loaded loaded = config::load(configuration);
  if (!loaded.config) {
    app::report_problems(loaded.problems);
    found.status = status_of_invalid(configuration);
    return found;
  }
  found.state_dir = loaded.config->state_dir;
  const std::filesystem::path log = loaded.config->state_dir / loaded.config->audit.file;
  auto rotated = audit::find_rotated(log);
  if (!rotated) {
    found.status = fail(ExitStatus::could_not_run, rotated.error());
  } else if (rotated->empty()) {
    found.status = fail(ExitStatus::could_not_run, log.string() + ": there is no audit log yet");
  } else {
    found.files = *std::move(rotated);
    found.log = log;
  }
  return found;
}

}  // namespace certbound::cli
