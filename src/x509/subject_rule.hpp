#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/client.hpp"
#include "x509/certificate.hpp"
#include "x509/name.hpp"

namespace certbound::x509 {

/// A dNSName in lower-case A-label form. An internationalised name is converted (libidn).
struct DnsName {
  std::string text;
};
/// A URI after RFC 3986 syntax normalisation and scheme-based normalisation of http and https (RFC 5280 section 7.4).
struct UriName {
  std::string normalized;
};
/// 4 or 16 octets; an IPv4 address and its IPv6 mapping are two addresses.
struct IpAddress {
  Bytes octets;
};
/// An rfc822Name: local part as it is, domain in lower-case A-label form.
struct EmailAddress {
  std::string local;
  std::string domain;
};

/// What a comparison found, with both sides for `client explain`.
struct SubjectMatch {
  bool matches = false;
  bool only_order_differs = false;     ///< subject DN only
  std::string expected;                ///< the registered value in canonical form
  std::vector<std::string> presented;  ///< the certificate's subject, or every SAN of the field's type, as text
  std::string hint;                    ///< what to do: the right string to register, the type under which the value does stand, …
};

/// The one registered subject of a `tls_client_auth` client (RFC 8705 section 2.1.2), parsed. Only the registered field counts: a value
/// in another field or of another SAN type never matches (CVE-2022-21656). `*` is a literal.
class SubjectRule {
 public:
  /// Errors: `invalid_request`, `detail` says what is wrong and what to write. Refuses an empty value, a URL as dNSName, a leading or
  /// trailing dot, IPv4 in another form than four decimal numbers (`010.0.0.1`, `10.1`), and so on.
  [[nodiscard]] static Result<SubjectRule> parse(const model::RegisteredSubject& registered);

  [[nodiscard]] model::SubjectField field() const { return field_; }

  /// Is it the certificate's subject, or one of its SANs of that type? Errors: `invalid_client`, Reason::certificate_unusable where the
  /// certificate's name or SAN is malformed (NUL inside, empty, wrong length): then nothing of it counts.
  [[nodiscard]] Result<bool> is_met_by(const Certificate& leaf) const;

  /// The same with both sides: for refusals and `client explain`, off the hot path.
  [[nodiscard]] Result<SubjectMatch> explain(const Certificate& leaf) const;

  /// Two rules with the same text are met by the same certificates: for finding clients that overlap.
  [[nodiscard]] std::string canonical() const;

 private:
  using Expected = std::variant<Name, DnsName, UriName, IpAddress, EmailAddress>;
  SubjectRule(model::SubjectField field, Expected expected) : field_{field}, expected_{std::move(expected)} {}
  model::SubjectField field_;
  Expected expected_;
};

/// Every subject by which the certificate could be registered, as `cert inspect` prints them: the subject DN where it is not empty, then each
/// SAN of the four types in the order of the certificate. Values that cannot be registered are left out.
[[nodiscard]] Result<std::vector<model::RegisteredSubject>> registrable_subjects(const Certificate& leaf);

/// All SANs for people: `DNS:a.example`, `URI:…`, `IP:…`, `email:…`, `other:<oid>`.
[[nodiscard]] std::vector<std::string> describe_subject_alt_names(const Certificate& leaf);

}  // namespace certbound::x509
