#include <nlohmann/json.hpp>

#include "audit/head_file.hpp"
#include "audit/verify.hpp"
#include "cli/audit_files.hpp"
#include "cli/output.hpp"

namespace certbound::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr ArgumentSpec kAuditVerifyArguments[] = {
    kAuditFilesArgument,
    {"--expect", ArgumentKind::values,
     "a head that was noted earlier, SEQ:HASH: it has to be in the chain. The file FILE.head is compared by itself",
     false},
    kConfigArgument,
    kJsonArgument,
};

struct Expected {
  std::vector<audit::Expectation> heads;
  ExitStatus status = ExitStatus::done;  ///< otherwise why was printed
};

void add_head_file(Expected& expected, const std::filesystem::path& file) {
  const auto head = audit::load_head(file);
  if (!head) {
    expected.status = fail(ExitStatus::answer_is_no, head.error());
  } else if (*head) {
    expected.heads.push_back({**head, file.string()});
  }
}

/// Read before the log, so that a server that goes on writing is not ahead of it. `FILE.head` among the files, as a
/// pattern of the shell brings it, is no log.
Expected take_expected(const Arguments& arguments, std::vector<std::filesystem::path>& files) {
  Expected expected;
  for (const std::string& text : arguments.values("--expect")) {
    const auto head = audit::parse_head(text);
    if (!head) {
      expected.status =
          fail(ExitStatus::wrong_usage, "--expect: \"" + text + "\" is not SEQ:HASH, as FILE.head has it");
      return expected;
    }
    expected.heads.push_back({*head, "--expect"});
  }
  std::vector<std::filesystem::path> logs;
  for (const std::filesystem::path& file : files) {
    if (file.extension() != ".head") logs.push_back(file);
  }
  for (const std::filesystem::path& log : logs) add_head_file(expected, audit::head_path(log));
  files = std::move(logs);
  return expected;
}

Json broken_json(const audit::Break& broken) {
  return {{"kind", broken.kind},
          {"file", broken.file.string()},
          {"line", broken.line},
          {"seq", broken.seq},
          {"what", broken.what}};
}

void print_verification_json(const audit::Verification& result) {
  Json json;
  json["whole"] = !result.broken.has_value();
  if (result.broken) json["broken"] = broken_json(*result.broken);
  json["records"] = result.records;
  json["octets"] = result.octets;
  json["noted_seq"] = result.noted_seq;
  json["has_genesis"] = result.has_genesis;
  if (result.head.seq != 0) json["head"] = audit::render_head(result.head);
  json["files"] = Json::array();
  for (const audit::VerifiedFile& file : result.files) {
    json["files"].push_back({{"file", file.file.string()}, {"first_seq", file.first_seq}, {"last_seq", file.last_seq}});
  }
  json["remarks"] = Json::array();
  for (const audit::Remark& remark : result.remarks) {
    json["remarks"].push_back(
        {{"file", remark.file.string()}, {"line", remark.line}, {"seq", remark.seq}, {"what", remark.what}});
  }
  print_json(json);
}

std::string place(const std::filesystem::path& file, std::uint64_t line, std::uint64_t seq) {
  return printable(file.string()) + ":" + std::to_string(line) + ": record " + std::to_string(seq) + ": ";
}

void print_verification(const audit::Verification& result) {
  for (const audit::Remark& remark : result.remarks) {
    print(place(remark.file, remark.line, remark.seq) + "note: " + remark.what + "\n");
  }
  if (result.broken) {
    const audit::Break& broken = *result.broken;
    print(place(broken.file, broken.line, broken.seq) + std::string{broken.kind} + ": " + printable(broken.what) +
          "\n");
    print("broken: " + std::to_string(result.records) + " records before that are whole\n");
    return;
  }
  print("whole: " + std::to_string(result.records) + " records in " + std::to_string(result.files.size()) + " files" +
        (result.has_genesis ? ", from the first of the chain\n"
                            : ", not from the first of the chain: older files were not given\n"));
  if (result.noted_seq == 0) {
    print(
        "note: no head that was noted proves the end: records may have been cut off there (FILE.head, or --expect)\n");
  } else if (result.noted_seq < result.head.seq) {
    print("note: no head that was noted proves what stands behind record " + std::to_string(result.noted_seq) + "\n");
  }
  if (result.head.seq != 0) print("head: " + audit::render_head(result.head) + "\n");
}

/// Beside the log of a server stands its head from the first record on: who cut the log's end would remove it.
std::optional<audit::Break> find_missing_head(const std::filesystem::path& log) {
  if (log.empty() || std::filesystem::exists(audit::head_path(log))) return std::nullopt;
  return audit::Break{"head_missing", audit::head_path(log), 0, 0, "is gone, so nothing proves the end of the log"};
}

ExitStatus run_audit_verify(const Arguments& arguments) {
  AuditFiles found = find_audit_files(arguments);
  if (found.status != ExitStatus::done) return found.status;
  const Expected expected = take_expected(arguments, found.files);
  if (expected.status != ExitStatus::done) return expected.status;
  if (found.files.empty()) return fail(ExitStatus::wrong_usage, "no audit log among the files");
  auto result = audit::verify_files(found.files, expected.heads);
  if (!result) return fail(ExitStatus::could_not_run, result.error());
  if (!result->broken) result->broken = find_missing_head(found.log);
  if (arguments.has("--json")) {
    print_verification_json(*result);
  } else {
    print_verification(*result);
  }
  return result->broken ? ExitStatus::answer_is_no : ExitStatus::done;
}

}  // namespace

const Verb kAuditVerify{"audit", "verify",
                        "prove that audit logs are one whole chain, or name the first record that breaks it",
                        kAuditVerifyArguments, &run_audit_verify};

}  // namespace certbound::cli
