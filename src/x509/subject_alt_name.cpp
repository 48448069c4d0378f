#include "x509/subject_alt_name.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <memory>

#include <idna.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/text.hpp"
#include "crypto/handle.hpp"
#include "x509/attribute_type.hpp"
#include "x509/name.hpp"
#include "x509/string_prep.hpp"

namespace certbound::x509 {

namespace {

using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, crypto::Deleter<GENERAL_NAMES_free>>;

Error unusable_alt_name(std::string detail) {
  return {ErrorCode::invalid_client, Reason::certificate_unusable, "client authentication failed",
          "the certificate's subjectAltName cannot be used: " + std::move(detail)};
}

std::string_view text_of(const ASN1_STRING& value) {
  const auto octets = ByteView{ASN1_STRING_get0_data(&value), static_cast<std::size_t>(ASN1_STRING_length(&value))};
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

EmailAddress split_email(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return {std::string{address.substr(0, at)}, ascii_lower(address.substr(at + 1))};
}

/// A dNSName, URI or rfc822Name: an IA5String, of which a part must be there and nothing be hidden.
Result<SubjectAltName> read_text_entry(const ASN1_STRING& value, model::SubjectField field, std::string_view type) {
  const std::string_view text = text_of(value);
  if (text.empty()) return unusable_alt_name("an empty " + std::string{type});
  if (!is_printable_ascii(text)) {
    return unusable_alt_name("a " + std::string{type} +
                             " with NUL, another control character or an octet that is not ASCII");
  }
  SubjectAltName entry;
  entry.field = field;
  entry.text = text;
  if (field == model::SubjectField::san_dns) {
    entry.value = DnsName{ascii_lower(text)};
  } else if (field == model::SubjectField::san_uri) {
    if (auto normalized = normalize_uri(text)) entry.value = UriName{std::move(*normalized)};
  } else if (text.find('@') != std::string_view::npos) {
    entry.value = split_email(text);
  }
  return entry;
}

Result<SubjectAltName> read_ip_entry(const ASN1_STRING& value) {
  const std::string_view octets = text_of(value);
  if (octets.size() != 4 && octets.size() != 16) {
    return unusable_alt_name("an iPAddress of " + std::to_string(octets.size()) + " octets");
  }
  const ByteView view = as_bytes(octets);
  return SubjectAltName{IpAddress{Bytes{view.begin(), view.end()}}, model::SubjectField::san_ip,
                        render_ip_address(view)};
}

SubjectAltName make_other(std::string text) { return SubjectAltName{std::monostate{}, std::nullopt, std::move(text)}; }

SubjectAltName read_other_entry(const GENERAL_NAME& name, int type) {
  if (type == GEN_DIRNAME) {
    const auto* directory_name = static_cast<const X509_NAME*>(GENERAL_NAME_get0_value(&name, nullptr));
    return make_other("dirName:" + render_name(*directory_name));
  }
  if (type == GEN_RID) {
    const auto* oid = static_cast<const ASN1_OBJECT*>(GENERAL_NAME_get0_value(&name, nullptr));
    return make_other("registeredID:" + dotted_oid(*oid).value_or("?"));
  }
  if (type == GEN_OTHERNAME) {
    ASN1_OBJECT* oid = nullptr;
    ASN1_TYPE* value = nullptr;
    if (GENERAL_NAME_get0_otherName(&name, &oid, &value) == 1 && oid != nullptr) {
      return make_other("other:" + dotted_oid(*oid).value_or("?"));
    }
  }
  return make_other(type == GEN_X400 ? "x400Address" : type == GEN_EDIPARTY ? "ediPartyName" : "other:?");
}

Result<SubjectAltName> read_entry_of(const GENERAL_NAME& name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(&name, &type);
  if (value == nullptr) return unusable_alt_name("an entry without a value");
  switch (type) {
    case GEN_DNS:
      return read_text_entry(*static_cast<const ASN1_STRING*>(value), model::SubjectField::san_dns, "dNSName");
    case GEN_URI:
      return read_text_entry(*static_cast<const ASN1_STRING*>(value), model::SubjectField::san_uri,
                             "uniformResourceIdentifier");
    case GEN_EMAIL:
      return read_text_entry(*static_cast<const ASN1_STRING*>(value), model::SubjectField::san_email, "rfc822Name");
    case GEN_IPADD:
      return read_ip_entry(*static_cast<const ASN1_STRING*>(value));
    default:
      return read_other_entry(name, type);
  }
}

/// IDNA2003 maps these, IDNA2008 keeps them (UTS 46 section 4.1): the same text, two hosts.
bool has_deviation_character(std::string_view utf8) {
  constexpr std::array<std::string_view, 4> kDeviations{"\xc3\x9f", "\xcf\x82", "\xe2\x80\x8c", "\xe2\x80\x8d"};
  return std::any_of(kDeviations.begin(), kDeviations.end(),
                     [utf8](std::string_view one) { return utf8.find(one) != std::string_view::npos; });
}

Result<std::string> convert_to_a_labels(std::string_view name) {
  if (is_printable_ascii(name)) return ascii_lower(name);
  if (!is_utf8(name) || find_refused_code_point(name)) {
    return invalid_input("the name holds a control or invisible character or is not UTF-8");
  }
  if (has_deviation_character(name)) {
    return invalid_input(
        "the name has a character that IDNA2003 and IDNA2008 convert differently; write its xn-- form");
  }
  char* converted = nullptr;
  const int status = idna_to_ascii_8z(std::string{name}.c_str(), &converted, 0);
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  const std::unique_ptr<char, Free> owned{converted};
  if (status != IDNA_SUCCESS || !owned) {
    return invalid_input("the internationalised name cannot be converted; write its xn-- form");
  }
  return ascii_lower(owned.get());
}

std::string label_problem(std::string_view label) {
  if (label.empty()) return "the name begins or ends with a dot or has an empty label; write it without";
  if (label.size() > 63) return "a label is longer than 63 characters";
  const auto is_permitted = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '*';
  };
  const auto wrong = std::find_if_not(label.begin(), label.end(), is_permitted);
  return wrong == label.end() ? std::string{} : "'" + std::string(1, *wrong) + "' cannot stand in a host name";
}

std::string foreign_form_problem(std::string_view text) {
  if (text.empty()) return "the name is empty";
  if (text.find("://") != std::string_view::npos) {
    return "this is a URL; write the host alone, or register tls_client_auth_san_uri";
  }
  if (text.find('@') != std::string_view::npos) return "this is an e-mail address; register tls_client_auth_san_email";
  const bool is_numeric = text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (is_numeric || parse_ip_address(text)) return "this is an IP address; register tls_client_auth_san_ip";
  if (text.find(':') != std::string_view::npos) return "write the host name without a port";
  return {};
}

}  // namespace

Result<std::vector<SubjectAltName>> read_subject_alt_names(const X509& certificate) {
  int status = 0;
  const GeneralNamesHandle names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, &status, nullptr))};
  std::vector<SubjectAltName> out;
  if (!names) {
    ERR_clear_error();
    if (status == -1) return out;
    return unusable_alt_name(status == -2 ? "it stands more than once" : "it does not parse");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto entry = read_entry_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!entry) return std::move(entry).error();
    out.push_back(std::move(*entry));
  }
  return out;
}

Result<DnsName> parse_dns_name(std::string_view registered) {
  if (const std::string problem = foreign_form_problem(registered); !problem.empty()) return invalid_input(problem);
  auto converted = convert_to_a_labels(registered);
  if (!converted) return std::move(converted).error();
  if (converted->size() > 253) return invalid_input("the name is longer than 253 characters");
  for (const std::string_view label : split(*converted, '.')) {
    if (const std::string problem = label_problem(label); !problem.empty()) return invalid_input(problem);
  }
  return DnsName{std::move(*converted)};
}

Result<IpAddress> parse_ip_address(std::string_view registered) {
  const std::string text{registered};
  std::array<std::uint8_t, 16> octets{};
  // An embedded NUL would end the text for inet_pton.
  const bool is_clean = text.size() == std::string_view{text.c_str()}.size();
  // glibc's inet_pton takes nothing but four decimal numbers without leading zeros, and no zone.
  if (is_clean && inet_pton(AF_INET, text.c_str(), octets.data()) == 1)
    return IpAddress{Bytes{octets.begin(), octets.begin() + 4}};
  if (is_clean && inet_pton(AF_INET6, text.c_str(), octets.data()) == 1)
    return IpAddress{Bytes{octets.begin(), octets.end()}};
  if (text.find('/') != std::string::npos) return invalid_input("write one address without a prefix length");
  if (text.find_first_of("[]") != std::string::npos) return invalid_input("write the IPv6 address without brackets");
  if (text.find('%') != std::string::npos) return invalid_input("write the IPv6 address without a zone");
  return invalid_input(
      "not an IP address; write four decimal numbers without leading zeros (10.0.0.1) or IPv6 text (2001:db8::1)");
}

Result<EmailAddress> parse_email_address(std::string_view registered) {
  constexpr std::string_view kExample = "; write local@domain, for example etl@partner.example";
  if (ascii_iequals(registered.substr(0, 7), "mailto:")) return invalid_input("write the address without mailto:");
  const std::size_t at = registered.rfind('@');
  if (at == std::string_view::npos || at == 0) return invalid_input("not an e-mail address" + std::string{kExample});
  const std::string_view local = registered.substr(0, at);
  if (!is_printable_ascii(local)) return invalid_input("the part before '@' is not ASCII");
  const bool is_quoted = local.size() > 1 && local.front() == '"' && local.back() == '"';
  if (!is_quoted && local.find_first_of(" <>()[]\\,;:\"@") != std::string_view::npos) {
    return invalid_input("the part before '@' holds a character that needs quotes" + std::string{kExample});
  }
  auto domain = parse_dns_name(registered.substr(at + 1));
  if (!domain) return invalid_input("after '@': " + domain.error().detail);
  return EmailAddress{std::string{local}, std::move(domain->text)};
}

std::string render_ip_address(ByteView octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = octets.size() == 4 ? AF_INET : AF_INET6;
  if (octets.size() != 4 && octets.size() != 16) return hex_encode(octets);
  return inet_ntop(family, octets.data(), text.data(), static_cast<socklen_t>(text.size()));
}

}  // namespace certbound::x509
