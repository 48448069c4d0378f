#include "app/deny_commands.hpp"

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
using nlohmann::json;

constexpr std::size_t kLongestReason = 500;
constexpr std::size_t kLongestJti = 255;

Result<void> set_subject(model::Denial& denial, DenialKind kind, std::string_view subject) {
  if (subject.empty()) return {};
  if (!denial.subject.empty()) return invalid_input("name one of jti, thumbprint and client, not several");
  denial.kind = kind;
  denial.subject = subject;
  return {};
}

Result<void> check_subject(const model::Denial& denial) {
  switch (denial.kind) {
    case DenialKind::jti:
      if (denial.subject.size() > kLongestJti) return invalid_input("jti: too long");
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

Result<std::optional<WallTime>> read_time(const json& arguments, std::string_view name) {
  const std::string_view text = string_member(arguments, name);
  if (text.empty()) return std::optional<WallTime>{};
  const auto time = parse_time(text);
  if (!time) return invalid_input(std::string{name} + ": " + time.error().detail);
  return std::optional<WallTime>{*time};
}

/// When nothing that the denial can match is alive any more.
WallTime natural_end(const model::Denial& denial) {
  return denial.issued_before.value_or(denial.created_at) + model::kLongestLifetime + model::kVerifierSlack;
}

/// Later tokens match too, where no time is named.
bool may_last_longer(const model::Denial& denial) {
  return !denial.issued_before && (denial.kind == DenialKind::thumbprint || denial.kind == DenialKind::client);
}

Result<void> set_end(model::Denial& denial, const std::optional<WallTime>& until) {
  denial.until = natural_end(denial);
  if (denial.until <= denial.created_at) {
    return invalid_input("issued-before: no token of that time is alive any more");
  }
  if (!until) return {};
  if (*until <= denial.created_at) return invalid_input("until: is over already");
  if (*until > denial.until && !may_last_longer(denial)) {
    return invalid_input("until: nothing that it can match is alive after " + to_rfc3339(denial.until));
  }
  denial.until = *until;
  return {};
}

Result<void> read_subject(model::Denial& denial, const json& arguments) {
  denial.kind = DenialKind::issued_before;
  for (const DenialKind kind : {DenialKind::jti, DenialKind::thumbprint, DenialKind::client}) {
    if (auto set = set_subject(denial, kind, string_member(arguments, name(kind))); !set) return set;
  }
  return check_subject(denial);
}

/// Waits for the recorder: on the main thread, which it does not wait for.
template <typename Ask>
Result<json> wait_for_change(std::string_view event, const Ask& ask) {
  // Shared: the recorder may still be busy with it when this one goes on.
  const auto done = std::make_shared<std::promise<Result<model::Denial>>>();
  ask([done](Result<model::Denial> denial) { done->set_value(std::move(denial)); });
  const Result<model::Denial> denial = done->get_future().get();
  if (!denial) return denial.error();
  log::info(event, {{"id", static_cast<long long>(denial->id)},
                    {"kind", name(denial->kind)},
                    {"subject", denial->subject},
                    {"until", to_rfc3339(denial->until)},
                    {"detail", denial->reason}});
  return denial_json(*denial);
}

Result<json> run_add(const json& arguments, store::DenialRecorder& recorder) {
  auto denial = parse_denial(arguments, wall_now());
  if (!denial) return std::move(denial).error();
  return wait_for_change("denial_added",
                         [&](store::DenialRecorder::Done done) { recorder.add(*std::move(denial), std::move(done)); });
}

Result<json> run_remove(const json& arguments, store::DenialRecorder& recorder) {
  const auto id = arguments.find("id");
  if (id == arguments.end() || !id->is_number_unsigned()) return invalid_input("id: not the number of a denial");
  return wait_for_change("denial_removed", [&](store::DenialRecorder::Done done) {
    recorder.remove(id->get<std::uint64_t>(), std::move(done));
  });
}

}  // namespace

json denial_json(const model::Denial& denial) {
  json object{{"id", denial.id},
              {"kind", name(denial.kind)},
              {"reason", denial.reason},
              {"created_at", to_rfc3339(denial.created_at)},
              {"until", to_rfc3339(denial.until)}};
  if (!denial.subject.empty()) object["subject"] = denial.subject;
  if (denial.issued_before) object["issued_before"] = to_rfc3339(*denial.issued_before);
  return object;
}

Result<model::Denial> parse_denial(const json& arguments, WallTime now) {
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

void add_deny_commands(control::Commands& commands, store::DenialRecorder& recorder) {
  commands.add("deny.add", [&recorder](const json& arguments) { return run_add(arguments, recorder); });
  commands.add("deny.remove", [&recorder](const json& arguments) { return run_remove(arguments, recorder); });
}

}  // namespace certbound::app
