#pragma once

#include <cstdint>
#include <optional>

#include "base/base64url.hpp"
#include "base/clock.hpp"

namespace certbound::x509 {

/// The tags that a CRL is made of (X.690 section 8); context tags as their octet.
namespace der_tag {
inline constexpr std::uint8_t kBoolean = 0x01;
inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kObjectIdentifier = 0x06;
inline constexpr std::uint8_t kEnumerated = 0x0a;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSequence = 0x30;
inline constexpr std::uint8_t kExplicit0 = 0xa0;
}  // namespace der_tag

/// One element. The views are into what the reader was given.
struct DerElement {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  ///< with tag and length
};

/// Reads elements one after another, without copying and without looking into them. Strict: tags of one octet, definite
/// lengths in their shortest form, of at most four octets, that stay within what is left.
class DerReader {
 public:
  explicit DerReader(ByteView der) : rest_{der} {}

  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
  [[nodiscard]] bool is_next(std::uint8_t tag) const { return !rest_.empty() && rest_.front() == tag; }

  /// The next element, whatever its tag; nothing where there is none or it is malformed, and then the reader stays
  /// where it is.
  [[nodiscard]] std::optional<DerElement> read();
  /// The same where it has this tag; otherwise nothing.
  [[nodiscard]] std::optional<DerElement> read(std::uint8_t tag);

 private:
  ByteView rest_;
};

/// Is it the content of an INTEGER or ENUMERATED: not empty, in its shortest form?
[[nodiscard]] bool is_der_integer(ByteView content);

/// UTCTime or GeneralizedTime in the one form that RFC 5280 section 4.1.2.5 permits: with seconds, without fractions,
/// `Z`. Nothing where it is another element or no such time.
[[nodiscard]] std::optional<WallTime> parse_der_time(const DerElement& element);

}  // namespace certbound::x509
