// A line on the control socket: whatever it holds, one line of JSON answers it; a command runs only where the line says
// so, and what a denial then names can be stored, matched and ended.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/deny_commands.hpp"
#include "base/json.hpp"
#include "control/commands.hpp"

namespace app = certbound::app;
namespace control = certbound::control;
using nlohmann::json;

namespace {

const certbound::control::Peer kPeer{1000, 4711};
constexpr certbound::WallTime kNow{std::chrono::seconds{1768478400}};

void require(bool holds) {
  if (!holds) std::abort();
}

/// docs/adr/0022: something is named, for a reason, and it ends.
void check_denial(const certbound::model::Denial& denial) {
  const bool is_for_all = denial.kind == certbound::model::DenialKind::issued_before;
  require(denial.subject.empty() == is_for_all);
  require(!is_for_all || denial.issued_before);
  require(!denial.issued_before || *denial.issued_before <= kNow);
  require(!denial.reason.empty() && denial.reason.size() <= 500);
  require(denial.created_at == kNow && !denial.is_over(kNow));
  const json shown = app::denial_json(denial);
  require(certbound::parse_json(certbound::dump_json(shown)).has_value());
}

control::Commands make_commands() {
  control::Commands commands;
  commands.add("echo", [](const json& arguments) -> certbound::Result<json> { return json{{"given", arguments}}; });
  commands.add("deny.add", [](const json& arguments) -> certbound::Result<json> {
    const auto denial = app::parse_denial(arguments, kNow);
    if (!denial) return denial.error();
    check_denial(*denial);
    return app::denial_json(*denial);
  });
  return commands;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const control::Commands commands = make_commands();
  const std::string_view line{reinterpret_cast<const char*>(data), size};
  const std::string answer = commands.answer(line, kPeer);
  require(answer.find('\n') == std::string::npos);
  require(commands.answer(line, kPeer) == answer);
  // No exception: what a client reads is JSON, though the line was none.
  const json parsed = json::parse(answer, nullptr, false);
  require(parsed.is_object() && parsed.contains("ok") && parsed["ok"].is_boolean());
  if (!parsed["ok"].get<bool>()) {
    require(!certbound::string_member(parsed["error"], "code").empty());
    require(!certbound::string_member(parsed["error"], "message").empty());
    return 0;
  }
  require(parsed["result"].is_object());
  const auto given = parsed["result"].find("given");
  if (given == parsed["result"].end()) return 0;
  require(given->is_object());
  require(commands.answer(control::render_request("echo", *given), kPeer) == answer);
  return 0;
}
