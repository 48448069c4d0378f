#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "x509/name.hpp"

namespace certbound::x509 {

/// One value of a pattern: an attribute type, and what its value may be.
struct ValuePattern {
  /// From the narrowest to the widest.
  enum class Kind : std::uint8_t {
    literal,      ///< this value, compared as RFC 5280 section 7.1 says
    first_label,  ///< `*.rest`, of a CN: one DNS label, a dot, and the rest
    any,          ///< `*`: every value that is a string and can be compared
  };
  Kind kind = Kind::literal;
  NameAttribute attribute;  ///< the literal; else the type, and as its text what stands after the star
  std::string suffix;       ///< of a first_label: `.rest` in prepared form
};

/// In the order of type and value, so that two RDNs with the same types can be compared side by side.
using RdnPattern = std::vector<ValuePattern>;

/// `tls_client_auth_subject_dn_pattern`: subjects by structure, RDN by RDN and type by type, and no regular expression.
///
/// The text is RFC 4514 as Name::parse reads it. An unescaped `*` is a whole value (`O=*`), or in a CN the first label
/// of a host name (`CN=*.partner-corp.com`): 1 to 63 letters, digits and hyphens, no hyphen at an end, no dot, so that
/// `a.b.partner-corp.com` is not met, nor is `partner-corp.com`. `\*`, `\2A` and a star in `#hex` are the character.
/// The number and the order of the RDNs are the subject's: nothing stands for an RDN that may be missing. Everything is
/// compared in prepared form: of two names that are equal a pattern matches both or none.
class SubjectPattern {
 public:
  /// Errors: `invalid_request`, `detail` as that of Name::parse, and for a star in any other place (`CN=etl-*`,
  /// `O=*.example`, `*=x`), no star at all, a rest that is no host name (`CN=*.`, `CN=*.a b`), and two values of one
  /// type in a multi-valued RDN of which one has a star: what it stood for would be ambiguous.
  [[nodiscard]] static Result<SubjectPattern> parse(std::string_view text);

  /// What equals `name` and nothing else: for comparing a subject with patterns.
  [[nodiscard]] static SubjectPattern of(const Name& name);

  /// Linear in the name. About 0.1 us for three ASCII attributes.
  [[nodiscard]] bool matches(const Name& subject) const;

  /// In DER order: least specific first.
  [[nodiscard]] const std::vector<RdnPattern>& rdns() const { return rdns_; }

  /// RFC 4514 text with its stars; parse() reads it back. Of a Name every star in it is escaped.
  [[nodiscard]] std::string text() const;

  /// Patterns with the same text match the same subjects. Not for people.
  [[nodiscard]] std::string canonical() const;

  // For an index of patterns. Two patterns of one shape can match the same subject exactly if their projections on the
  // wider kind at each place are there and are equal.

  using Kinds = std::vector<ValuePattern::Kind>;
  /// The types, RDN by RDN.
  [[nodiscard]] std::string shape() const;
  [[nodiscard]] Kinds kinds() const;
  /// The pattern with each value widened to that of `kinds`, none of which is narrower; nothing where a value is not
  /// among what the kind stands for.
  [[nodiscard]] std::optional<std::string> project(const Kinds& kinds) const;

 private:
  explicit SubjectPattern(std::vector<RdnPattern> rdns);
  std::vector<RdnPattern> rdns_;
};

/// A subject in RFC 4514 form that both match, or nothing where there is none. Exact.
[[nodiscard]] std::optional<std::string> find_common_subject(const SubjectPattern& a, const SubjectPattern& b);

[[nodiscard]] bool matches_rdn(const RdnPattern& pattern, const Rdn& rdn);

/// RDNs in DER order as the text of a pattern.
[[nodiscard]] std::string render_pattern(const std::vector<RdnPattern>& rdns);

}  // namespace certbound::x509
