#include "x509/crl_extensions.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "x509/der.hpp"

namespace certbound::x509 {

namespace {

/// More than any list has; the search for repeated ones is quadratic.
constexpr std::size_t kMaximumExtensions = 32;
constexpr std::size_t kMaximumNumberOctets = 21;  // 20, and one for the sign
constexpr std::uint8_t kTrue = 0xff;
constexpr std::uint8_t kRemoveFromCrl = 8;

/// The last arc of 2.5.29, id-ce.
enum IdCe : std::uint8_t {
  kNoIdCe = 0,
  kCrlNumber = 20,
  kReasonCode = 21,
  kDeltaCrlIndicator = 27,
  kIssuingDistributionPoint = 28,
  kCertificateIssuer = 29,
  kAuthorityKeyIdentifier = 35,
};

struct CrlExtension {
  ByteView oid;
  bool is_critical = false;
  ByteView value;

  [[nodiscard]] std::uint8_t id_ce() const {
    const bool is_one = oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d;
    return is_one ? oid[2] : std::uint8_t{kNoIdCe};
  }
};

Error refuse_extensions() { return invalid_input("its extensions are malformed, or not DER"); }

Error refuse_unknown(const CrlExtension& extension) {
  return invalid_input("a critical extension that is not understood (object identifier, in hexadecimal: " +
                       hex_encode(extension.oid) + ")");
}

std::optional<CrlExtension> read_extension(DerReader& reader) {
  const auto whole = reader.read(der_tag::kSequence);
  if (!whole) return std::nullopt;
  DerReader inside{whole->content};
  const auto oid = inside.read(der_tag::kObjectIdentifier);
  if (!oid || oid->content.empty()) return std::nullopt;
  CrlExtension extension;
  extension.oid = oid->content;
  if (inside.is_next(der_tag::kBoolean)) {
    // FALSE is the default, which DER leaves out.
    const auto critical = inside.read();
    if (!critical || critical->content.size() != 1 || critical->content[0] != kTrue) return std::nullopt;
    extension.is_critical = true;
  }
  const auto value = inside.read(der_tag::kOctetString);
  if (!value || !inside.is_at_end()) return std::nullopt;
  extension.value = value->content;
  return extension;
}

/// Calls `check(extension)` for each; stops at the first that it refuses.
template <typename Check>
Result<void> check_each(ByteView content, const Check& check) {
  std::array<ByteView, kMaximumExtensions> seen;
  std::size_t count = 0;
  DerReader reader{content};
  if (reader.is_at_end()) return refuse_extensions();
  while (!reader.is_at_end()) {
    const auto extension = read_extension(reader);
    if (!extension) return refuse_extensions();
    if (count == seen.size()) return invalid_input("more than " + std::to_string(seen.size()) + " extensions");
    const auto is_same = [&extension](ByteView oid) {
      return std::equal(oid.begin(), oid.end(), extension->oid.begin(), extension->oid.end());
    };
    const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::any_of(seen.begin(), end, is_same)) return invalid_input("an extension stands twice");
    seen[count++] = extension->oid;
    if (auto good = check(*extension); !good) return good;
  }
  return {};
}

/// The only element of `value`, of this tag.
std::optional<ByteView> read_only(ByteView value, std::uint8_t tag) {
  DerReader reader{value};
  const auto element = reader.read(tag);
  if (!element || !reader.is_at_end()) return std::nullopt;
  return element->content;
}

Result<ByteView> parse_number(const CrlExtension& extension) {
  const auto number = read_only(extension.value, der_tag::kInteger);
  if (!number || !is_der_integer(*number)) return refuse_extensions();
  if (extension.is_critical) return invalid_input("its CRL number is critical, which RFC 5280 section 5.2.3 forbids");
  if ((number->front() & 0x80) != 0 || number->size() > kMaximumNumberOctets) {
    return invalid_input("its CRL number is negative, or longer than 20 octets");
  }
  return *number;
}

/// RFC 5280 section 5.2.5. Whatever stands in it, the list is not the whole one of its issuer.
Error refuse_distribution_point(const CrlExtension& extension) {
  constexpr std::uint8_t kIndirectCrl = 0x84;
  const auto fields = read_only(extension.value, der_tag::kSequence);
  if (!fields) return refuse_extensions();
  for (DerReader reader{*fields}; !reader.is_at_end();) {
    const auto field = reader.read();
    if (!field) return refuse_extensions();
    if (field->tag == kIndirectCrl)
      return invalid_input("an indirect CRL, which speaks for other issuers; name theirs");
  }
  return invalid_input(
      "its issuingDistributionPoint limits it to a part of what the CA issued; name the CA's complete CRL");
}

Result<void> check_entry_extension(const CrlExtension& extension) {
  switch (extension.id_ce()) {
    case kReasonCode: {
      const auto reason = read_only(extension.value, der_tag::kEnumerated);
      if (!reason || reason->size() != 1) return refuse_extensions();
      if (reason->front() == kRemoveFromCrl) {
        return invalid_input("an entry has the reason removeFromCRL, which only a delta CRL may have");
      }
      return {};
    }
    case kCertificateIssuer:
      return invalid_input("an entry names another issuer: an indirect CRL; name the issuers' own");
    default:
      if (extension.is_critical) return refuse_unknown(extension);
      return {};
  }
}

}  // namespace

Result<ByteView> check_crl_extensions(ByteView content) {
  ByteView number;
  auto checked = check_each(content, [&number](const CrlExtension& extension) -> Result<void> {
    switch (extension.id_ce()) {
      case kCrlNumber: {
        const auto parsed = parse_number(extension);
        if (!parsed) return parsed.error();
        number = *parsed;
        return {};
      }
      case kDeltaCrlIndicator:
        return invalid_input("a delta CRL; name the complete one");
      case kIssuingDistributionPoint:
        return refuse_distribution_point(extension);
      case kAuthorityKeyIdentifier:
        return {};  // the key is known by the signature
      default:
        if (extension.is_critical) return refuse_unknown(extension);
        return {};
    }
  });
  if (!checked) return std::move(checked).error();
  return number;
}

Result<void> check_crl_entry_extensions(ByteView content) { return check_each(content, &check_entry_extension); }

}  // namespace certbound::x509
