#include <algorithm>
#include <cstdint>
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

/// What a list of another CA is for the whole.
enum class Others : std::uint8_t { refuse, leave_out };

/// Takes the CRLs of a file one by one.
class CrlReader {
 public:
  CrlReader(std::span<const Certificate> issuers, Others others) : issuers_{issuers}, others_{others} {}

  /// `place` stands before what is wrong.
  Result<void> take(ByteView der, const std::string& place) {
    auto crl = Crl::parse_der(der, issuers_);
    if (crl) {
      known_.crls.push_back(*std::move(crl));
      return {};
    }
    std::string why = place + crl.error().detail;
    if (others_ == Others::refuse || !is_of_another_ca(der, issuers_)) return invalid_input(std::move(why));
    known_.left_out.push_back(std::move(why));
    return {};
  }

  Result<KnownCrls> finish() {
    if (!known_.crls.empty()) return std::move(known_);
    if (!known_.left_out.empty()) return invalid_input(known_.left_out.front());
    return invalid_input("no CRL, neither in DER nor in PEM form (-----BEGIN X509 CRL-----)");
  }

 private:
  std::span<const Certificate> issuers_;
  Others others_;
  KnownCrls known_;
};

constexpr std::string_view kCrlLabel = "X509 CRL";

/// As far as its blocks are not damaged: that is told when they are read.
bool has_too_many_lists(std::string_view content) {
  std::size_t lists = 0;
  for (auto block = take_block(content); block && *block && lists <= kMostCrlsOfAFile; block = take_block(content)) {
    if ((*block)->label == kCrlLabel) ++lists;
  }
  return lists > kMostCrlsOfAFile;
}

Result<void> read_block(CrlReader& reader, const Block& block, const std::string& place) {
  if (block.label.ends_with("PRIVATE KEY")) {
    return invalid_input(place + " is a private key; name the file that holds CRLs only");
  }
  if (block.label != kCrlLabel) return {};
  const auto der = decode_text(block.text);
  if (!der) return invalid_input(place + ": not base64");
  return reader.take(*der, place + ": ");
}

Result<KnownCrls> read_crls(std::string_view content, CrlReader reader) {
  if (is_der(content)) {
    if (auto taken = reader.take(as_bytes(content), ""); !taken) return std::move(taken).error();
    return reader.finish();
  }
  if (has_too_many_lists(content)) {
    return invalid_input("more than " + std::to_string(kMostCrlsOfAFile) + " CRLs in one");
  }
  for (std::size_t number = 1;; ++number) {
    const auto block = take_block(content);
    if (!block) return block.error();
    if (!*block) return reader.finish();
    auto taken = read_block(reader, **block, "PEM block " + std::to_string(number));
    if (!taken) return std::move(taken).error();
  }
}

}  // namespace

Result<std::vector<std::shared_ptr<const Crl>>> parse_crls(std::string_view content,
                                                           std::span<const Certificate> issuers) {
  auto read = read_crls(content, CrlReader{issuers, Others::refuse});
  if (!read) return std::move(read).error();
  return std::move(read->crls);
}

Result<KnownCrls> parse_known_crls(std::string_view content, std::span<const Certificate> issuers) {
  return read_crls(content, CrlReader{issuers, Others::leave_out});
}

}  // namespace certbound::x509
