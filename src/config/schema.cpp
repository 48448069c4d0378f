#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "config/generated.hpp"
#include "config/options.hpp"

namespace certbound::config {

namespace {

/// Keeps the order of the table.
using Json = nlohmann::ordered_json;

constexpr std::string_view kVariable = R"(\$\{[A-Za-z_][A-Za-z0-9_]*\})";

Json section_schema(const Table& table);
Json shape_schema(const Shape& shape);

/// Whatever the option wants, a text with ${NAME} in it may become it.
Json or_variable(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), {{"$ref", "#/definitions/variable"}}})}};
}

Json text_schema(std::string_view pattern) {
  if (pattern.empty()) return {{"type", "string"}, {"minLength", 1}};
  return {{"type", "string"}, {"pattern", "^(" + std::string{pattern} + ")$|" + std::string{kVariable}}};
}

Json integer_schema(Range range) {
  return {{"type", "integer"}, {"minimum", range.minimum}, {"maximum", range.maximum}};
}

Json size_schema(Range range) {
  const Json with_unit = {{"type", "string"}, {"pattern", "^(0|[1-9][0-9]*)(KiB|MiB)$"}};
  return {{"anyOf", Json::array({integer_schema(range), with_unit, {{"$ref", "#/definitions/variable"}}})}};
}

Json list_schema(const Shape& shape) {
  Json out = {{"type", "array"}, {"items", shape_schema(shape.element.front())}};
  if (shape.minimum_count > 0) out["minItems"] = shape.minimum_count;
  return out;
}

Json map_schema(const Table& members) {
  return {{"type", "object"},
          {"propertyNames", {{"pattern", "^[A-Za-z0-9._-]{1,64}$"}}},
          {"additionalProperties", section_schema(members)}};
}

Json jwk_set_schema() {
  const Json key = {{"type", "object"}, {"required", {"kty"}}};
  return {{"type", "object"},
          {"required", {"keys"}},
          {"properties", {{"keys", {{"type", "array"}, {"items", key}, {"minItems", 1}}}}}};
}

Json shape_schema(const Shape& shape) {
  switch (shape.kind) {
    case Kind::text:
      return text_schema(shape.pattern);
    case Kind::path:
      return text_schema({});
    case Kind::boolean:
      return or_variable({{"type", "boolean"}});
    case Kind::integer:
      return or_variable(integer_schema(shape.range));
    case Kind::size:
      return size_schema(shape.range);
    case Kind::duration:
      return text_schema("(0|[1-9][0-9]*)[smhd]");
    case Kind::choice:
      return or_variable({{"enum", shape.choices}});
    case Kind::list:
      return list_schema(shape);
    case Kind::section:
      return section_schema(*shape.members);
    case Kind::map:
      return map_schema(*shape.members);
    case Kind::jwk_set:
      return jwk_set_schema();
    case Kind::ocsp:
      return or_variable({{"anyOf", Json::array({{{"type", "boolean"}},
                                                 {{"const", "from_certificate"}},
                                                 text_schema("https?://[^/?#@]+[^#]*")})}});
  }
  return {};
}

/// The default as JSON: what stands in YAML flow style here is JSON but for the quotes.
Json default_value(const Option& option) {
  if (option.shape.kind == Kind::boolean || option.shape.kind == Kind::ocsp) return option.fallback == "true";
  if (option.shape.kind == Kind::integer) return std::stoll(option.fallback);
  if (option.shape.kind != Kind::list) return option.fallback;
  const std::string inside = option.fallback.substr(1, option.fallback.size() - 2);
  return inside.empty() ? Json::array() : Json::array({inside});
}

Json option_schema(const Option& option) {
  Json out = {{"description", option.comment}};
  if (!option.fallback.empty()) out["default"] = default_value(option);
  out.update(shape_schema(option.shape));
  return out;
}

Json section_schema(const Table& table) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Option& option : table.options) {
    properties[std::string{option.key}] = option_schema(option);
    if (option.need == Need::required) required.push_back(option.key);
  }
  Json out = {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  if (!table.rules.empty()) out.update(Json::parse(table.rules));
  return out;
}

/// One schema for both kinds of file: what only the main file may hold makes a file the main one, and then what is
/// required there is required. A file without any of it is an included one.
Json file_schema(const Table& main_file) {
  Json out = section_schema(main_file);
  Json only_main = Json::array();
  for (const Option& option : main_file.options) {
    if (option.home == Home::main_file) only_main.push_back({{"required", Json::array({option.key})}});
  }
  out["if"] = {{"anyOf", std::move(only_main)}};
  out["then"] = {{"required", std::move(out["required"])}};
  out.erase("required");
  return out;
}

}  // namespace

std::string write_schema() {
  Json out = {{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "certbound configuration: the main file, or one that it includes"},
              {"definitions", {{"variable", {{"type", "string"}, {"pattern", kVariable}}}}}};
  out.update(file_schema(config_section().table()));
  return out.dump(2) + "\n";
}

}  // namespace certbound::config
