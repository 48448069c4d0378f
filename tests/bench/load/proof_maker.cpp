#include "proof_maker.hpp"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "crypto/key.hpp"
#include "crypto/random.hpp"
#include "jose/jwk.hpp"

namespace certbound::load {

namespace {

constexpr long long kProofLifetime = 60;  // seconds
constexpr std::string_view kAssertionHeader = R"({"typ":"client-authentication+jwt","alg":"ES256"})";

Result<crypto::KeyHandle> load_key(const std::string& path) {
  const auto pem = load_file(path);
  if (!pem) return pem.error();
  auto key = crypto::parse_private_key_pem(*pem);
  if (!key) key.error().detail.insert(0, path + ": ");
  return key;
}

Result<jose::Signer> make_signer(const std::string& path, EVP_PKEY& key) {
  auto signer = jose::Signer::make(key, model::SigningAlgorithm::es256);
  if (!signer) return invalid_input(path + ": not a key for ES256: " + signer.error().detail);
  return signer;
}

std::string url_of(const Options& options) {
  return "https://" + options.host + ':' + std::to_string(options.endpoint.port) +
         options.path.substr(0, options.path.find('?'));
}

/// `claims` are members, each with its comma; `iat` and `jti` are added.
std::string sign_once(std::optional<jose::Signer>& signer, std::string_view header, std::string claims,
                      long long issued_at) {
  const auto jti = crypto::random_id();
  if (!signer || !jti) return {};
  claims += "\"iat\":" + std::to_string(issued_at) + ",\"jti\":\"" + *jti + "\"}";
  auto text = jose::sign_compact(*signer, header, claims);
  return text ? *std::move(text) : std::string{};
}

long long seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

Result<std::unique_ptr<ProofMaker>> ProofMaker::make(const Options& options) {
  std::unique_ptr<ProofMaker> maker{new ProofMaker};
  if (auto taken = maker->take_assertion_key(options); !taken) return std::move(taken).error();
  if (auto taken = maker->take_dpop_key(options); !taken) return std::move(taken).error();
  return maker;
}

Result<void> ProofMaker::take_assertion_key(const Options& options) {
  if (options.assertion_key_file.empty()) return {};
  const auto key = load_key(options.assertion_key_file);
  if (!key) return key.error();
  auto signer = make_signer(options.assertion_key_file, **key);
  if (!signer) return std::move(signer).error();
  assertion_signer_ = *std::move(signer);
  audience_ = json_quoted(options.audience);
  return {};
}

Result<void> ProofMaker::take_dpop_key(const Options& options) {
  if (options.dpop_key_file.empty()) return {};
  const auto key = load_key(options.dpop_key_file);
  if (!key) return key.error();
  auto signer = make_signer(options.dpop_key_file, **key);
  if (!signer) return std::move(signer).error();
  const auto jwk = jose::to_jwk(**key);
  const auto thumbprint = jose::key_thumbprint(**key);
  if (!jwk || !thumbprint) return invalid_input(options.dpop_key_file + ": has no JWK form");
  proof_signer_ = *std::move(signer);
  proof_header_ = R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jwk->dump() + '}';
  proof_target_ = "{\"htm\":" + json_quoted(options.method) + ",\"htu\":" + json_quoted(url_of(options)) + ',';
  jkt_ = thumbprint->to_base64url();
  return {};
}

std::string ProofMaker::make_assertion(std::string_view client_id) {
  const long long now = seconds_now();
  const std::string client = json_quoted(client_id);
  return sign_once(assertion_signer_, kAssertionHeader,
                   "{\"iss\":" + client + ",\"sub\":" + client + ",\"aud\":" + audience_ +
                       ",\"exp\":" + std::to_string(now + kProofLifetime) + ',',
                   now);
}

std::string ProofMaker::make_proof() { return sign_once(proof_signer_, proof_header_, proof_target_, seconds_now()); }

}  // namespace certbound::load
