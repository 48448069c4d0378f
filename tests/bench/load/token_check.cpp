#include "token_check.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/base64url.hpp"

namespace certbound::load {

namespace {
constexpr std::string_view kMember = "\"access_token\"";

std::string text_member(const nlohmann::json& object, const char* member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string_view type_of(const Binding& expected) { return expected.jkt.empty() ? "Bearer" : "DPoP"; }

/// The access token of an answer that is a JSON object; empty where there is none.
std::string_view find_token(std::string_view body) {
  const auto member = body.find(kMember);
  const auto last = body.find_last_not_of("\r\n ");
  if (!body.starts_with('{') || last == std::string_view::npos || body[last] != '}') return {};
  if (member == std::string_view::npos) return {};
  const auto open = body.find('"', member + kMember.size());
  const auto close = open == std::string_view::npos ? open : body.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  return body.substr(open + 1, close - open - 1);
}

std::optional<Bytes> decode_payload(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  return base64url_decode(token.substr(first + 1, second - first - 1));
}

/// Does `claims` have the text member with that value or, where that is empty, no such member?
bool has_member(std::string_view claims, std::string_view name, std::string_view value) {
  std::string text = '"' + std::string{name} + "\":";
  if (value.empty()) return claims.find(text) == std::string_view::npos;
  text.append(1, '"').append(value).append(1, '"');
  return claims.find(text) != std::string_view::npos;
}

nlohmann::json to_cnf(const Binding& expected) {
  nlohmann::json cnf = nlohmann::json::object();
  if (!expected.x5t_s256.empty()) cnf["x5t#S256"] = expected.x5t_s256;
  if (!expected.jkt.empty()) cnf["jkt"] = expected.jkt;
  return cnf;
}
}  // namespace

Fault check_token_text(std::string_view body, const Binding& expected) {
  const std::string_view token = find_token(body);
  if (std::count(token.begin(), token.end(), '.') != 2) return Fault::token_shape;
  if (!has_member(body, "token_type", type_of(expected))) return Fault::token_type;
  const auto payload = decode_payload(token);
  if (!payload) return Fault::token_shape;
  const std::string_view claims{reinterpret_cast<const char*>(payload->data()), payload->size()};
  const bool is_bound = !expected.x5t_s256.empty() || !expected.jkt.empty();
  if (!is_bound && !has_member(claims, "cnf", {})) return Fault::token_binding;
  if (!has_member(claims, "x5t#S256", expected.x5t_s256) || !has_member(claims, "jkt", expected.jkt))
    return Fault::token_binding;
  return Fault::none;
}

Fault check_token_claims(std::string_view body, const Binding& expected, std::string_view client_id) {
  const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const std::string token = text_member(answer, "access_token");
  if (text_member(answer, "token_type") != type_of(expected)) return Fault::token_type;
  const auto payload = decode_payload(token);
  if (!payload) return Fault::token_shape;
  const auto claims = nlohmann::json::parse(payload->begin(), payload->end(), nullptr, /*allow_exceptions=*/false);
  if (!claims.is_object()) return Fault::token_shape;
  const auto cnf = to_cnf(expected);
  if (cnf.empty() ? claims.contains("cnf") : !claims.contains("cnf") || claims.at("cnf") != cnf)
    return Fault::token_binding;
  if (!client_id.empty() && text_member(claims, "client_id") != client_id) return Fault::token_client;
  return Fault::none;
}

}  // namespace certbound::load
