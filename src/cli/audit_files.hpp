#pragma once

#include <filesystem>
#include <vector>

#include "cli/verb.hpp"

namespace certbound::cli {

struct AuditFiles {
  std::vector<std::filesystem::path> files;
  std::filesystem::path log;        ///< of the configuration, which the server writes; empty where files were named
  std::filesystem::path state_dir;  ///< of the configuration; empty where the command line names the files
  ExitStatus status = ExitStatus::done;  ///< otherwise there are no files, and why was printed
};

/// The files that the command line names, else the audit log of the configuration with what its rotation left beside
/// it.
[[nodiscard]] AuditFiles find_audit_files(const Arguments& arguments);

inline constexpr ArgumentSpec kAuditFilesArgument{
    "FILE", ArgumentKind::positionals,
    "audit logs, in any order; else those of the configuration: audit.file and what its rotation left beside it",
    false};

}  // namespace certbound::cli
