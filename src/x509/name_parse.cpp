#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name.hpp"
#include "x509/name_text.hpp"
#include "x509/name_value.hpp"
#include "x509/string_prep.hpp"

namespace certbound::x509 {

namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_type_character(char c) { return is_alpha(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

std::string quoted(std::string_view text) {
  // The text is the operator's own, but it goes to a terminal.
  return is_printable_ascii(text) ? "'" + std::string{text} + "'" : json_quoted(text);
}

/// A recursive descent over one string. Positions are octets, counted from 1.
class NameReader {
 public:
  NameReader(std::string_view text, NameSyntax syntax) : text_{text}, syntax_{syntax} {}

  Result<NameText> read() {
    skip_blanks();
    if (is_at_end()) return fail("the distinguished name is empty");
    NameText name;
    name.is_spaced = true;
    for (bool is_same_rdn = false;;) {
      auto attribute = read_attribute();
      if (!attribute) return std::move(attribute).error();
      if (!is_same_rdn) name.rdns.emplace_back();
      name.rdns.back().push_back(std::move(*attribute));
      if (!stars_.empty()) name.starred.push_back({name.rdns.size() - 1, name.rdns.back().size() - 1, stars_});
      name.is_spaced = name.is_spaced && is_equals_spaced_;
      if (is_at_end()) return name;
      is_same_rdn = text_[at_] == '+';
      const char separator = text_[at_++];
      skip_blanks();
      if (is_at_end()) return fail(std::string{"nothing follows the last '"} + separator + "'");
    }
  }

 private:
  [[nodiscard]] bool is_at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] bool is_lenient() const { return syntax_ == NameSyntax::quoted; }
  [[nodiscard]] bool is_pattern() const { return syntax_ == NameSyntax::pattern; }
  [[nodiscard]] bool is_separator(char c) const { return c == ',' || c == '+' || (is_lenient() && c == ';'); }
  void skip_blanks() {
    while (!is_at_end() && text_[at_] == ' ') ++at_;
  }
  [[nodiscard]] Error fail(const std::string& what) const { return fail_at(at_, what); }
  [[nodiscard]] static Error fail_at(std::size_t at, const std::string& what) {
    return invalid_input("position " + std::to_string(at + 1) + ": " + what);
  }

  Result<NameAttribute> read_attribute() {
    stars_.clear();
    auto oid = read_type();
    if (!oid) return std::move(oid).error();
    const bool is_blank_before = at_ > 0 && text_[at_ - 1] == ' ';
    ++at_;  // the '='
    is_equals_spaced_ = is_blank_before && !is_at_end() && text_[at_] == ' ';
    skip_blanks();
    const std::size_t start = at_;
    auto attribute = read_value(std::move(*oid));
    if (!attribute) return std::move(attribute).error();
    if (attribute->is_string && !attribute->comparable) return fail_at(start, reason_of(*attribute));
    if (!is_at_end() && !is_separator(text_[at_])) return fail("expected ',' or '+' after the value");
    return attribute;
  }

  /// Reads up to the `=`, which it leaves.
  Result<std::string> read_type() {
    const std::size_t start = at_;
    while (!is_at_end() && is_type_character(text_[at_])) ++at_;
    const std::string_view type = text_.substr(start, at_ - start);
    skip_blanks();
    if (type.empty() && is_pattern() && !is_at_end() && text_[at_] == '*') {
      return fail("a '*' cannot stand for an attribute type");
    }
    if (type.empty()) return fail_at(start, "expected TYPE=value, for example CN=etl-01");
    if (is_at_end() || text_[at_] != '=') return fail("expected '=' after " + quoted(type));
    auto oid = find_oid(type);
    if (!oid) return fail_at(start, oid.error().detail);
    return std::move(*oid);
  }

  [[nodiscard]] Result<std::string> find_oid(std::string_view type) const {
    const bool has_prefix = type.size() > 4 && ascii_iequals(type.substr(0, 4), "OID.");
    if (has_prefix && is_lenient()) type.remove_prefix(4);
    if (is_dotted_oid(type)) return std::string{type};
    if (const auto oid = find_attribute_oid(type)) return std::string{*oid};
    std::string what = "unknown attribute type " + quoted(type);
    const std::string_view near = nearest_attribute_keyword(type);
    if (has_prefix) {
      what += "; write the OID without 'OID.'";
    } else if (!near.empty()) {
      what += "; did you mean " + std::string{near} + "?";
    } else {
      what += "; write its dotted OID";
    }
    return invalid_input(what);
  }

  Result<NameAttribute> read_value(std::string oid) {
    const std::size_t start = at_;
    if (!is_at_end() && text_[at_] == '#') return read_hex(std::move(oid));
    auto text = is_lenient() && !is_at_end() && text_[at_] == '"' ? read_quoted() : read_string();
    if (!text) return std::move(text).error();
    auto attribute = make_text_attribute(std::move(oid), std::move(*text));
    if (!attribute) return fail_at(start, attribute.error().detail);
    return attribute;
  }

  Result<NameAttribute> read_hex(std::string oid) {
    const std::size_t start = at_++;
    while (!is_at_end() && text_[at_] != ' ' && !is_separator(text_[at_])) ++at_;
    const auto octets = hex_decode(text_.substr(start + 1, at_ - start - 1));
    skip_blanks();
    if (!octets || octets->empty()) {
      return fail_at(
          start, "'#' begins a value in hexadecimal, two digits to the octet; write \\# where the character is meant");
    }
    auto attribute = make_ber_attribute(std::move(oid), *octets);
    if (!attribute) return fail_at(start, attribute.error().detail);
    return attribute;
  }

  /// Up to an unescaped separator; unescaped blanks at the end do not belong to the value.
  Result<std::string> read_string() {
    std::string value;
    std::size_t kept = 0;
    while (!is_at_end() && !is_separator(text_[at_])) {
      const char c = text_[at_];
      if (c == '\\') {
        if (auto done = read_pair(value); !done) return std::move(done).error();
        kept = value.size();
        continue;
      }
      if (std::string_view{"\";<>"}.find(c) != std::string_view::npos) {
        return fail(std::string{"'"} + c + "' inside a value is written \\" + c);
      }
      if (c == '*' && is_pattern()) stars_.push_back({value.size(), at_});
      value.push_back(c);
      if (c != ' ') kept = value.size();
      ++at_;
    }
    value.resize(kept);
    return value;
  }

  Result<std::string> read_quoted() {
    const std::size_t start = at_++;
    std::string value;
    while (!is_at_end() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        if (auto done = read_pair(value); !done) return std::move(done).error();
        continue;
      }
      value.push_back(text_[at_++]);
    }
    if (is_at_end()) return fail_at(start, "the quote is not closed");
    ++at_;
    skip_blanks();
    return value;
  }

  /// `\` and one special character, or `\` and two hexadecimal digits.
  Result<void> read_pair(std::string& value) {
    const std::size_t start = at_++;
    if (is_at_end()) return fail_at(start, "'\\' at the end; write \\\\ where the character is meant");
    const char c = text_[at_];
    if (std::string_view{"\\\"+,;<> #="}.find(c) != std::string_view::npos || (c == '*' && is_pattern())) {
      value.push_back(c);
      ++at_;
      return {};
    }
    const auto octet = hex_decode(text_.substr(at_, 2));
    if (!octet || octet->size() != 1) {
      return fail_at(start, "'\\' stands before one of \" + , ; < > # = blank \\ or two hexadecimal digits");
    }
    value.push_back(static_cast<char>(octet->front()));
    at_ += 2;
    return {};
  }

  [[nodiscard]] static std::string reason_of(const NameAttribute& attribute) {
    const std::string type{attribute_name(attribute.oid)};
    if (attribute.text.find_first_not_of(' ') == std::string::npos) return "the value of " + type + " is empty";
    if (!is_printable_ascii(attribute.text) &&
        (attribute.oid == kDomainComponentOid || attribute.oid == kEmailAddressOid)) {
      return "the value of " + type + " must be ASCII; write an international domain name in its xn-- form";
    }
    return "the value of " + type + " cannot be compared: it has a character that Unicode 3.2 does not know or that " +
           "RFC 4518 prohibits, or it is too long";
  }

  std::string_view text_;
  NameSyntax syntax_;
  std::size_t at_ = 0;
  bool is_equals_spaced_ = false;
  std::vector<Star> stars_;  ///< of the value that is being read
};

}  // namespace

Result<NameText> parse_name_text(std::string_view text, NameSyntax syntax) { return NameReader{text, syntax}.read(); }

bool has_openssl_order(const NameText& name) { return name.is_spaced && runs_downwards(name.rdns); }

Error openssl_order_error(const std::string& right) {
  return invalid_input(
      "this looks like the default output of openssl, which prints a name in the reverse of the order of RFC 4514; "
      "write " +
      right + " (or, where this very order is meant, no blanks around '=')");
}

Error explain_foreign_form(Error error, std::string_view text) {
  if (const auto converted = convert_openssl_name(text)) {
    error.detail += "; this is not RFC 4514 but another program's form of a name; write " + *converted;
  }
  return error;
}

Result<Name> Name::parse(std::string_view rfc4514) {
  auto parsed = parse_name_text(rfc4514, NameSyntax::rfc4514);
  if (!parsed) return explain_foreign_form(std::move(parsed).error(), rfc4514);
  if (has_openssl_order(*parsed)) return openssl_order_error(render_rdns(parsed->rdns));
  std::reverse(parsed->rdns.begin(), parsed->rdns.end());
  return Name{std::move(parsed->rdns)};
}

}  // namespace certbound::x509
