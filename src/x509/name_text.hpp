#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "x509/name.hpp"

namespace certbound::x509 {

// The grammar under Name::parse. Internal to src/x509.

/// Which text is read.
enum class NameSyntax : std::uint8_t {
  rfc4514,  ///< RFC 4514 section 3, with blanks around `,` `+` `=`
  pattern,  ///< also `\*`; where an unescaped `*` stands is told
  quoted,   ///< also "quoted values", `;` as a separator and `OID.` before a dotted OID: RFC 1779 and what OpenSSL and
            ///< Java print
};

/// An unescaped `*` of a pattern.
struct Star {
  std::size_t offset = 0;    ///< in the value's text
  std::size_t position = 0;  ///< in the whole text
};

/// A value with stars, by its place among the RDNs.
struct StarredValue {
  std::size_t rdn = 0;
  std::size_t attribute = 0;
  std::vector<Star> stars;
};

struct NameText {
  std::vector<Rdn> rdns;              ///< in the order of the text
  std::vector<StarredValue> starred;  ///< of a pattern, in the order of the text
  bool is_spaced = false;             ///< every `=` has a blank on both sides, as OpenSSL prints it
};

/// Errors: `invalid_request`, `detail` names the position and what to write.
[[nodiscard]] Result<NameText> parse_name_text(std::string_view text, NameSyntax syntax);

/// Do the types run from the country to the person, which is the order of the DER and not that of RFC 4514?
[[nodiscard]] bool runs_downwards(const std::vector<Rdn>& rdns);

/// Was the text taken from what OpenSSL prints by default, so that its order is the wrong one?
[[nodiscard]] bool has_openssl_order(const NameText& name);
/// The error for that; `right` is what to write.
[[nodiscard]] Error openssl_order_error(const std::string& right);

/// `error` of parse_name_text, with what to write where `text` is another program's form of a name.
[[nodiscard]] Error explain_foreign_form(Error error, std::string_view text);

/// The RFC 4514 text of a name in one of OpenSSL's own forms (`/C=GB/O=x`, `subject=C = GB, O = "A, B"`), or nothing
/// where `text` is not one that can be read.
[[nodiscard]] std::optional<std::string> convert_openssl_name(std::string_view text);

}  // namespace certbound::x509
