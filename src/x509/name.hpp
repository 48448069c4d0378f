#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/x509.h>

#include "base/base64url.hpp"
#include "base/result.hpp"

namespace certbound::x509 {

/// How two distinguished names compare.
enum class NameMatch : std::uint8_t {
  equal,
  order_differs,  ///< the same RDNs in another order: not equal, and worth a message of its own
  different,
};

/// One attribute of an RDN: type by OID, value by DER and, where it is a string, by its text.
struct NameAttribute {
  std::string oid;   ///< dotted decimal
  std::string text;  ///< the value in UTF-8; empty where is_string is false
  bool is_string = false;
  Bytes der;                ///< the value's DER with its tag; empty where is_string is true
  std::string prepared;     ///< RFC 4518 prepared text for comparison; empty where `comparable` is false
  bool comparable = false;  ///< of a string. False: preparation failed (prohibited or unassigned code point), or it is
                            ///< blank, so it equals nothing
};

using Rdn = std::vector<NameAttribute>;

/// A distinguished name as a structure (RFC 5280 section 4.1.2.4). Exists only if it is well formed. Never parsed from
/// a rendered certificate; a certificate's name comes from its ASN.1.
class Name {
 public:
  /// A registered string after RFC 4514 section 3, strict but for blanks around `,` `+` `=`. The string runs most
  /// specific first: it is reversed into DER order here. Errors: `invalid_request`; `detail` names the position and
  /// what to write, says so when the text is in OpenSSL's own format
  /// (`C = GB, O = …`, `/C=GB/O=…`) and prints the RFC 4514 form of it. The empty name is an error (policy DN-21), as
  /// are an empty value, NUL, control and invisible characters in a value (DN-19), and a value that could equal nothing
  /// (DN-20). Blanks on both sides of every `=` together with types that run from the country to the person are
  /// OpenSSL's format and an error, although the grammar would permit them: the order would silently be the wrong one.
  [[nodiscard]] static Result<Name> parse(std::string_view rfc4514);

  /// A certificate's subject or issuer. Errors: `invalid_client` with Reason::certificate_unusable where a value holds
  /// NUL, control or invisible characters (DN-19) or is not a valid string of its type. An empty name is valid here and
  /// equals nothing. About 0.5 us for three ASCII attributes.
  [[nodiscard]] static Result<Name> from_x509(const X509_NAME& name);

  /// In DER order: least specific first.
  [[nodiscard]] const std::vector<Rdn>& rdns() const { return rdns_; }
  [[nodiscard]] bool is_empty() const { return rdns_.empty(); }

  /// RFC 4514 text, most specific first, UTF-8 kept. Keywords are the nine of RFC 4514 section 3, other types are
  /// dotted OIDs; strings are printed as text whatever their type, other values as #hex. Where canonical() is not
  /// empty, parse() reads it back to an equal name.
  [[nodiscard]] std::string to_rfc4514() const;

  /// The text after which two names are equal exactly if compare_names says so. Not for people. Empty where the name
  /// can equal nothing.
  [[nodiscard]] std::string canonical() const;

 private:
  explicit Name(std::vector<Rdn> rdns) : rdns_{std::move(rdns)} {}
  std::vector<Rdn> rdns_;
};

/// RFC 5280 section 7.1: RDN by RDN in order, each RDN as a set of attributes, types by OID, values by RFC 4518
/// preparation with case folding; domainComponent and emailAddress as ASCII case-insensitive text. An empty name equals
/// nothing.
[[nodiscard]] NameMatch compare_names(const Name& registered, const Name& presented);

/// Rendering for the log and the audit record, which must not fail: RFC 4514 where the name is well formed, else an
/// escaped rendering by OpenSSL (XN_FLAG_RFC2253 with control characters escaped).
[[nodiscard]] std::string render_name(const X509_NAME& name);

}  // namespace certbound::x509
