#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/client.hpp"
#include "x509/certificate.hpp"
#include "x509/name.hpp"
#include "x509/presented.hpp"
#include "x509/subject_alt_name.hpp"
#include "x509/subject_pattern.hpp"

namespace certbound::x509 {

/// What a comparison found, with both sides for `client explain`.
struct SubjectMatch {
  bool matches = false;
  bool only_order_differs = false;     ///< subject DN only
  std::string expected;                ///< the registered value in canonical form
  std::vector<std::string> presented;  ///< the certificate's subject, or every SAN of the field's type, as text
  std::string found;                   ///< of a pattern that matches: which values its stars were met by
  std::string hint;  ///< what to do: the right string to register, the type under which the value does stand, …
};

/// The one registered subject of a `tls_client_auth` client (RFC 8705 section 2.1.2), parsed. Only the registered field
/// counts: a value in another field or of another SAN type never matches (CVE-2022-21656). `*` is a literal but in the
/// pattern of a subject DN.
class SubjectRule {
 public:
  /// Errors: `invalid_request`, `detail` says what is wrong and what to write. Refuses an empty value, a URL as
  /// dNSName, a leading or trailing dot, IPv4 in another form than four decimal numbers (`010.0.0.1`, `10.1`), and so
  /// on.
  [[nodiscard]] static Result<SubjectRule> parse(const model::RegisteredSubject& registered);

  [[nodiscard]] model::SubjectField field() const { return field_; }

  /// Is it the certificate's subject, or one of its SANs of that type? Errors: `invalid_client`,
  /// Reason::certificate_unusable where the subject (for the subject DN) or any SAN (for the other fields) is malformed
  /// (NUL inside, empty, wrong length): then nothing of it counts. About 1 us for ASCII names.
  [[nodiscard]] Result<bool> is_met_by(const PresentedChain& presented) const;

  /// The same with both sides: for refusals and `client explain`, off the hot path. Errors: as is_met_by.
  [[nodiscard]] Result<SubjectMatch> explain(const Certificate& leaf) const;

  /// Two rules with the same text are met by the same certificates: for finding clients that overlap.
  [[nodiscard]] std::string canonical() const;

 private:
  using Expected = std::variant<Name, SubjectPattern, DnsName, UriName, IpAddress, EmailAddress>;
  SubjectRule(model::SubjectField field, Expected expected) : field_{field}, expected_{std::move(expected)} {}
  [[nodiscard]] Result<bool> is_met_by_alt_names(const Certificate& leaf) const;
  [[nodiscard]] bool is_met_by_entry(const SubjectAltName& entry) const;
  [[nodiscard]] std::string expected_text() const;
  [[nodiscard]] Result<SubjectMatch> explain_name(const Certificate& leaf) const;
  [[nodiscard]] Result<SubjectMatch> explain_pattern(const Certificate& leaf) const;
  [[nodiscard]] Result<SubjectMatch> explain_alt_name(const Certificate& leaf) const;
  [[nodiscard]] std::string hint_for(const std::vector<SubjectAltName>& entries, const X509& leaf) const;

  model::SubjectField field_;
  Expected expected_;
};

/// What a certificate can be registered by.
struct RegistrableSubjects {
  std::vector<model::RegisteredSubject> subjects;
  std::vector<std::string> left_out;  ///< for each value that cannot be registered why, for people
};

/// Every subject by which the certificate could be registered, as `cert inspect` prints them: the subject DN where it
/// is not empty, then each SAN of the four types in the order of the certificate. A subject that cannot be used does
/// not hide the SANs, nor the other way round.
[[nodiscard]] RegistrableSubjects registrable_subjects(const Certificate& leaf);

/// All SANs for people: `DNS:a.example`, `URI:…`, `IP:…`, `email:…`, `other:<oid>`; `(unusable: …)` where they cannot
/// be read.
[[nodiscard]] std::vector<std::string> describe_subject_alt_names(const Certificate& leaf);

}  // namespace certbound::x509
