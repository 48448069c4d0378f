#include "x509/subject_rule.hpp"

#include <algorithm>
#include <type_traits>

#include <openssl/x509.h>

namespace certbound::x509 {

namespace {

template <typename T, typename... Values>
Result<std::variant<Values...>> as_expected(Result<T> parsed, std::type_identity<std::variant<Values...>> /*type*/) {
  if (!parsed) return std::move(parsed).error();
  return std::variant<Values...>{std::move(*parsed)};
}

std::string_view prefix_of(const std::optional<model::SubjectField>& field) {
  if (!field) return {};
  switch (*field) {
    case model::SubjectField::subject_dn:
    case model::SubjectField::subject_dn_pattern:
      return {};
    case model::SubjectField::san_dns:
      return "DNS:";
    case model::SubjectField::san_uri:
      return "URI:";
    case model::SubjectField::san_ip:
      return "IP:";
    case model::SubjectField::san_email:
      return "email:";
  }
  return {};
}

}  // namespace

Result<SubjectRule> SubjectRule::parse(const model::RegisteredSubject& registered) {
  constexpr std::type_identity<Expected> kType;
  const auto parse_value = [&]() -> Result<Expected> {
    switch (registered.field) {
      case model::SubjectField::subject_dn:
        return as_expected(Name::parse(registered.value), kType);
      case model::SubjectField::subject_dn_pattern:
        return as_expected(SubjectPattern::parse(registered.value), kType);
      case model::SubjectField::san_dns:
        return as_expected(parse_dns_name(registered.value), kType);
      case model::SubjectField::san_uri:
        return as_expected(parse_uri_name(registered.value), kType);
      case model::SubjectField::san_ip:
        return as_expected(parse_ip_address(registered.value), kType);
      case model::SubjectField::san_email:
        return as_expected(parse_email_address(registered.value), kType);
    }
    return internal_error("a subject field that does not exist");
  };
  auto expected = parse_value();
  if (!expected) return std::move(expected).error();
  return SubjectRule{registered.field, std::move(*expected)};
}

bool SubjectRule::is_met_by_entry(const SubjectAltName& entry) const {
  return std::visit(
      [&entry](const auto& expected) {
        using Value = std::decay_t<decltype(expected)>;
        if constexpr (std::is_same_v<Value, Name> || std::is_same_v<Value, SubjectPattern>) {
          return false;
        } else {
          const auto* presented = std::get_if<Value>(&entry.value);
          return presented != nullptr && *presented == expected;
        }
      },
      expected_);
}

Result<bool> SubjectRule::is_met_by(const PresentedChain& presented) const {
  const auto* name = std::get_if<Name>(&expected_);
  const auto* pattern = std::get_if<SubjectPattern>(&expected_);
  if (name == nullptr && pattern == nullptr) return is_met_by_alt_names(presented.leaf);
  const Result<Name>& subject = presented.subject_name;
  if (!subject) return subject.error();
  return name != nullptr ? compare_names(*name, *subject) == NameMatch::equal : pattern->matches(*subject);
}

Result<bool> SubjectRule::is_met_by_alt_names(const Certificate& leaf) const {
  const auto entries = read_subject_alt_names(leaf.handle());
  if (!entries) return entries.error();
  return std::any_of(entries->begin(), entries->end(),
                     [this](const SubjectAltName& entry) { return is_met_by_entry(entry); });
}

std::string SubjectRule::expected_text() const {
  struct Text {
    std::string operator()(const Name& name) const { return name.to_rfc4514(); }
    std::string operator()(const SubjectPattern& pattern) const { return pattern.text(); }
    std::string operator()(const DnsName& name) const { return name.text; }
    std::string operator()(const UriName& uri) const { return uri.normalized; }
    std::string operator()(const IpAddress& address) const { return render_ip_address(address.octets); }
    std::string operator()(const EmailAddress& address) const { return address.local + '@' + address.domain; }
  };
  return std::visit(Text{}, expected_);
}

std::string SubjectRule::canonical() const {
  std::string value = expected_text();
  if (const auto* name = std::get_if<Name>(&expected_)) value = name->canonical();
  if (const auto* pattern = std::get_if<SubjectPattern>(&expected_)) value = pattern->canonical();
  return std::string{model::name(field_)} + ':' + value;
}

RegistrableSubjects registrable_subjects(const Certificate& leaf) {
  RegistrableSubjects out;
  const auto add = [&out](model::RegisteredSubject candidate) {
    if (const auto rule = SubjectRule::parse(candidate)) {
      out.subjects.push_back(std::move(candidate));
    } else {
      out.left_out.push_back(std::string{model::name(candidate.field)} + ": " + rule.error().detail);
    }
  };
  if (const auto subject = Name::from_x509(*X509_get_subject_name(&leaf.handle())); !subject) {
    out.left_out.push_back(subject.error().detail);
  } else if (!subject->is_empty()) {
    add({model::SubjectField::subject_dn, subject->to_rfc4514()});
  }
  const auto entries = read_subject_alt_names(leaf.handle());
  if (!entries) {
    out.left_out.push_back(entries.error().detail);
    return out;
  }
  for (const auto& entry : *entries) {
    if (entry.field) add({*entry.field, entry.text});
  }
  return out;
}

std::vector<std::string> describe_subject_alt_names(const Certificate& leaf) {
  const auto entries = read_subject_alt_names(leaf.handle());
  // What it cannot be used for is said in its place, so that a printed certificate hides nothing.
  if (!entries) return {"(unusable: " + entries.error().detail + ")"};
  std::vector<std::string> out;
  for (const auto& entry : *entries) out.push_back(std::string{prefix_of(entry.field)} + entry.text);
  return out;
}

}  // namespace certbound::x509
