#include "token_check.hpp"

#include <algorithm>
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

nlohmann::json decode_payload(std::string_view token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  const auto octets = base64url_decode(token.substr(first + 1, second - first - 1));
  if (!octets) return {};
  return nlohmann::json::parse(octets->begin(), octets->end(), nullptr, /*allow_exceptions=*/false);
}
}  // namespace

Fault check_token_shape(std::string_view body) {
  const auto member = body.find(kMember);
  const auto last = body.find_last_not_of("\r\n ");
  if (!body.starts_with('{') || last == std::string_view::npos || body[last] != '}') return Fault::token_shape;
  if (member == std::string_view::npos) return Fault::token_shape;
  const auto open = body.find('"', member + kMember.size());
  const auto close = open == std::string_view::npos ? open : body.find('"', open + 1);
  if (close == std::string_view::npos) return Fault::token_shape;
  const std::string_view token = body.substr(open + 1, close - open - 1);
  return std::count(token.begin(), token.end(), '.') == 2 ? Fault::none : Fault::token_shape;
}

Fault check_token_binding(std::string_view body, std::string_view thumbprint, std::string_view client_id) {
  const auto answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const std::string token = text_member(answer, "access_token");
  const auto claims = decode_payload(token);
  if (!claims.is_object()) return Fault::token_shape;
  const auto cnf = claims.find("cnf");
  if (cnf == claims.end() || text_member(*cnf, "x5t#S256") != thumbprint) return Fault::token_binding;
  if (!client_id.empty() && text_member(claims, "client_id") != client_id) return Fault::token_client;
  return Fault::none;
}

}  // namespace certbound::load
