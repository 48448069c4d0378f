#include "jose/jwe.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"

namespace certbound::jose {

namespace {

constexpr std::size_t kMaximumSealedBytes = 64UL * 1024;

/// Octets of exactly the size of `out`.
template <std::size_t N>
bool decode_exactly(std::string_view part, std::array<std::uint8_t, N>& out) {
  const auto octets = base64url_decode(part);
  if (!octets || octets->size() != N) return false;
  std::copy(octets->begin(), octets->end(), out.begin());
  return true;
}

Result<void> read_sealed_header(std::string_view part, SealedJwe& jwe) {
  const auto octets = base64url_decode(part);
  if (!octets) return invalid_input("the JWE header is not base64url without padding");
  const auto header = parse_json({reinterpret_cast<const char*>(octets->data()), octets->size()});
  if (!header) return invalid_input("the JWE header: " + header.error().detail);
  if (string_member(*header, "alg") != "dir") return invalid_input("alg: not dir");
  if (string_member(*header, "enc") != "A256GCM") return invalid_input("enc: not A256GCM");
  jwe.typ = string_member(*header, "typ");
  jwe.kid = string_member(*header, "kid");
  if (jwe.typ.empty() || jwe.kid.empty()) return invalid_input("typ or kid: missing");
  if (header->size() != 4) return invalid_input("a header member that is not understood");
  return {};
}

}  // namespace

Result<std::string> seal_compact(std::string_view typ, std::string_view kid, const crypto::Secret& key,
                                 const crypto::GcmNonce& nonce, std::string_view text) {
  std::string header = "{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"typ\":\"" + std::string{typ};
  header += "\",\"kid\":\"" + std::string{kid} + "\"}";
  std::string out = base64url_encode(as_bytes(header));
  const auto sealed = crypto::seal_aes_256_gcm(key.expose(), nonce, as_bytes(out), as_bytes(text));
  if (!sealed) return sealed.error();
  out.reserve(out.size() + text.size() * 4 / 3 + 64);
  out += "..";
  base64url_append(out, sealed->nonce);
  out.push_back('.');
  base64url_append(out, sealed->ciphertext);
  out.push_back('.');
  base64url_append(out, sealed->tag);
  return out;
}

bool has_parts_of_jwe(std::string_view token) { return std::count(token.begin(), token.end(), '.') == 4; }

Result<SealedJwe> parse_sealed(std::string_view token) {
  if (token.size() > kMaximumSealedBytes) return invalid_input("a JWE larger than 64 KiB");
  const auto parts = split(token, '.');
  if (parts.size() != 5) return invalid_input("a compact JWE has five parts, not " + std::to_string(parts.size()));
  if (!parts[1].empty()) return invalid_input("an encrypted key, which dir has not");
  SealedJwe jwe;
  jwe.associated = parts[0];
  if (auto read = read_sealed_header(parts[0], jwe); !read) return std::move(read).error();
  if (!decode_exactly(parts[2], jwe.sealed.nonce)) return invalid_input("the nonce is not 12 octets of base64url");
  auto ciphertext = base64url_decode(parts[3]);
  if (!ciphertext) return invalid_input("the ciphertext is not base64url without padding");
  jwe.sealed.ciphertext = *std::move(ciphertext);
  if (!decode_exactly(parts[4], jwe.sealed.tag)) return invalid_input("the tag is not 16 octets of base64url");
  return jwe;
}

Result<std::string> open_sealed(const SealedJwe& jwe, const crypto::Secret& key) {
  const auto text = crypto::open_aes_256_gcm(key.expose(), as_bytes(jwe.associated), jwe.sealed);
  if (!text) return invalid_input("sealed by another key, or changed");
  const ByteView octets = text->expose();
  return std::string{reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace certbound::jose
