#include "jose/ecdsa_signature.hpp"

#include <algorithm>
#include <optional>

namespace certbound::jose {

namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kOneLengthOctet = 0x81;

/// Cuts one element with that tag off the front of `der` and gives its content; nothing where there is none.
std::optional<ByteView> take_element(ByteView& der, std::uint8_t tag) {
  if (der.size() < 2 || der[0] != tag) return std::nullopt;
  std::size_t length = der[1];
  std::size_t header = 2;
  if (length == kOneLengthOctet && der.size() > 2 && der[2] >= 0x80) {
    length = der[2];
    header = 3;
  } else if (length >= 0x80) {
    return std::nullopt;
  }
  if (der.size() - header < length) return std::nullopt;
  const ByteView content = der.subspan(header, length);
  der = der.subspan(header + length);
  return content;
}

ByteView without_leading_zeros(ByteView number) {
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

bool copy_number(ByteView& der, std::span<std::uint8_t> out) {
  const auto content = take_element(der, kInteger);
  if (!content || content->empty() || content->front() >= 0x80) return false;
  const ByteView number = without_leading_zeros(*content);
  if (number.size() > out.size()) return false;
  const auto padding = out.first(out.size() - number.size());
  std::fill(padding.begin(), padding.end(), std::uint8_t{0});
  std::copy(number.begin(), number.end(), out.subspan(padding.size()).begin());
  return true;
}

void append_octet(DerSignature& der, std::size_t octet) { der.octets[der.length++] = static_cast<std::uint8_t>(octet); }

/// Octets that the content of the INTEGER takes: a leading zero keeps it positive, and zero itself is one octet.
std::size_t integer_octets(ByteView number) {
  return number.empty() || number.front() >= 0x80 ? number.size() + 1 : number.size();
}

void append_number(DerSignature& der, ByteView number) {
  append_octet(der, kInteger);
  append_octet(der, integer_octets(number));
  if (integer_octets(number) != number.size()) append_octet(der, 0);
  for (const std::uint8_t octet : number) append_octet(der, octet);
}

}  // namespace

bool parse_der_signature(ByteView der, std::span<std::uint8_t> raw) {
  auto sequence = take_element(der, kSequence);
  if (!sequence || !der.empty()) return false;
  const std::size_t half = raw.size() / 2;
  return copy_number(*sequence, raw.first(half)) && copy_number(*sequence, raw.subspan(half)) && sequence->empty();
}

DerSignature make_der_signature(ByteView raw) {
  const ByteView r = without_leading_zeros(raw.first(raw.size() / 2));
  const ByteView s = without_leading_zeros(raw.subspan(raw.size() / 2));
  const std::size_t length = 4 + integer_octets(r) + integer_octets(s);
  DerSignature der;
  append_octet(der, kSequence);
  if (length >= 0x80) append_octet(der, kOneLengthOctet);
  append_octet(der, length);
  append_number(der, r);
  append_number(der, s);
  return der;
}

bool has_zero_half(ByteView raw) {
  const std::size_t half = raw.size() / 2;
  return without_leading_zeros(raw.first(half)).empty() || without_leading_zeros(raw.subspan(half)).empty();
}

}  // namespace certbound::jose
