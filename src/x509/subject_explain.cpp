#include <algorithm>

#include <openssl/x509.h>

#include "base/text.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name_value.hpp"
#include "x509/subject_rule.hpp"

namespace certbound::x509 {

namespace {

std::string register_as(model::SubjectField field, std::string_view value) {
  return "register " + std::string{model::name(field)} + ": " + std::string{value};
}

std::string_view type_name(model::SubjectField field) {
  switch (field) {
    case model::SubjectField::subject_dn:
    case model::SubjectField::subject_dn_pattern:
      return "subject";
    case model::SubjectField::san_dns:
      return "dNSName";
    case model::SubjectField::san_uri:
      return "uniformResourceIdentifier";
    case model::SubjectField::san_ip:
      return "iPAddress";
    case model::SubjectField::san_email:
      return "rfc822Name";
  }
  return {};
}

std::string without_blanks(std::string_view prepared) {
  std::string out;
  for (const char c : prepared) {
    if (c != ' ') out.push_back(c);
  }
  return out;
}

std::string render_one(const Rdn& rdn) { return render_rdns({rdn}); }

bool is_same_value(const NameAttribute& a, const NameAttribute& b) {
  NameAttribute renamed = a;
  renamed.oid = b.oid;
  return is_same_attribute(renamed, b);
}

std::string difference_of(const Rdn& registered, const Rdn& presented) {
  std::string out = "registered " + render_one(registered) + ", the certificate has " + render_one(presented);
  if (registered.size() != 1 || presented.size() != 1) return out;
  const auto& a = registered.front();
  const auto& b = presented.front();
  if (!is_comparable(b)) return out + ": a value with a character that cannot be compared";
  if (a.oid != b.oid && is_same_value(a, b)) {
    return out + ": the same value under another type (" + std::string{attribute_name(a.oid)} + ", " +
           std::string{attribute_name(b.oid)} + ")";
  }
  if (a.oid == b.oid && a.is_string && b.is_string && without_blanks(a.prepared) == without_blanks(b.prepared)) {
    return out + ": they differ in a blank between words";
  }
  return out;
}

constexpr std::string_view kEmptySubject = "the certificate's subject is empty; register one of its subjectAltNames";

std::string describe_sizes(std::size_t registered, std::size_t presented) {
  return "the whole name must match: registered are " + std::to_string(registered) + " RDNs, the certificate has " +
         std::to_string(presented);
}

/// The first difference as RFC 4514 reads, which is from the back of the DER.
std::string first_difference(const Name& registered, const Name& presented) {
  const auto& a = registered.rdns();
  const auto& b = presented.rdns();
  if (a.size() != b.size()) return describe_sizes(a.size(), b.size());
  const auto [left, right] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), is_same_rdn);
  return left == a.rend() ? std::string{} : difference_of(*left, *right);
}

std::string name_hint(const Name& registered, const Name& presented, NameMatch match) {
  if (match == NameMatch::equal) return {};
  if (presented.is_empty()) return std::string{kEmptySubject};
  const std::string right = register_as(model::SubjectField::subject_dn, presented.to_rfc4514());
  if (match == NameMatch::order_differs) return "only the order of the RDNs differs; " + right;
  const std::string what = first_difference(registered, presented);
  return presented.canonical().empty() ? what : what + "; if this certificate is meant, " + right;
}

/// What each star was met by, as RFC 4514 reads.
std::string describe_stars(const SubjectPattern& pattern, const Name& presented) {
  std::string out;
  for (std::size_t i = presented.rdns().size(); i-- > 0;) {
    for (const ValuePattern& value : pattern.rdns()[i]) {
      if (value.kind == ValuePattern::Kind::literal) continue;
      const Rdn& rdn = presented.rdns()[i];
      const auto found = std::find_if(rdn.begin(), rdn.end(), [&value](const NameAttribute& attribute) {
        return attribute.oid == value.attribute.oid;
      });
      if (found == rdn.end()) continue;
      out += (out.empty() ? "" : "; ") + render_pattern({{value}}) + " is met by " + render_attribute(*found);
    }
  }
  return out;
}

/// The pattern's RDNs in the order of the certificate, where that alone is what differs; else nothing. Narrow ones find
/// their place first.
std::vector<RdnPattern> reorder(const SubjectPattern& pattern, const Name& presented) {
  std::vector<RdnPattern> rest = pattern.rdns();
  std::stable_sort(rest.begin(), rest.end(), [](const RdnPattern& a, const RdnPattern& b) {
    const auto narrower = [](const ValuePattern& left, const ValuePattern& right) { return left.kind < right.kind; };
    return std::max_element(a.begin(), a.end(), narrower)->kind < std::max_element(b.begin(), b.end(), narrower)->kind;
  });
  std::vector<RdnPattern> out(presented.rdns().size());
  if (out.size() != rest.size()) return {};
  for (RdnPattern& rdn : rest) {
    std::size_t i = 0;
    while (i < out.size() && !(out[i].empty() && matches_rdn(rdn, presented.rdns()[i]))) ++i;
    if (i == out.size()) return {};
    out[i] = std::move(rdn);
  }
  return out;
}

/// The first difference as RFC 4514 reads.
std::string pattern_difference(const SubjectPattern& pattern, const Name& presented) {
  const auto& a = pattern.rdns();
  const auto& b = presented.rdns();
  if (a.size() != b.size()) return describe_sizes(a.size(), b.size());
  const auto [left, right] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), matches_rdn);
  if (left == a.rend()) return {};
  std::string out = "registered " + render_pattern({*left}) + ", the certificate has " + render_one(*right);
  if (left->size() != 1 || right->size() != 1 || left->front().attribute.oid != right->front().oid) return out;
  const ValuePattern::Kind kind = left->front().kind;
  if (kind != ValuePattern::Kind::literal && !(right->front().is_string && right->front().comparable)) {
    return out + ": no text that can be compared";
  }
  if (kind == ValuePattern::Kind::first_label) {
    return out + ": '*' stands for exactly one label of letters, digits and hyphens";
  }
  return out;
}

/// The attribute of the subject that holds the text, which counts for nothing where a SAN is registered.
std::string subject_hint(const X509& leaf, const std::string& expected) {
  const auto subject = Name::from_x509(*X509_get_subject_name(&leaf));
  if (!subject) return {};
  for (const auto& rdn : subject->rdns()) {
    for (const auto& attribute : rdn) {
      if (attribute.is_string && ascii_iequals(attribute.text, expected)) {
        return "the value stands in the subject's " + std::string{attribute_name(attribute.oid)} +
               ", which does not count; the certificate needs it as a subjectAltName";
      }
    }
  }
  return {};
}

/// What is nearly the expected value among the entries of the right type.
std::string near_miss_hint(model::SubjectField field, const std::string& expected, const SubjectAltName& entry) {
  if (field == model::SubjectField::san_ip && entry.text == "::ffff:" + expected) {
    return "the certificate has the IPv6 form " + entry.text + ", which is another address; " +
           register_as(field, entry.text);
  }
  if (field == model::SubjectField::san_dns) {
    const std::size_t dot = expected.find('.');
    if (dot != std::string::npos && ascii_iequals(entry.text, "*" + expected.substr(dot))) {
      return "the certificate's " + entry.text + " is no wildcard here";
    }
    if (ascii_iequals(entry.text, expected + '.'))
      return "the certificate's " + entry.text + " ends with a dot and never matches";
    return {};
  }
  if (ascii_iequals(entry.text, expected))
    return "only the case differs, and it counts here; " + register_as(field, entry.text);
  if (entry.text == expected + '/' || entry.text + '/' == expected) {
    return "only a '/' at the end differs; " + register_as(field, entry.text);
  }
  return {};
}

}  // namespace

std::string SubjectRule::hint_for(const std::vector<SubjectAltName>& entries, const X509& leaf) const {
  const std::string expected = expected_text();
  for (const auto& entry : entries) {
    if (entry.field && *entry.field != field_ && ascii_iequals(entry.text, expected)) {
      return "the value stands in the certificate as " + std::string{type_name(*entry.field)} + "; " +
             register_as(*entry.field, entry.text);
    }
  }
  for (const auto& entry : entries) {
    if (entry.field != field_) continue;
    if (std::string hint = near_miss_hint(field_, expected, entry); !hint.empty()) return hint;
  }
  if (std::string hint = subject_hint(leaf, expected); !hint.empty()) return hint;
  if (std::none_of(entries.begin(), entries.end(),
                   [this](const SubjectAltName& entry) { return entry.field == field_; })) {
    return "the certificate has no " + std::string{type_name(field_)} + " in its subjectAltName";
  }
  return "none of the certificate's values is the registered one";
}

Result<SubjectMatch> SubjectRule::explain_name(const Certificate& leaf) const {
  const auto presented = Name::from_x509(*X509_get_subject_name(&leaf.handle()));
  if (!presented) return presented.error();
  const auto& registered = std::get<Name>(expected_);
  const NameMatch result = compare_names(registered, *presented);
  SubjectMatch match;
  match.matches = result == NameMatch::equal;
  match.only_order_differs = result == NameMatch::order_differs;
  match.expected = expected_text();
  if (!presented->is_empty()) match.presented.push_back(presented->to_rfc4514());
  match.hint = name_hint(registered, *presented, result);
  return match;
}

Result<SubjectMatch> SubjectRule::explain_pattern(const Certificate& leaf) const {
  const auto presented = Name::from_x509(*X509_get_subject_name(&leaf.handle()));
  if (!presented) return presented.error();
  const auto& pattern = std::get<SubjectPattern>(expected_);
  SubjectMatch match;
  match.matches = pattern.matches(*presented);
  match.expected = expected_text();
  if (presented->is_empty()) {
    match.hint = kEmptySubject;
    return match;
  }
  match.presented.push_back(presented->to_rfc4514());
  if (match.matches) {
    match.found = describe_stars(pattern, *presented);
    return match;
  }
  const std::vector<RdnPattern> right = reorder(pattern, *presented);
  match.only_order_differs = !right.empty();
  match.hint = match.only_order_differs
                   ? "only the order of the RDNs differs; " + register_as(field_, render_pattern(right))
                   : pattern_difference(pattern, *presented);
  return match;
}

Result<SubjectMatch> SubjectRule::explain_alt_name(const Certificate& leaf) const {
  const auto entries = read_subject_alt_names(leaf.handle());
  if (!entries) return entries.error();
  SubjectMatch match;
  match.expected = expected_text();
  for (const auto& entry : *entries) {
    if (entry.field == field_) match.presented.push_back(entry.text);
    match.matches = match.matches || is_met_by_entry(entry);
  }
  if (!match.matches) match.hint = hint_for(*entries, leaf.handle());
  return match;
}

Result<SubjectMatch> SubjectRule::explain(const Certificate& leaf) const {
  if (field_ == model::SubjectField::subject_dn) return explain_name(leaf);
  if (field_ == model::SubjectField::subject_dn_pattern) return explain_pattern(leaf);
  return explain_alt_name(leaf);
}

}  // namespace certbound::x509
