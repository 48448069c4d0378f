#include "config/reader.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/expand.hpp"
#include "config/scalar.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kNoValue = "has no value; write one, or remove the key";

std::string_view describe_kind(NodeKind kind) {
  switch (kind) {
    case NodeKind::scalar:
      return "a single value";
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
    case NodeKind::invalid:
      break;
  }
  return "something else";
}

std::string describe_options(const Table& table) {
  constexpr std::size_t kMostListed = 8;
  if (table.options.size() > kMostListed) return "remove it; docs/CONFIG.md has the options";
  std::string out;
  for (const Option& option : table.options) {
    if (!out.empty()) out += ", ";
    out += option.key;
  }
  out.insert(0, table.options.size() == 1 ? "the only option here is " : "the options here are ");
  return out;
}

bool is_null(const Node& node) { return node.kind == NodeKind::scalar && !node.quoted && looks_like_null(node.text); }

}  // namespace

std::string describe(const Spot& spot) {
  return spot.source->name() + ":" + std::to_string(spot.mark.line) + ":" + std::to_string(spot.mark.column);
}

std::optional<Reader::Scalar> Reader::read_scalar(const Node& node, std::string_view expected) {
  if (node.kind == NodeKind::invalid) return std::nullopt;
  if (node.kind != NodeKind::scalar) {
    complain(node, std::string{describe_kind(node.kind)} + " stands where " + std::string{expected} + " is expected");
    return std::nullopt;
  }
  if (is_null(node)) {
    complain(node, std::string{kNoValue});
    return std::nullopt;
  }
  if (node.text.find("${") == std::string_view::npos) return Scalar{std::string{node.text}, !node.quoted};
  Expansion expansion = expand(node.text, session_.surroundings);
  if (!expansion.problem.empty()) {
    complain(node, std::move(expansion.problem));
    return std::nullopt;
  }
  if (!is_utf8(expansion.text)) {
    complain(node, "the environment variable holds something else than UTF-8");
    return std::nullopt;
  }
  // A number from the environment needs quotes in JSON and in [lists]: there it is no text for that.
  return Scalar{std::move(expansion.text), !node.quoted || expansion.has_variables};
}

std::optional<std::string> Reader::read_text(const Node& node) {
  auto scalar = read_scalar(node, "text");
  if (!scalar) return std::nullopt;
  const bool is_literal = !node.quoted && scalar->text == node.text;
  if (is_literal && (looks_like_number(scalar->text) || looks_like_boolean(scalar->text))) {
    complain(node, std::string{node.text} + " is " + (looks_like_boolean(node.text) ? "a boolean" : "a number") +
                       " where text is expected; write it in quotes: " + in_quotes(node.text));
    return std::nullopt;
  }
  if (scalar->text.empty()) {
    complain(node, "is empty; write a value, or remove the key");
    return std::nullopt;
  }
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; };
  if (std::any_of(scalar->text.begin(), scalar->text.end(), is_control)) {
    complain(node, "holds a line end or another control character; write it on one line");
    return std::nullopt;
  }
  return std::move(scalar->text);
}

std::optional<bool> Reader::read_boolean(const Node& node) {
  const auto scalar = read_scalar(node, "true or false");
  if (!scalar) return std::nullopt;
  if (scalar->is_plain && scalar->text == "true") return true;
  if (scalar->is_plain && scalar->text == "false") return false;
  complain(node, in_quotes(node.text) + " is not a boolean; write true or false, without quotes");
  return std::nullopt;
}

std::optional<std::int64_t> Reader::read_integer(const Node& node, Range range) {
  const auto scalar = read_scalar(node, "a whole number");
  if (!scalar) return std::nullopt;
  const auto value = scalar->is_plain ? parse_decimal(scalar->text) : std::nullopt;
  if (value && *value >= range.minimum && *value <= range.maximum) return value;
  complain(node, in_quotes(node.text) + (value ? " is out of range" : " is not a whole number") +
                     "; write a number from " + std::to_string(range.minimum) + " to " + std::to_string(range.maximum));
  return std::nullopt;
}

std::optional<std::int64_t> Reader::read_size(const Node& node, Range range) {
  const auto scalar = read_scalar(node, "a size");
  if (!scalar) return std::nullopt;
  const auto value = parse_size(scalar->text);
  const bool is_quoted_number = value && !scalar->is_plain && parse_decimal(scalar->text);
  if (value && !is_quoted_number && *value >= range.minimum && *value <= range.maximum) return value;
  complain(node,
           in_quotes(node.text) +
               (value && !is_quoted_number ? " is out of range" : " is not a size; write for example 16384 or 16KiB") +
               "; from " + render_size(range.minimum) + " to " + render_size(range.maximum));
  return std::nullopt;
}

std::optional<std::chrono::seconds> Reader::read_duration(const Node& node, Range range) {
  const auto scalar = read_scalar(node, "a duration");
  if (!scalar) return std::nullopt;
  const auto value = parse_duration(scalar->text);
  if (!value) {
    complain(node, in_quotes(node.text) + " is not a duration; write for example 15s, 5m or 1h");
    return std::nullopt;
  }
  if (*value >= range.minimum && *value <= range.maximum) return std::chrono::seconds{*value};
  complain(node, in_quotes(node.text) + " is out of range; write a duration from " + render_duration(range.minimum) +
                     " to " + render_duration(range.maximum));
  return std::nullopt;
}

std::optional<std::size_t> Reader::read_choice(const Node& node, const std::vector<std::string_view>& choices) {
  const auto value = read_text(node);
  if (!value) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  std::string message = in_quotes(node.text) + " is not known here; write ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) message += i + 1 < choices.size() ? ", " : " or ";
    message += choices[i];
  }
  complain(node, std::move(message));
  return std::nullopt;
}

std::optional<std::filesystem::path> Reader::read_path(const Node& node) {
  const auto text = read_text(node);
  if (!text) return std::nullopt;
  return session_.named.files.emplace_back((source_.directory() / *text).lexically_normal());
}

bool Reader::expect_map(const Node& node) {
  if (node.kind == NodeKind::map) return true;
  if (node.kind == NodeKind::invalid) return false;
  complain(node, is_null(node) ? std::string{kNoValue}
                               : std::string{describe_kind(node.kind)} +
                                     " stands where a map is expected; write its options as KEY: VALUE, indented");
  return false;
}

bool Reader::expect_list(const Node& node) {
  if (node.kind == NodeKind::list) return true;
  if (node.kind == NodeKind::invalid) return false;
  complain(node, is_null(node)
                     ? "has no value; write [] for an empty list, or remove the key"
                     : std::string{describe_kind(node.kind)} +
                           " stands where a list is expected; start each member with a dash, or write [a, b]");
  return false;
}

void Reader::refuse_unknown(const Table& table, const Node& member) {
  std::string message;
  if (table.main_file != nullptr && find_option(*table.main_file, member.key)) {
    message = "not allowed in an included file; move it to the main file";
  } else {
    std::vector<std::string_view> known;
    for (const Option& option : table.options) known.push_back(option.key);
    const std::string_view close = nearest(member.key, known);
    message = close.empty() ? "unknown option; " + describe_options(table)
                            : "unknown option; did you mean " + std::string{close} + "?";
  }
  const Step step{*this, member.key};
  Mark end = member.key_start;
  end.column += static_cast<std::uint32_t>(std::min<std::size_t>(member.key.size(), 80));
  session_.report.add(source_, member.key_start, end, path(Labels::shown), std::move(message));
}

void Reader::refuse_missing(const Table& table, const Node& node) {
  for (const Option& option : table.options) {
    if (option.need != Need::required || node.find(option.key) != nullptr) continue;
    std::string message = "required, but missing";
    if (!option.sample.empty())
      message += "; write for example " + std::string{option.key} + ": " + std::string{option.sample};
    if (option.sample.empty()) message += "; see docs/CONFIG.md";
    complain_of(option.key, node, std::move(message));
  }
}

void Reader::complain(const Node& node, std::string message, Severity severity) {
  session_.report.add(source_, node.start, node.end, path(Labels::shown), std::move(message), severity);
}

void Reader::complain_of(std::string_view key, const Node& node, std::string message, Severity severity) {
  const Step step{*this, key};
  session_.report.add(source_, node.start, node.start, path(Labels::shown), std::move(message), severity);
}

ValuePlace Reader::place_of(std::string_view key, const Node& node) {
  const Step step{*this, key};
  return {&source_, node.start, node.end, path(Labels::shown)};
}

ValuePlace Reader::place_of(const Node& node) { return {&source_, node.start, node.end, path(Labels::shown)}; }

static std::string claim_key(std::string_view kind, std::string_view name) {
  std::string key{kind};
  key.push_back('\0');
  key += name;
  return key;
}

bool Reader::is_claimed(const Session& session, std::string_view kind, std::string_view name) {
  return session.claims.find(claim_key(kind, name)) != session.claims.end();
}

bool Reader::claim(std::string_view kind, std::string_view name, const Node& node) {
  const auto [entry, is_new] = session_.claims.emplace(claim_key(kind, name), Spot{&source_, node.start});
  if (!is_new)
    complain(node, in_quotes(node.kind == NodeKind::scalar ? node.text : name) + " stands twice; the first is at " +
                       describe(entry->second) + ", remove one");
  return is_new;
}

void Reader::record_place(const Node& node) {
  // Lists of an included file start at 0 again, so only what has a name of its own can be found by its path. Clients
  // are many: their places are kept in Config::client_places.
  const bool is_named = source_.is_main() ? steps_.front().key != "clients" : steps_.front().key == "trust_stores";
  if (!is_named) return;
  session_.places.emplace(path(Labels::hidden), Place{source_.name(), static_cast<int>(node.start.line),
                                                      static_cast<int>(node.start.column)});
}

std::string Reader::path(Labels labels) const {
  std::string out;
  bool is_after_label = false;
  for (const PathStep& step : steps_) {
    if (step.index >= 0) {
      out += "[" + std::to_string(step.index) + "]";
      is_after_label = labels == Labels::shown && !step.label.empty();
      if (is_after_label) out += " (" + printable(step.label.substr(0, 80)) + ")";
      continue;
    }
    if (!out.empty()) out += is_after_label ? ": " : ".";
    out += step.key;
    is_after_label = false;
  }
  return out;
}

}  // namespace certbound::config
