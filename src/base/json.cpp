#include "base/json.hpp"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace certbound {

namespace {

/// Builds the value by nlohmann's SAX events, so that a repeated name or too deep a nesting stops the parse where it
/// stands.
class StrictBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  StrictBuilder(nlohmann::json& root, int max_depth) : builder_{root, false}, max_depth_{max_depth} {}

  bool null() override { return builder_.null(); }
  bool boolean(bool value) override { return builder_.boolean(value); }
  bool number_integer(number_integer_t value) override { return builder_.number_integer(value); }
  bool number_unsigned(number_unsigned_t value) override { return builder_.number_unsigned(value); }
  bool number_float(number_float_t value, const string_t& text) override { return builder_.number_float(value, text); }
  bool string(string_t& value) override { return builder_.string(value); }
  bool binary(binary_t& value) override { return builder_.binary(value); }

  bool start_object(std::size_t size) override {
    names_.emplace_back();
    return open() && builder_.start_object(size);
  }
  bool key(string_t& name) override {
    if (!names_.back().insert(name).second) return refuse("the member \"" + name + "\" stands twice");
    return builder_.key(name);
  }
  bool end_object() override {
    names_.pop_back();
    --depth_;
    return builder_.end_object();
  }
  bool start_array(std::size_t size) override { return open() && builder_.start_array(size); }
  bool end_array() override {
    --depth_;
    return builder_.end_array();
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return refuse("not JSON at octet " + std::to_string(position));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool open() {
    if (++depth_ > max_depth_) return refuse("nested deeper than " + std::to_string(max_depth_));
    return true;
  }
  bool refuse(std::string why) {
    problem_ = std::move(why);
    return false;
  }

  nlohmann::detail::json_sax_dom_parser<nlohmann::json> builder_;
  std::vector<std::set<std::string>> names_;
  std::string problem_;
  int max_depth_;
  int depth_ = 0;
};

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.max_bytes) {
    return invalid_input("JSON of " + std::to_string(text.size()) + " octets; at most " +
                         std::to_string(limits.max_bytes) + " are read");
  }
  // The library takes a NUL for the end of the text and would not see what is behind it.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return invalid_input("not JSON at octet " + std::to_string(nul));
  }
  // The library passes over it; a text has one spelling here.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return invalid_input("not JSON: a byte order mark stands before it");
  nlohmann::json value;
  StrictBuilder builder{value, limits.max_depth};
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return invalid_input(builder.problem().empty() ? "not JSON" : builder.problem());
  }
  return value;
}

std::string_view string_member(const nlohmann::json& object, std::string_view name) {
  if (!object.is_object()) return {};
  const auto found = object.find(std::string{name});
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

std::optional<std::chrono::sys_seconds> parse_numeric_date(const nlohmann::json& value, Rounding rounding) {
  constexpr double kEndOfTime = 253402300799;  // of the year 9999: later is no date but a mistake
  if (!value.is_number()) return std::nullopt;
  const auto seconds = value.get<double>();
  if (!(seconds >= 0 && seconds <= kEndOfTime)) return std::nullopt;
  const double whole = rounding == Rounding::down ? std::floor(seconds) : std::ceil(seconds);
  return std::chrono::sys_seconds{std::chrono::seconds{static_cast<long long>(whole)}};
}

std::string dump_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace certbound
