#include "config/expand.hpp"

#include <algorithm>
#include <optional>

#include "config/problem.hpp"

namespace certbound::config {

namespace {

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

Expansion expand(std::string_view text, const Surroundings& surroundings) {
  Expansion out;
  for (;;) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) break;
    out.text += text.substr(0, dollar);
    if (dollar > 0 && text[dollar - 1] == '$') {
      // `$${`: the first dollar sign is there already.
      out.text.push_back('{');
      text.remove_prefix(dollar + 2);
      continue;
    }
    const std::size_t end = text.find('}', dollar);
    const std::string name{end == std::string_view::npos ? std::string_view{}
                                                         : text.substr(dollar + 2, end - dollar - 2)};
    if (!is_variable_name(name)) {
      out.problem = "${ starts the name of an environment variable; write ${NAME}, or $${ for the characters ${";
      return out;
    }
    const std::optional<std::string> value = surroundings.environment(name);
    if (!value) {
      out.problem = "the environment variable " + printable(name) + " is not set; set it, or write the value";
      return out;
    }
    out.text += *value;
    out.has_variables = true;
    text.remove_prefix(end + 1);
  }
  out.text += text;
  return out;
}

}  // namespace certbound::config
