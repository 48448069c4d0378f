#include "base/base64url.hpp"

#include <array>

namespace certbound {

namespace {

constexpr std::string_view kUrlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xff;

using ReverseTable = std::array<std::uint8_t, 256>;

consteval ReverseTable reverse(std::string_view alphabet) {
  ReverseTable table{};
  table.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr ReverseTable kUrlReverse = reverse(kUrlAlphabet);
constexpr ReverseTable kStandardReverse = reverse(kStandardAlphabet);

void append_base64(std::string& out, ByteView bytes, std::string_view alphabet) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() * 4 + 2) / 3);
  char* cursor = out.data() + start;
  const char* const digits = alphabet.data();
  const std::uint8_t* octet = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, octet += 3) {
    const unsigned group = (unsigned{octet[0]} << 16) | (unsigned{octet[1]} << 8) | octet[2];
    *cursor++ = digits[group >> 18];
    *cursor++ = digits[(group >> 12) & 63U];
    *cursor++ = digits[(group >> 6) & 63U];
    *cursor++ = digits[group & 63U];
  }
  if (left == 0) return;
  const unsigned group = (unsigned{octet[0]} << 16) | (left == 2 ? unsigned{octet[1]} << 8 : 0U);
  *cursor++ = digits[group >> 18];
  *cursor++ = digits[(group >> 12) & 63U];
  if (left == 2) *cursor++ = digits[(group >> 6) & 63U];
}

std::optional<Bytes> decode_unpadded(std::string_view text, const ReverseTable& table) {
  if (text.size() % 4 == 1) return std::nullopt;
  const auto digit = [&](std::size_t i) { return unsigned{table[static_cast<unsigned char>(text[i])]}; };
  const std::size_t whole = text.size() / 4 * 4;
  Bytes bytes(text.size() * 3 / 4);
  std::uint8_t* octet = bytes.data();
  unsigned seen = 0;  // of kNoDigit more bits are set than of any digit
  for (std::size_t i = 0; i < whole; i += 4) {
    const unsigned group = (digit(i) << 18) | (digit(i + 1) << 12) | (digit(i + 2) << 6) | digit(i + 3);
    seen |= digit(i) | digit(i + 1) | digit(i + 2) | digit(i + 3);
    *octet++ = static_cast<std::uint8_t>(group >> 16);
    *octet++ = static_cast<std::uint8_t>(group >> 8);
    *octet++ = static_cast<std::uint8_t>(group);
  }
  unsigned group = 0;
  for (std::size_t i = whole; i < text.size(); ++i) {
    seen |= digit(i);
    group = (group << 6) | digit(i);
  }
  if (seen > 63) return std::nullopt;
  // What is left over must be zero, or one value would have several spellings: 4 bits of two digits, 2 of three.
  const std::size_t rest = text.size() - whole;
  const unsigned unused = rest == 2 ? 4 : 2;
  if ((group & ((1U << unused) - 1)) != 0) return std::nullopt;
  group >>= unused;
  if (rest == 3) *octet++ = static_cast<std::uint8_t>(group >> 8);
  if (rest >= 2) *octet = static_cast<std::uint8_t>(group);
  return bytes;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string base64url_encode(ByteView bytes) {
  std::string out;
  base64url_append(out, bytes);
  return out;
}

void base64url_append(std::string& out, ByteView bytes) { append_base64(out, bytes, kUrlAlphabet); }

std::optional<Bytes> base64url_decode(std::string_view text) { return decode_unpadded(text, kUrlReverse); }

std::string base64_encode(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  append_base64(out, bytes, kStandardAlphabet);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::optional<Bytes> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode_unpadded(text, kStandardReverse);
}

std::string hex_encode(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  return out;
}

std::optional<Bytes> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

}  // namespace certbound
