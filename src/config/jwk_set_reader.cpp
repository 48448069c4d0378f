#include "config/jwk_set_reader.hpp"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace certbound::config {

namespace {

/// A scalar that is no text: YAML 1.2 core schema as far as JSON has it.
nlohmann::json jwk_scalar(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (nlohmann::json::accept(text.begin(), text.end())) return nlohmann::json::parse(text.begin(), text.end());
  return std::string{text};
}

/// Nothing where a scalar names a variable that is not set; that is reported. What is no value is left out.
std::optional<nlohmann::json> to_json(Reader& reader, const Node& node) {
  switch (node.kind) {
    case NodeKind::scalar: {
      const auto scalar = reader.read_scalar(node, "a value");
      if (!scalar) return std::nullopt;
      const bool is_literal = !node.quoted && scalar->text == node.text;
      return is_literal ? jwk_scalar(scalar->text) : nlohmann::json(scalar->text);
    }
    case NodeKind::list: {
      nlohmann::json out = nlohmann::json::array();
      for (const Node& member : node.children()) {
        auto value = to_json(reader, member);
        if (!value) return std::nullopt;
        out.push_back(*std::move(value));
      }
      return out;
    }
    case NodeKind::map: {
      nlohmann::json out = nlohmann::json::object();
      for (const Node& member : node.children()) {
        if (member.kind == NodeKind::invalid) continue;  // reported where it was read
        auto value = to_json(reader, member);
        if (!value) return std::nullopt;
        out[std::string{member.key}] = *std::move(value);
      }
      return out;
    }
    case NodeKind::invalid:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<jose::Jwk>> read_jwk_set(Reader& reader, const Node& node) {
  if (!reader.expect_map(node)) return std::nullopt;
  const auto json = to_json(reader, node);
  if (!json) return std::nullopt;
  auto keys = jose::parse_jwk_set(*json);
  if (!keys) {
    reader.complain(node, "not a JWK Set: " + keys.error().detail);
    return std::nullopt;
  }
  if (keys->empty()) reader.complain(node, "holds no key of a known kind (EC, RSA, OKP); add one");
  return *std::move(keys);
}

void refuse_option(Reader& reader, const Node& client, std::string_view key, std::string_view method) {
  const Node* place = client.find(key);
  if (place == nullptr) return;
  reader.complain_of(key, *place,
                     "not used with " + std::string{method} + "; remove it, or change token_endpoint_auth_method");
}

void refuse_two_key_sets(Reader& reader, const Node& client) {
  const Node* uri = client.find("jwks_uri");
  if (uri == nullptr || client.find("jwks") == nullptr) return;
  reader.complain_of("jwks_uri", *uri, "stands beside jwks; a client has one of the two (RFC 7591 section 2)");
}

}  // namespace certbound::config
