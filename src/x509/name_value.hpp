#pragma once

#include <string>
#include <string_view>

#include <openssl/asn1.h>

#include "x509/name.hpp"

namespace certbound::x509 {

// The parts of which Name's three sources (RFC 4514, X509_NAME, OpenSSL's printed forms) are made. Internal to
// src/x509.

/// An attribute whose value is the text `utf8`. `comparable` is false where preparation fails, where the value is empty
/// or blank, and where a domainComponent or an emailAddress is not ASCII. Errors: `invalid_request`, `detail` says that
/// the text is not UTF-8 or which code point is refused (policy DN-19).
[[nodiscard]] Result<NameAttribute> make_text_attribute(std::string oid, std::string utf8);

/// An attribute from an ASN.1 value: a string of any of the usual types as text, anything else by its DER.
/// Errors: as above, and for octets that are no valid string of their type.
[[nodiscard]] Result<NameAttribute> make_asn1_attribute(std::string oid, const ASN1_STRING& value);

/// An attribute from the `#hex` form of RFC 4514 section 2.4: one complete BER value, brought to DER.
/// Errors: as above, and for octets that are no such value.
[[nodiscard]] Result<NameAttribute> make_ber_attribute(std::string oid, ByteView ber);

/// Equal as RFC 5280 section 7.1 says; two strings of different ASN.1 types can be.
[[nodiscard]] bool is_same_attribute(const NameAttribute& a, const NameAttribute& b);

/// Equal as sets of attributes.
[[nodiscard]] bool is_same_rdn(const Rdn& a, const Rdn& b);

/// False where the attribute equals nothing, not even itself.
[[nodiscard]] bool is_comparable(const NameAttribute& attribute);

/// Equal exactly for attributes that are equal, of those that equal anything. Not for people.
[[nodiscard]] std::string canonical_attribute(const NameAttribute& attribute);
/// Text of which canonical forms are made: `,` `+` and `\` escaped, so that they can separate.
[[nodiscard]] std::string escape_canonical(std::string_view text);

/// RDNs in DER order as RFC 4514 text.
[[nodiscard]] std::string render_rdns(const std::vector<Rdn>& rdns);

/// A value as RFC 4514 text with its escapes.
[[nodiscard]] std::string render_attribute(const NameAttribute& attribute);

}  // namespace certbound::x509
