#include "control/commands.hpp"

#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/log.hpp"

namespace certbound::control {

namespace {

struct ParsedRequest {
  std::string verb;
  nlohmann::json arguments = nlohmann::json::object();
};

Result<ParsedRequest> parse_request(std::string_view line) {
  auto request = parse_json(line);
  if (!request) return std::move(request).error();
  if (!request->is_object()) return invalid_input("a request is a JSON object with verb and arguments");
  ParsedRequest parsed;
  for (auto& [name, value] : request->items()) {
    if (name == "verb" && value.is_string()) {
      parsed.verb = value.get<std::string>();
    } else if (name == "arguments" && value.is_object()) {
      parsed.arguments = std::move(value);
    } else {
      return invalid_input("a request is a JSON object with verb (a string) and arguments (an object)");
    }
  }
  if (parsed.verb.empty()) return invalid_input("a request without verb");
  return parsed;
}

}  // namespace

void Commands::add(std::string verb, Handler handler) {
  add(std::move(verb), PeerHandler{[handler = std::move(handler)](const nlohmann::json& arguments, const Peer&) {
        return handler(arguments);
      }});
}

void Commands::add(std::string verb, PeerHandler handler) {
  handlers_.insert_or_assign(std::move(verb), std::move(handler));
}

Result<nlohmann::json> Commands::run(const std::string& verb, const nlohmann::json& arguments, const Peer& peer) const {
  const auto found = handlers_.find(verb);
  if (found == handlers_.end()) {
    return invalid_input("this server has no command " + verb + "; is it of another version than this program?");
  }
  std::string fault;
  try {
    return found->second(arguments, peer);
  } catch (const std::exception& exception) {
    fault = exception.what();
  }
  return internal_error(std::move(fault));
}

std::string Commands::answer(std::string_view line, const Peer& peer) const {
  auto request = parse_request(line);
  if (!request) {
    log::warning("command_refused", {{"detail", request.error().detail}});
    return render_refusal(request.error());
  }
  const auto result = run(request->verb, request->arguments, peer);
  if (!result) {
    log::warning("command_failed", {{"name", request->verb}, {"detail", result.error().detail}});
    return render_refusal(result.error());
  }
  log::info("command_done", {{"name", request->verb},
                             {"uid", static_cast<long long>(peer.user)},
                             {"pid", static_cast<long long>(peer.process)}});
  return dump_json({{"ok", true}, {"result", *result}});
}

std::string render_request(std::string_view verb, const nlohmann::json& arguments) {
  return dump_json({{"verb", verb}, {"arguments", arguments}});
}

std::string render_refusal(const Error& error) {
  return dump_json({{"ok", false}, {"error", {{"code", name(error.code)}, {"message", error.detail}}}});
}

}  // namespace certbound::control
