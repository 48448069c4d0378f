#include "jose/jws_sign.hpp"

#include <array>
#include <span>

#include <openssl/rsa.h>

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
#include "jose/algorithm.hpp"
#include "jose/ecdsa_signature.hpp"

namespace certbound::jose {

namespace {

constexpr std::size_t kMaximumSignature = 1024;  // RSA with 8192 bits
constexpr std::size_t kEs256Signature = 64;

using SignatureBuffer = std::array<std::uint8_t, kMaximumSignature>;

Error signing_error(std::string_view what) {
  return internal_error("signing: " + std::string{what} + ": " + crypto::take_openssl_errors());
}

Result<void> check_signing_key(const EVP_PKEY& key, const Algorithm& algorithm) {
  if (!fits_key(algorithm, key)) {
    return internal_error("a key of type " + crypto::describe_key(key) + " cannot sign " + std::string{algorithm.name});
  }
  if (auto checked = crypto::check_key_strength(key); !checked) return internal_error(checked.error().detail);
  return {};
}

bool set_up_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool set_up_padding(EVP_PKEY_CTX* context, SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::rsa_pkcs1:
      return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    case SignatureScheme::rsa_pss:
      return set_up_pss(context);
    case SignatureScheme::ecdsa:
    case SignatureScheme::ed25519:
      return true;
  }
  return false;
}

/// A context that signs digests, as often as wanted: EVP_PKEY_sign leaves it as it was.
crypto::KeyContextHandle make_digest_signing_context(EVP_PKEY& key, SignatureScheme scheme) {
  crypto::KeyContextHandle context{EVP_PKEY_CTX_new_from_pkey(nullptr, &key, nullptr)};
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1 || !set_up_padding(context.get(), scheme)) {
    return nullptr;
  }
  return context;
}

crypto::DigestContextHandle make_message_signing_context(EVP_PKEY& key) {
  crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, &key) != 1) return nullptr;
  return context;
}

}  // namespace

/// The contexts hold the reference to the key.
struct Signer::State {
  model::SigningAlgorithm name;
  SignatureScheme scheme;
  crypto::KeyContextHandle digest_context;  // ECDSA and RSA
  // Ed25519, which signs the message itself: set up once, copied for each signature.
  crypto::DigestContextHandle message_template;
  crypto::DigestContextHandle message_context;

  Result<ByteView> sign_digest(SignatureBuffer& buffer, std::string_view input) const {
    const crypto::Sha256 digest = crypto::sha256(input);
    std::size_t length = buffer.size();
    if (EVP_PKEY_sign(digest_context.get(), buffer.data(), &length, digest.octets.data(), digest.octets.size()) != 1) {
      return signing_error("EVP_PKEY_sign");
    }
    return ByteView{buffer}.first(length);
  }

  Result<ByteView> sign_message(SignatureBuffer& buffer, std::string_view input) const {
    std::size_t length = buffer.size();
    const ByteView message = as_bytes(input);
    // A copy each time: later versions of OpenSSL call a context finished after one signature. Setting it up anew would
    // fetch the algorithm, under a lock that all workers share.
    if (EVP_MD_CTX_copy_ex(message_context.get(), message_template.get()) != 1 ||
        EVP_DigestSign(message_context.get(), buffer.data(), &length, message.data(), message.size()) != 1) {
      return signing_error("EVP_DigestSign");
    }
    return ByteView{buffer}.first(length);
  }

  [[nodiscard]] Result<void> append_es256(std::string& out, ByteView der) const {
    std::array<std::uint8_t, kEs256Signature> raw{};
    if (!parse_der_signature(der, raw)) return internal_error("signing: OpenSSL's ECDSA signature is not DER");
    base64url_append(out, raw);
    return {};
  }
};

crypto::KeyType key_type_for(model::SigningAlgorithm algorithm) {
  switch (algorithm) {
    case model::SigningAlgorithm::es256:
      return crypto::KeyType::ec_p256;
    case model::SigningAlgorithm::ps256:
    case model::SigningAlgorithm::rs256:
      return crypto::KeyType::rsa_2048;
    case model::SigningAlgorithm::eddsa:
      return crypto::KeyType::ed25519;
  }
  return crypto::KeyType::ec_p256;
}

Result<Signer> Signer::make(EVP_PKEY& key, model::SigningAlgorithm algorithm) {
  const Algorithm* row = find_algorithm(model::name(algorithm));
  if (row == nullptr) return internal_error("an algorithm without a name");
  if (auto checked = check_signing_key(key, *row); !checked) return std::move(checked).error();
  auto state = std::make_unique<State>(State{algorithm, row->scheme, nullptr, nullptr, nullptr});
  if (row->scheme == SignatureScheme::ed25519) {
    state->message_context.reset(EVP_MD_CTX_new());
    state->message_template = make_message_signing_context(key);
    if (!state->message_context || !state->message_template) return signing_error("set-up");
  } else {
    state->digest_context = make_digest_signing_context(key, row->scheme);
    if (!state->digest_context) return signing_error("set-up");
  }
  Signer signer{std::move(state)};
  std::string signature;
  if (auto signed_once = signer.append_signature(signature, "."); !signed_once) return std::move(signed_once).error();
  return signer;
}

Signer::Signer(std::unique_ptr<State> state) : state_{std::move(state)} {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<void> Signer::append_signature(std::string& out, std::string_view input) {
  SignatureBuffer buffer;
  auto signature = state_->scheme == SignatureScheme::ed25519 ? state_->sign_message(buffer, input)
                                                              : state_->sign_digest(buffer, input);
  if (!signature) return std::move(signature).error();
  if (state_->scheme == SignatureScheme::ecdsa) return state_->append_es256(out, *signature);
  base64url_append(out, *signature);
  return {};
}

model::SigningAlgorithm Signer::algorithm() const { return state_->name; }

Result<std::string> sign_compact(Signer& signer, std::string_view header_json, std::string_view payload_json) {
  std::string out;
  out.reserve((header_json.size() + payload_json.size()) * 4 / 3 + 128);
  base64url_append(out, as_bytes(header_json));
  out.push_back('.');
  base64url_append(out, as_bytes(payload_json));
  const std::size_t input_length = out.size();
  out.push_back('.');
  auto done = signer.append_signature(out, std::string_view{out}.substr(0, input_length));
  if (!done) return std::move(done).error();
  return out;
}

}  // namespace certbound::jose
