#include "jose/jws_verify.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "jose/algorithm.hpp"
#include "jose/verify_signature.hpp"

namespace certbound::jose {

namespace {

constexpr std::size_t kMaximumTries = 16;
constexpr std::size_t kMaximumQuoted = 64;

/// What the header selects; nothing of it is trusted.
struct HeaderChoice {
  const Algorithm* algorithm = nullptr;
  std::optional<std::string> kid;
};

/// For `detail`: a stranger's text, cut and escaped.
std::string quote_short(std::string_view text) { return json_quoted(text.substr(0, kMaximumQuoted)); }

Result<Bytes> decode_part(std::string_view part, const char* name) {
  auto octets = base64url_decode(part);
  if (!octets) return invalid_input(std::string{"the JWS "} + name + " is not base64url without padding");
  return *std::move(octets);
}

Result<nlohmann::json> parse_header(std::string_view text) {
  auto header = parse_json(text);
  if (!header) {
    header.error().detail.insert(0, "the JWS header: ");
    return header;
  }
  if (!header->is_object()) return invalid_input("the JWS header is not an object");
  return header;
}

/// Two names of one algorithm are one: `EdDSA` with an Ed25519 key is `Ed25519` (RFC 9864).
bool is_listed(const Algorithm& algorithm, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    const Algorithm* listed = find_algorithm(name);
    return listed != nullptr && is_same_algorithm(*listed, algorithm);
  });
}

Result<const Algorithm*> find_listed(const nlohmann::json& header, std::span<const std::string_view> algorithms) {
  const auto found = header.find("alg");
  if (found == header.end() || !found->is_string()) return invalid_input("alg: missing or not a string");
  const auto& name = found->get_ref<const std::string&>();
  const Algorithm* algorithm = find_algorithm(name);
  if (algorithm == nullptr || !is_listed(*algorithm, algorithms)) {
    return invalid_input("alg: " + quote_short(name) + " is not accepted here");
  }
  return algorithm;
}

Result<HeaderChoice> choose_from_header(const nlohmann::json& header, std::span<const std::string_view> algorithms) {
  auto algorithm = choose_algorithm(header, algorithms);
  if (!algorithm) return std::move(algorithm).error();
  HeaderChoice choice{*algorithm, std::nullopt};
  if (const auto kid = header.find("kid"); kid != header.end()) {
    if (!kid->is_string()) return invalid_input("kid: not a string");
    choice.kid = kid->get<std::string>();
  }
  return choice;
}

Result<std::vector<const Jwk*>> find_candidates(std::span<const Jwk> keys, const HeaderChoice& choice,
                                                Nameless nameless) {
  std::vector<const Jwk*> candidates;
  bool kid_known = false;
  for (const Jwk& jwk : keys) {
    const bool may_be_named = nameless == Nameless::tried && jwk.kid.empty();
    if (choice.kid && jwk.kid != *choice.kid && !may_be_named) continue;
    kid_known = true;
    if (may_verify_with(jwk, *choice.algorithm)) candidates.push_back(&jwk);
  }
  if (choice.kid && !kid_known) return invalid_input("kid: no key is named " + quote_short(*choice.kid));
  if (candidates.empty()) return invalid_input("alg: no key for " + std::string{choice.algorithm->name});
  if (choice.kid && nameless == Nameless::skipped && candidates.size() > 1)
    return invalid_input("kid: several keys are named " + quote_short(*choice.kid));
  if (candidates.size() > kMaximumTries)
    return invalid_input("kid: it names no one key, and more than 16 would have to be tried");
  return candidates;
}

}  // namespace

Result<UnverifiedJws> split_compact(std::string_view token, std::size_t max_bytes, nlohmann::json& header) {
  if (token.size() > max_bytes) return invalid_input("a JWS larger than " + std::to_string(max_bytes / 1024) + " KiB");
  const auto parts = split(token, '.');
  if (parts.size() != 3) return invalid_input("a compact JWS has three parts, not " + std::to_string(parts.size()));
  auto header_octets = decode_part(parts[0], "header");
  if (!header_octets) return std::move(header_octets).error();
  auto payload = decode_part(parts[1], "payload");
  if (!payload) return std::move(payload).error();
  auto signature = decode_part(parts[2], "signature");
  if (!signature) return std::move(signature).error();
  UnverifiedJws jws{{header_octets->begin(), header_octets->end()},
                    {payload->begin(), payload->end()},
                    *std::move(signature),
                    std::string{token.substr(0, parts[0].size() + 1 + parts[1].size())}};
  auto parsed = parse_header(jws.header_json);
  if (!parsed) return std::move(parsed).error();
  header = *std::move(parsed);
  return jws;
}

Result<UnverifiedJws> split_compact(std::string_view token, std::size_t max_bytes) {
  nlohmann::json header;
  return split_compact(token, max_bytes, header);
}

Result<const Algorithm*> choose_algorithm(const nlohmann::json& header, std::span<const std::string_view> algorithms) {
  // No extension is understood, so every well-formed `crit` names an unknown one (RFC 7515 section 4.1.11); the rest
  // are malformed.
  if (header.contains("crit")) return invalid_input("crit: no extension is understood");
  if (header.contains("b64")) return invalid_input("b64: not supported (RFC 7797)");
  return find_listed(header, algorithms);
}

bool may_verify_with(const Jwk& jwk, const Algorithm& algorithm) {
  if (!jwk.may_verify || !fits_key(algorithm, *jwk.key)) return false;
  if (jwk.alg.empty()) return true;
  const Algorithm* own = find_algorithm(jwk.alg);
  return own != nullptr && is_same_algorithm(*own, algorithm);
}

Result<VerifiedJws> verify_compact(std::string_view token, std::span<const Jwk> keys,
                                   std::span<const std::string_view> algorithms) {
  JwsStep step{};
  return verify_compact(token, keys, algorithms, step);
}

Result<VerifiedJws> verify_compact(std::string_view token, std::span<const Jwk> keys,
                                   std::span<const std::string_view> algorithms, JwsStep& step, std::size_t max_bytes,
                                   Nameless nameless) {
  step = JwsStep::take_apart;
  nlohmann::json header;
  auto jws = split_compact(token, max_bytes, header);
  if (!jws) return std::move(jws).error();
  step = JwsStep::choose;
  auto choice = choose_from_header(header, algorithms);
  if (!choice) return std::move(choice).error();
  step = JwsStep::find_key;
  auto candidates = find_candidates(keys, *choice, nameless);
  if (!candidates) return std::move(candidates).error();
  step = JwsStep::verify;
  std::optional<Error> problem;
  for (const Jwk* jwk : *candidates) {
    auto verified = verify_signature(*choice->algorithm, *jwk->key, as_bytes(jws->signing_input), jws->signature);
    if (verified) return VerifiedJws{std::move(jws->header_json), std::move(jws->payload), jwk->kid};
    problem = std::move(verified).error();
  }
  return *std::move(problem);
}

}  // namespace certbound::jose
