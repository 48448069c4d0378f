#include <algorithm>
#include <utility>

#include "x509/crl.hpp"

namespace certbound::x509 {

namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

/// A block of PEM (RFC 7468).
struct Block {
  std::string_view label;
  std::string_view text;  ///< between the two lines
};

/// A list is longer than 127 octets, so its second octet is no character. Text may begin with the digit 0.
bool is_der(std::string_view content) {
  return content.size() > 1 && content[0] == '0' && (static_cast<unsigned char>(content[1]) & 0x80) != 0;
}

/// The next block of `rest`, which then is what follows it. Nothing where there is none.
Result<std::optional<Block>> take_block(std::string_view& rest) {
  const auto damaged = [](const std::string& why) { return invalid_input("a PEM block is damaged (" + why + ")"); };
  const std::size_t begin = rest.find(kBegin);
  if (begin == std::string_view::npos) {
    if (rest.find(kEnd) != std::string_view::npos) return damaged("an END line without its BEGIN line");
    return std::optional<Block>{};
  }
  if (rest.substr(0, begin).find(kEnd) != std::string_view::npos) return damaged("an END line without its BEGIN line");
  rest.remove_prefix(begin + kBegin.size());
  const std::size_t label_end = rest.find(kDashes);
  if (label_end == std::string_view::npos || rest.substr(0, label_end).find('\n') != std::string_view::npos) {
    return damaged("its BEGIN line");
  }
  Block block;
  block.label = rest.substr(0, label_end);
  rest.remove_prefix(label_end + kDashes.size());
  const std::size_t end = rest.find(kEnd);
  if (end == std::string_view::npos) return damaged("without an END line");
  block.text = rest.substr(0, end);
  rest.remove_prefix(end + kEnd.size());
  const std::string end_line = std::string{block.label} + std::string{kDashes};
  if (!rest.starts_with(end_line)) return damaged("its END line does not fit its BEGIN line");
  rest.remove_prefix(end_line.size());
  return std::optional<Block>{block};
}

bool is_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

/// Decodes base64 with line ends, a piece at a time: a list may have 70 MB of it.
std::optional<Bytes> decode_text(std::string_view text) {
  constexpr std::size_t kPiece = 48UL * 1024;  // a multiple of 4
  Bytes der;
  der.reserve(text.size() / 4 * 3);
  std::string piece;
  bool has_ended = false;
  const auto decode_piece = [&] {
    const auto octets = base64_decode(piece);
    if (!octets || (has_ended && !octets->empty())) return false;
    has_ended = piece.ends_with('=');
    der.insert(der.end(), octets->begin(), octets->end());
    piece.clear();
    return true;
  };
  for (const char c : text) {
    if (is_blank(c)) continue;
    piece.push_back(c);
    if (piece.size() == kPiece && !decode_piece()) return std::nullopt;
  }
  if (!decode_piece()) return std::nullopt;
  return der;
}

Result<std::vector<std::shared_ptr<const Crl>>> parse_one(ByteView der, std::span<const Certificate> issuers) {
  auto crl = Crl::parse_der(der, issuers);
  if (!crl) return std::move(crl).error();
  return std::vector<std::shared_ptr<const Crl>>{*std::move(crl)};
}

Result<std::shared_ptr<const Crl>> parse_block(const Block& block, std::span<const Certificate> issuers) {
  const auto der = decode_text(block.text);
  if (!der) return invalid_input("not base64");
  return Crl::parse_der(*der, issuers);
}

}  // namespace

Result<std::vector<std::shared_ptr<const Crl>>> parse_crls(std::string_view content,
                                                           std::span<const Certificate> issuers) {
  if (is_der(content)) return parse_one(as_bytes(content), issuers);
  std::vector<std::shared_ptr<const Crl>> crls;
  std::size_t number = 0;
  for (;;) {
    const auto block = take_block(content);
    if (!block) return block.error();
    if (!*block) break;
    ++number;
    if ((*block)->label.ends_with("PRIVATE KEY")) {
      return invalid_input("PEM block " + std::to_string(number) +
                           " is a private key; name the file that holds CRLs only");
    }
    if ((*block)->label != "X509 CRL") continue;
    auto crl = parse_block(**block, issuers);
    if (!crl) return invalid_input("PEM block " + std::to_string(number) + ": " + crl.error().detail);
    crls.push_back(*std::move(crl));
  }
  if (crls.empty()) return invalid_input("no CRL, neither in DER nor in PEM form (-----BEGIN X509 CRL-----)");
  return crls;
}

}  // namespace certbound::x509
