#include "x509/subject_pattern.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name_text.hpp"
#include "x509/name_value.hpp"

namespace certbound::x509 {

namespace {

using Kind = ValuePattern::Kind;

constexpr std::string_view kCountryOid = "2.5.4.6";

Error fail_at(std::size_t position, const std::string& what) {
  return invalid_input("position " + std::to_string(position + 1) + ": " + what);
}

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

/// RFC 1123 section 2.1, of prepared text, which has no capitals.
bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_label_character);
}

/// What follows the first label, with its dot; empty where the prepared text does not begin with a DNS label.
std::string_view after_first_label(std::string_view prepared) {
  const std::size_t dot = prepared.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return is_dns_label(prepared.substr(1, dot - 1)) ? prepared.substr(dot) : std::string_view{};
}

bool matches_value(const ValuePattern& pattern, const NameAttribute& value) {
  if (pattern.kind == Kind::literal) return is_same_attribute(pattern.attribute, value);
  if (pattern.attribute.oid != value.oid || !value.is_string || !value.comparable) return false;
  return pattern.kind == Kind::any || after_first_label(value.prepared) == pattern.suffix;
}

bool is_rest_of_host_name(std::string_view suffix) {
  // Prepared text ends with a blank.
  const auto labels = split(suffix.substr(1, suffix.size() - 2), '.');
  return std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
    return !label.empty() && label.find(' ') == std::string_view::npos;
  });
}

Result<ValuePattern> make_first_label(NameAttribute attribute, std::size_t position) {
  attribute.text.erase(0, 1);
  // Prepared behind a label, since that is how it stands in a certificate.
  const auto sample = make_text_attribute(attribute.oid, "a" + attribute.text);
  const bool is_sound =
      sample && sample->comparable && sample->prepared.starts_with(" a.") && sample->prepared.size() > 3;
  std::string suffix = is_sound ? sample->prepared.substr(2) : std::string{};
  if (!is_sound || !is_rest_of_host_name(suffix)) {
    return fail_at(position, "after '*.' stands the rest of a host name, without blanks and without empty labels");
  }
  return ValuePattern{Kind::first_label, std::move(attribute), std::move(suffix)};
}

Result<ValuePattern> make_value(NameAttribute attribute, const std::vector<Star>& stars) {
  if (stars.empty()) return ValuePattern{Kind::literal, std::move(attribute), {}};
  const bool is_leading = stars.size() == 1 && stars.front().offset == 0;
  if (is_leading && attribute.text == "*") {
    attribute.text.clear();
    return ValuePattern{Kind::any, std::move(attribute), {}};
  }
  if (is_leading && attribute.oid == kCommonNameOid && attribute.text.starts_with("*.")) {
    return make_first_label(std::move(attribute), stars.front().position);
  }
  return fail_at(stars.back().position,
                 "a '*' stands for a whole value (O=*) or, in a CN, for the first label of a host name "
                 "(CN=*.example.com); write \\* where the character is meant");
}

/// Each wildcard's type once in its RDN, so that it is plain which value it stands for.
bool is_unambiguous(const RdnPattern& rdn) {
  return std::all_of(rdn.begin(), rdn.end(), [&rdn](const ValuePattern& value) {
    return value.kind == Kind::literal || std::count_if(rdn.begin(), rdn.end(), [&value](const ValuePattern& other) {
                                            return other.attribute.oid == value.attribute.oid;
                                          }) == 1;
  });
}

/// In the order of the text.
Result<std::vector<RdnPattern>> make_rdns(NameText& name) {
  std::vector<RdnPattern> rdns;
  auto starred = name.starred.begin();
  for (std::size_t i = 0; i < name.rdns.size(); ++i) {
    std::size_t position = 0;
    RdnPattern& rdn = rdns.emplace_back();
    for (std::size_t j = 0; j < name.rdns[i].size(); ++j) {
      const bool has_star = starred != name.starred.end() && starred->rdn == i && starred->attribute == j;
      auto value = make_value(std::move(name.rdns[i][j]), has_star ? starred->stars : std::vector<Star>{});
      if (!value) return std::move(value).error();
      rdn.push_back(*std::move(value));
      if (has_star) position = (starred++)->stars.front().position;
    }
    if (!is_unambiguous(rdn)) {
      return fail_at(position,
                     "another value of the same type stands in this RDN, so that it is open for which one "
                     "the '*' stands");
    }
  }
  return rdns;
}

/// Prepared text begins with a blank and DER with `#`, so that neither is taken for a star.
std::optional<std::string> project_value(const ValuePattern& value, Kind kind) {
  if (kind == Kind::literal) {
    if (!is_comparable(value.attribute)) return std::nullopt;
    return canonical_attribute(value.attribute);
  }
  const bool is_literal = value.kind == Kind::literal;
  if (is_literal && !(value.attribute.is_string && value.attribute.comparable)) return std::nullopt;
  if (kind == Kind::any) return value.attribute.oid + "=*";
  const std::string_view suffix =
      is_literal ? after_first_label(value.attribute.prepared) : std::string_view{value.suffix};
  if (suffix.empty()) return std::nullopt;
  return value.attribute.oid + "=*" + escape_canonical(suffix);
}

void sort_values(RdnPattern& rdn) {
  if (rdn.size() < 2) return;
  std::sort(rdn.begin(), rdn.end(), [](const ValuePattern& a, const ValuePattern& b) {
    return std::tuple{std::string_view{a.attribute.oid}, project_value(a, a.kind)} <
           std::tuple{std::string_view{b.attribute.oid}, project_value(b, b.kind)};
  });
}

std::string render_value(const ValuePattern& value) {
  std::string out;
  for (const char c : render_attribute(value.attribute)) {
    if (c == '*') out.push_back('\\');
    out.push_back(c);
  }
  if (value.kind != Kind::literal) out.insert(out.find('=') + 1, 1, '*');
  return out;
}

/// What a wildcard is met by. A label of one letter, since a longer one might exceed what can be prepared.
NameAttribute make_example(const ValuePattern& value) {
  NameAttribute example = value.attribute;
  const bool is_country = value.kind == Kind::any && example.oid == kCountryOid;
  example.text.insert(0, is_country ? "XX" : "a");
  return example;
}

std::optional<NameAttribute> find_common_value(const ValuePattern& a, const ValuePattern& b) {
  if (a.kind > b.kind) return find_common_value(b, a);
  if (a.kind == Kind::literal) return matches_value(b, a.attribute) ? std::optional{a.attribute} : std::nullopt;
  const bool is_met = a.attribute.oid == b.attribute.oid && (b.kind == Kind::any || a.suffix == b.suffix);
  return is_met ? std::optional{make_example(a)} : std::nullopt;
}

}  // namespace

SubjectPattern::SubjectPattern(std::vector<RdnPattern> rdns) : rdns_{std::move(rdns)} {
  for (RdnPattern& rdn : rdns_) sort_values(rdn);
}

Result<SubjectPattern> SubjectPattern::parse(std::string_view text) {
  auto parsed = parse_name_text(text, NameSyntax::pattern);
  if (!parsed) return explain_foreign_form(std::move(parsed).error(), text);
  const bool is_openssl_order = has_openssl_order(*parsed);
  if (parsed->starred.empty()) {
    return invalid_input("holds no '*'; register it as tls_client_auth_subject_dn");
  }
  auto rdns = make_rdns(*parsed);
  if (!rdns) return std::move(rdns).error();
  if (is_openssl_order) return openssl_order_error(render_pattern(*rdns));
  std::reverse(rdns->begin(), rdns->end());
  return SubjectPattern{*std::move(rdns)};
}

SubjectPattern SubjectPattern::of(const Name& name) {
  std::vector<RdnPattern> rdns;
  rdns.reserve(name.rdns().size());
  for (const Rdn& rdn : name.rdns()) {
    RdnPattern& values = rdns.emplace_back();
    values.reserve(rdn.size());
    for (const NameAttribute& attribute : rdn) values.push_back({Kind::literal, attribute, {}});
  }
  return SubjectPattern{std::move(rdns)};
}

bool matches_rdn(const RdnPattern& pattern, const Rdn& rdn) {
  if (pattern.size() != rdn.size()) return false;
  if (pattern.size() == 1) return matches_value(pattern.front(), rdn.front());
  // The first that fits is the right one: a wildcard's type is in the pattern once, and equal literals are alike.
  std::vector<bool> is_taken(rdn.size(), false);
  return std::all_of(pattern.begin(), pattern.end(), [&](const ValuePattern& value) {
    for (std::size_t i = 0; i < rdn.size(); ++i) {
      if (is_taken[i] || !matches_value(value, rdn[i])) continue;
      is_taken[i] = true;
      return true;
    }
    return false;
  });
}

bool SubjectPattern::matches(const Name& subject) const {
  const auto& presented = subject.rdns();
  return !rdns_.empty() && std::equal(rdns_.begin(), rdns_.end(), presented.begin(), presented.end(), matches_rdn);
}

std::string render_pattern(const std::vector<RdnPattern>& rdns) {
  std::string out;
  for (auto rdn = rdns.rbegin(); rdn != rdns.rend(); ++rdn) {
    if (!out.empty()) out.push_back(',');
    for (std::size_t i = 0; i < rdn->size(); ++i) {
      if (i != 0) out.push_back('+');
      out += render_value((*rdn)[i]);
    }
  }
  return out;
}

std::string SubjectPattern::text() const { return render_pattern(rdns_); }

std::string SubjectPattern::canonical() const { return project(kinds()).value_or(std::string{}); }

std::string SubjectPattern::shape() const {
  std::string out;
  for (const RdnPattern& rdn : rdns_) {
    out.push_back(',');
    for (const ValuePattern& value : rdn) {
      out.push_back('+');
      out += value.attribute.oid;
    }
  }
  return out;
}

SubjectPattern::Kinds SubjectPattern::kinds() const {
  Kinds kinds;
  for (const RdnPattern& rdn : rdns_) {
    for (const ValuePattern& value : rdn) kinds.push_back(value.kind);
  }
  return kinds;
}

std::optional<std::string> SubjectPattern::project(const Kinds& kinds) const {
  std::string out;
  auto kind = kinds.begin();
  for (const RdnPattern& rdn : rdns_) {
    out.push_back(',');
    for (const ValuePattern& value : rdn) {
      const auto projected = project_value(value, *kind++);
      if (!projected) return std::nullopt;
      out.push_back('+');
      out += *projected;
    }
  }
  return out;
}

std::optional<std::string> find_common_subject(const SubjectPattern& a, const SubjectPattern& b) {
  if (a.rdns().empty() || a.shape() != b.shape()) return std::nullopt;
  std::vector<Rdn> rdns;
  for (std::size_t i = 0; i < a.rdns().size(); ++i) {
    Rdn& rdn = rdns.emplace_back();
    for (std::size_t j = 0; j < a.rdns()[i].size(); ++j) {
      auto value = find_common_value(a.rdns()[i][j], b.rdns()[i][j]);
      if (!value) return std::nullopt;
      rdn.push_back(*std::move(value));
    }
  }
  return render_rdns(rdns);
}

}  // namespace certbound::x509
