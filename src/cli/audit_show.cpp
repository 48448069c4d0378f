#include <nlohmann/json.hpp>

#include "audit/search.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/audit_files.hpp"
#include "cli/issued_token.hpp"
#include "cli/output.hpp"
#include "config/load.hpp"

namespace certbound::cli {

namespace {

constexpr ArgumentSpec kAuditShowArguments[] = {
    kAuditFilesArgument,
    {"--client", ArgumentKind::value, "decisions on this client_id, denials that concern it, changes of its secrets",
     false},
    {"--thumbprint", ArgumentKind::value, "the same of the certificate with this x5t#S256 (cert inspect prints it)",
     false},
    {"--jti", ArgumentKind::value, "the decisions on the token with this jti, and denials that concern it", false},
    {"--kid", ArgumentKind::value, "the decisions whose token this key signed or sealed (keys list prints it)", false},
    {"--since", ArgumentKind::value, "decisions at this time (RFC 3339 or Unix seconds) or later", false},
    kConfigArgument,
    kJsonArgument,
};

/// A record may have a long audience, and nothing of it is a stranger's alone.
constexpr JsonLimits kRecordLimits{64UL << 20, 16};

std::string describe_token(const nlohmann::json& record, const Result<TokenKnowledge>& known, WallTime now) {
  std::string text = " jti " + std::string{string_member(record, "jti")};
  if (const auto aud = record.find("aud"); aud != record.end()) text += " aud " + dump_json(*aud);
  if (const auto scope = string_member(record, "scope"); !scope.empty())
    text += " scope \"" + std::string{scope} + "\"";
  if (is_issue(record)) text += " " + describe_status(judge_issued(record, known, now));
  return text;
}

long long number_member(const nlohmann::json& record, const char* name) {
  const auto found = record.find(name);
  return found != record.end() && found->is_number_integer() ? found->get<long long>() : 0;
}

std::string describe_seconds(const nlohmann::json& record, const char* name) {
  return to_rfc3339(WallTime{std::chrono::seconds{number_member(record, name)}});
}

/// `… denial 7 added by user 0 (process 4711): client etl, until removed: laptop lost`
std::string describe_denial_change(const nlohmann::json& record) {
  const std::string_view kind = string_member(record, "kind");
  std::string text =
      std::string{string_member(record, "time")} + " denial " + std::to_string(number_member(record, "denial")) + " " +
      std::string{string_member(record, "action")} + " by user " + std::to_string(number_member(record, "uid"));
  if (record.contains("pid")) text += " (process " + std::to_string(number_member(record, "pid")) + ")";
  text += ": " + std::string{kind};
  text += " " + std::string{string_member(record, "jti")} + std::string{string_member(record, "client_id")};
  if (const auto certificate = record.find("certificate"); certificate != record.end() && certificate->is_object()) {
    text += string_member(*certificate, "x5t#S256");
  }
  if (record.contains("issued_before")) text += ", issued before " + describe_seconds(record, "issued_before");
  text += record.contains("until") ? ", until " + describe_seconds(record, "until") : ", until removed";
  return printable(text + ": " + std::string{string_member(record, "detail")}) + "\n";
}

/// `… secret 7 of client etl added by user 0 (process 4711), until 2026-…`
std::string describe_secret_change(const nlohmann::json& record) {
  std::string text =
      std::string{string_member(record, "time")} + " secret " + std::to_string(number_member(record, "secret")) +
      " of client " + std::string{string_member(record, "client_id")} + " " +
      std::string{string_member(record, "action")} + " by user " + std::to_string(number_member(record, "uid"));
  if (record.contains("pid")) text += " (process " + std::to_string(number_member(record, "pid")) + ")";
  return printable(text + ", until " +
                   (record.contains("expires_at") ? describe_seconds(record, "expires_at") : "removed")) +
         "\n";
}

std::string describe_record(const nlohmann::json& record, const Result<TokenKnowledge>& known, WallTime now) {
  if (string_member(record, "record") == "denial") return describe_denial_change(record);
  if (string_member(record, "record") == "client_secret") return describe_secret_change(record);
  const bool is_granted = string_member(record, "outcome") == "granted";
  std::string text = std::string{string_member(record, "time")} + " " + std::string{string_member(record, "outcome")};
  if (!is_granted) text += " (" + std::string{string_member(record, "reason")} + ")";
  text += " client " + std::string{string_member(record, "client_id")};
  if (const auto certificate = record.find("certificate"); certificate != record.end() && certificate->is_object()) {
    text += " x5t#S256 " + std::string{string_member(*certificate, "x5t#S256")};
  }
  if (const auto state = string_member(record, "token_state"); !state.empty()) {
    text += " " + std::string{string_member(record, "endpoint")} + " " + std::string{state};
  }
  if (const auto denial = number_member(record, "denial"); denial != 0) text += " denial " + std::to_string(denial);
  if (is_granted) text += describe_token(record, known, now);
  return printable(text + " request " + std::string{string_member(record, "request_id")}) + "\n";
}

/// Prints record by record: an incident's may be millions.
class Printer {
 public:
  Printer(bool is_json, const Result<TokenKnowledge>& known, WallTime now)
      : is_json_{is_json}, known_{known}, now_{now} {
    if (is_json_) print("{\"now\": \"" + to_rfc3339(now_) + "\", \"records\": [");
  }

  void add(std::string_view line) {
    const auto record = parse_json(line, kRecordLimits);
    if (!record || !record->is_object()) {
      // Of a log that was changed by hand: shown as it is.
      damaged_ = true;
      if (!is_json_) print("no JSON: " + printable(line) + "\n");
      return;
    }
    is_json_ ? add_json(*record) : print(describe_record(*record, known_, now_));
  }

  /// Were there lines that are no JSON?
  [[nodiscard]] bool end() {
    if (is_json_) print(is_first_ ? "]}\n" : "\n]}\n");
    return damaged_;
  }

 private:
  void add_json(nlohmann::json record) {
    if (is_issue(record)) {
      const IssuedStatus status = judge_issued(record, known_, now_);
      record["status"] = status_json(status);
      record["alive"] = status.state == IssuedState::active;
      if (status.state == IssuedState::unknown) record["alive"] = nullptr;
    }
    print(is_first_ ? "\n" : ",\n");
    is_first_ = false;
    print(record.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  }

  const bool is_json_;
  const Result<TokenKnowledge>& known_;
  const WallTime now_;
  bool is_first_ = true;
  bool damaged_ = false;
};

/// Of the state directory whose log is shown; where files are named, of the configuration's, if there is one.
Result<TokenKnowledge> load_knowledge(const Arguments& arguments, const AuditFiles& found) {
  if (!found.state_dir.empty()) return load_token_knowledge(found.state_dir);
  const std::filesystem::path file = configuration_path(arguments);
  const config::Loaded loaded = config::load(file);
  if (!loaded.config && !loaded.draft.find_place("state_dir")) {
    return invalid_input("denials and keys were not looked at: " + file.string() + " names no state directory");
  }
  return load_token_knowledge((loaded.config ? *loaded.config : loaded.draft).state_dir);
}

ExitStatus run_audit_show(const Arguments& arguments) {
  audit::Query query;
  query.client_id = arguments.value("--client");
  query.thumbprint = arguments.value("--thumbprint");
  query.jti = arguments.value("--jti");
  query.kid = arguments.value("--kid");
  if (arguments.has("--since")) {
    const auto since = parse_time(arguments.value("--since"));
    if (!since) return fail(ExitStatus::wrong_usage, "--since: " + since.error().detail);
    query.since = *since;
  }
  if (query.client_id.empty() && query.thumbprint.empty() && query.jti.empty() && query.kid.empty() && !query.since) {
    return fail(ExitStatus::wrong_usage, "say what to look for: --client, --thumbprint, --jti, --kid or --since");
  }
  AuditFiles found = find_audit_files(arguments);
  if (found.status != ExitStatus::done) return found.status;
  std::erase_if(found.files, [](const std::filesystem::path& file) { return file.extension() == ".head"; });
  const auto known = load_knowledge(arguments, found);
  if (!known) {
    print_error("certbound: of tokens that have not expired it is not known whether they are alive: " +
                printable(known.error().detail) + "\n");
  }
  Printer printer{arguments.has("--json"), known, wall_now()};
  const auto count =
      audit::find_decisions(found.files, query, [&printer](std::string_view line) { printer.add(line); });
  const bool is_damaged = printer.end();
  if (!count) return fail(ExitStatus::could_not_run, count.error());
  if (is_damaged)
    return fail(ExitStatus::answer_is_no, "some lines are no JSON: the log was changed; run audit verify");
  return *count > 0 ? ExitStatus::done : ExitStatus::answer_is_no;
}

}  // namespace

const Verb kAuditShow{"audit", "show", "find decisions in audit logs: which tokens were issued, are they still alive",
                      kAuditShowArguments, &run_audit_show};

}  // namespace certbound::cli
