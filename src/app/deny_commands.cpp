#include "app/deny_commands.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/base64url.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "crypto/digest.hpp"
#include "model/ids.hpp"

namespace certbound::app {

namespace {

using model::DenialKind;
using Json = nlohmann::json;

constexpr std::size_t kLongestReason = 500;
constexpr std::size_t kLongestJti = 255;

Result<void> set_subject(model::Denial& denial, DenialKind kind, std::string_view subject) {
  if (subject.empty()) return {};
  if (!denial.subject.empty()) return invalid_input("name one of jti, thumbprint and client, not several");
  denial.kind = kind;
  denial.subject = subject;
  return {};
}

/// Printable ASCII without blanks: the feed has room for that.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<void> check_subject(const model::Denial& denial) {
  switch (denial.kind) {
    case DenialKind::jti:
      if (denial.subject.size() > kLongestJti) return invalid_input("jti: too long");
      if (!is_visible(denial.subject)) return invalid_input("jti: has a character that no token of this server has");
      if (denial.issued_before) return invalid_input("issued-before: a jti names one token; leave the time out");
      return {};
    case DenialKind::thumbprint: {
      const auto octets = base64url_decode(denial.subject);
      if (octets && octets->size() == crypto::Sha256{}.octets.size()) return {};
      return invalid_input("thumbprint: not an x5t#S256, which has 43 characters; cert inspect prints it");
    }
    case DenialKind::client:
      if (!model::ClientId::parse(denial.subject)) return invalid_input("client: not a client_id");
      return {};
    case DenialKind::issued_before:
      if (denial.issued_before) return {};
      return invalid_input("name what to deny: a jti, a thumbprint, a client or a time of issue");
  }
  return {};
}

Result<std::optional<WallTime>> read_time(const Json& arguments, std::string_view name) {
  const std::string_view text = string_member(arguments, name);
  if (text.empty()) return std::optional<WallTime>{};
  const auto time = parse_time(text);
  if (!time) return invalid_input(std::string{name} + ": " + time.error().detail);
  return std::optional<WallTime>{*time};
}

/// When nothing that the denial can match is alive any more; nothing where later tokens match too: there no time is
/// named, and whoever denies a client or a certificate means it until he takes it back.
std::optional<WallTime> natural_end(const model::Denial& denial) {
  const bool is_open = denial.kind == DenialKind::thumbprint || denial.kind == DenialKind::client;
  if (is_open && !denial.issued_before) return std::nullopt;
  return denial.issued_before.value_or(denial.created_at) + model::kLongestLifetime + model::kVerifierSlack;
}

Result<void> set_end(model::Denial& denial, const std::optional<WallTime>& until) {
  denial.until = natural_end(denial);
  if (denial.is_over(denial.created_at)) {
    return invalid_input("issued-before: no token of that time is alive any more");
  }
  if (!until) return {};
  if (*until <= denial.created_at) return invalid_input("until: is over already");
  if (denial.until && *until > *denial.until) {
    return invalid_input("until: nothing that it can match is alive after " + to_rfc3339(*denial.until));
  }
  denial.until = *until;
  return {};
}

Result<void> read_subject(model::Denial& denial, const Json& arguments) {
  denial.kind = DenialKind::issued_before;
  for (const DenialKind kind : {DenialKind::jti, DenialKind::thumbprint, DenialKind::client}) {
    if (auto set = set_subject(denial, kind, string_member(arguments, name(kind))); !set) return set;
  }
  return check_subject(denial);
}

/// Waits for the recorder: on the main thread, which it does not wait for.
template <typename Ask>
Result<model::Denial> wait_for_change(std::string_view event, const Ask& ask) {
  // Shared: the recorder may still be busy with it when this one goes on.
  const auto done = std::make_shared<std::promise<Result<model::Denial>>>();
  ask([done](Result<model::Denial> denial) { done->set_value(std::move(denial)); });
  Result<model::Denial> denial = done->get_future().get();
  if (!denial) return denial;
  log::info(event, {{"id", static_cast<long long>(denial->id)},
                    {"kind", name(denial->kind)},
                    {"subject", denial->subject},
                    {"until", denial->until ? to_rfc3339(*denial->until) : std::string{"removed"}},
                    {"detail", denial->reason}});
  return denial;
}

audit::DenialChange make_change(audit::DenialAction action, model::Denial denial, const control::Peer& peer) {
  audit::DenialChange change;
  change.time = wall_now();
  change.action = action;
  change.denial = std::move(denial);
  change.user = peer.user;
  change.process = static_cast<std::uint64_t>(std::max<pid_t>(peer.process, 0));
  return change;
}

/// In force first: a disk that is full keeps nobody from denying. Asked for again it is recorded again.
Result<Json> run_add(const Json& arguments, const control::Peer& peer, const DenyCommands& with) {
  auto asked = parse_denial(arguments, wall_now());
  if (!asked) return std::move(asked).error();
  const auto denial = wait_for_change(
      "denial_added", [&](store::DenialRecorder::Done done) { with.recorder.add(*std::move(asked), std::move(done)); });
  if (!denial) return denial.error();
  auto recorded = with.audit.record(make_change(audit::DenialAction::added, *denial, peer));
  if (!recorded) {
    recorded.error().detail = "denial " + std::to_string(denial->id) +
                              " is in force, but has no audit record: look at the disk, then run this again";
    return std::move(recorded).error();
  }
  return denial_json(*denial);
}

Result<model::Denial> load_denial(std::uint64_t id, store::DenialReader& reader) {
  if (id != 0) {
    const auto found = reader.list_denials(id - 1, 1);
    if (!found) return found.error();
    if (!found->empty() && found->front().id == id) return found->front();
  }
  return invalid_input("there is no denial " + std::to_string(id));
}

/// Recorded first: what takes effect again has its record.
Result<Json> run_remove(const Json& arguments, const control::Peer& peer, const DenyCommands& with) {
  const auto id = arguments.find("id");
  if (id == arguments.end() || !id->is_number_unsigned()) return invalid_input("id: not the number of a denial");
  const auto denial = load_denial(id->get<std::uint64_t>(), with.reader);
  if (!denial) return denial.error();
  auto recorded = with.audit.record(make_change(audit::DenialAction::removed, *denial, peer));
  if (!recorded) {
    recorded.error().detail = "nothing was removed: " + recorded.error().detail + "; look at the disk";
    return std::move(recorded).error();
  }
  const auto removed = wait_for_change(
      "denial_removed", [&](store::DenialRecorder::Done done) { with.recorder.remove(denial->id, std::move(done)); });
  return removed ? Result<Json>{denial_json(*removed)} : removed.error();
}

}  // namespace

Json denial_json(const model::Denial& denial) {
  Json object{{"id", denial.id},
              {"kind", name(denial.kind)},
              {"reason", denial.reason},
              {"created_at", to_rfc3339(denial.created_at)},
              {"origin", name(denial.origin)},
              {"until", nullptr}};
  if (denial.until) object["until"] = to_rfc3339(*denial.until);
  if (!denial.subject.empty()) object["subject"] = denial.subject;
  if (denial.issued_before) object["issued_before"] = to_rfc3339(*denial.issued_before);
  return object;
}

Result<model::Denial> parse_denial(const Json& arguments, WallTime now) {
  model::Denial denial;
  denial.created_at = now;
  denial.reason = string_member(arguments, "reason");
  if (denial.reason.empty()) return invalid_input("reason: missing; say why, for whoever reads the list later");
  if (denial.reason.size() > kLongestReason) return invalid_input("reason: longer than 500 octets");
  const auto issued_before = read_time(arguments, "issued_before");
  if (!issued_before) return issued_before.error();
  denial.issued_before = *issued_before;
  // Tokens that are yet to be issued would be dead from the start.
  if (denial.issued_before > now) return invalid_input("issued-before: lies in the future");
  if (auto subject = read_subject(denial, arguments); !subject) return std::move(subject).error();
  const auto until = read_time(arguments, "until");
  if (!until) return until.error();
  if (auto end = set_end(denial, *until); !end) return std::move(end).error();
  return denial;
}

void add_deny_commands(control::Commands& commands, const DenyCommands& with) {
  commands.add("deny.add",
               [with](const Json& arguments, const control::Peer& peer) { return run_add(arguments, peer, with); });
  commands.add("deny.remove",
               [with](const Json& arguments, const control::Peer& peer) { return run_remove(arguments, peer, with); });
}

}  // namespace certbound::app
