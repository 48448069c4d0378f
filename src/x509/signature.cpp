#include "x509/signature.hpp"

#include <memory>
#include <string>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/handle.hpp"
#include "crypto/key.hpp"

namespace certbound::x509 {

namespace {

constexpr int kSecurityBits = 112;
constexpr long kPssDefaultSalt = 20;
constexpr long kPssMaximumSalt = 512;

using AlgorithmHandle = std::unique_ptr<X509_ALGOR, crypto::Deleter<X509_ALGOR_free>>;
using PssHandle = std::unique_ptr<RSA_PSS_PARAMS, crypto::Deleter<RSA_PSS_PARAMS_free>>;

struct Scheme {
  int key_type = NID_undef;
  const EVP_MD* digest = nullptr;  ///< null: the algorithm has its own
  int pss_salt = -1;               ///< negative: not PSS
};

std::string describe_algorithm(const X509_ALGOR& algorithm) {
  char text[80] = {};
  OBJ_obj2txt(text, sizeof text, algorithm.algorithm, 0);
  return text;
}

Result<Scheme> parse_pss(const X509_ALGOR& algorithm) {
  const auto refuse = [](const std::string& why) { return invalid_input("RSASSA-PSS " + why); };
  if (algorithm.parameter == nullptr) return refuse("without parameters, which means SHA-1");
  const PssHandle pss{
      static_cast<RSA_PSS_PARAMS*>(ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm.parameter))};
  if (!pss) return refuse("with malformed parameters");
  if (pss->hashAlgorithm == nullptr || pss->maskGenAlgorithm == nullptr) return refuse("with SHA-1");
  const int digest = OBJ_obj2nid(pss->hashAlgorithm->algorithm);
  if (OBJ_obj2nid(pss->maskGenAlgorithm->algorithm) != NID_mgf1 || pss->maskGenAlgorithm->parameter == nullptr) {
    return refuse("with another mask generation function than MGF1");
  }
  const AlgorithmHandle mask{static_cast<X509_ALGOR*>(
      ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), pss->maskGenAlgorithm->parameter))};
  if (!mask || OBJ_obj2nid(mask->algorithm) != digest) return refuse("with two different digests");
  if (pss->trailerField != nullptr && ASN1_INTEGER_get(pss->trailerField) != 1) return refuse("with another trailer");
  const long salt = pss->saltLength == nullptr ? kPssDefaultSalt : ASN1_INTEGER_get(pss->saltLength);
  if (salt < 0 || salt > kPssMaximumSalt) return refuse("with a salt of impossible length");
  Scheme scheme;
  scheme.key_type = EVP_PKEY_RSA;
  scheme.digest = EVP_get_digestbynid(digest);
  scheme.pss_salt = static_cast<int>(salt);
  if (scheme.digest == nullptr) return refuse("with an unknown digest");
  return scheme;
}

Result<Scheme> parse_scheme(const X509_ALGOR& algorithm) {
  const int nid = OBJ_obj2nid(algorithm.algorithm);
  if (nid == NID_rsassaPss) return parse_pss(algorithm);
  int digest = NID_undef;
  Scheme scheme;
  const auto refuse = [&algorithm] {
    return invalid_input("the signature algorithm " + describe_algorithm(algorithm) + " is not supported");
  };
  if (OBJ_find_sigid_algs(nid, &digest, &scheme.key_type) != 1) return refuse();
  const bool has_own_digest = scheme.key_type == EVP_PKEY_ED25519 || scheme.key_type == EVP_PKEY_ED448;
  if (!has_own_digest) {
    if (scheme.key_type != EVP_PKEY_RSA && scheme.key_type != EVP_PKEY_EC) return refuse();
    scheme.digest = EVP_get_digestbynid(digest);
    if (scheme.digest == nullptr) return refuse();
  }
  return scheme;
}

Result<void> check_strength(const Scheme& scheme, const X509_ALGOR& algorithm, const EVP_PKEY& key) {
  // Collisions of a digest cost half its bits.
  if (scheme.digest != nullptr && EVP_MD_get_size(scheme.digest) * 4 < kSecurityBits) {
    return invalid_input("signed with " + describe_algorithm(algorithm) + ", whose digest is too weak");
  }
  if (EVP_PKEY_get_security_bits(&key) < kSecurityBits) {
    return invalid_input("the issuer's key, " + crypto::describe_key(key) + ", is too weak");
  }
  const int type = EVP_PKEY_get_base_id(&key);
  const bool is_pss_key = type == EVP_PKEY_RSA_PSS && scheme.pss_salt >= 0;
  if (type != scheme.key_type && !is_pss_key) {
    return invalid_input("signed with " + describe_algorithm(algorithm) + ", but the issuer's key is " +
                         crypto::describe_key(key));
  }
  return {};
}

bool set_pss(EVP_PKEY_CTX* context, const Scheme& scheme) {
  if (scheme.pss_salt < 0) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, scheme.digest) > 0 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, scheme.pss_salt) > 0;
}

}  // namespace

Result<void> verify_signature(ByteView message, ByteView algorithm, ByteView signature, EVP_PKEY& key) {
  const std::uint8_t* position = algorithm.data();
  const AlgorithmHandle parsed{d2i_X509_ALGOR(nullptr, &position, static_cast<long>(algorithm.size()))};
  ERR_clear_error();
  if (!parsed || position != algorithm.data() + algorithm.size()) {
    return invalid_input("the signature algorithm is malformed");
  }
  const auto scheme = parse_scheme(*parsed);
  ERR_clear_error();
  if (!scheme) return scheme.error();
  if (auto strong = check_strength(*scheme, *parsed, key); !strong) return strong;
  const crypto::DigestContextHandle context{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* key_context = nullptr;
  if (!context) return internal_error("verifying a signature: " + crypto::take_openssl_errors());
  if (EVP_DigestVerifyInit(context.get(), &key_context, scheme->digest, nullptr, &key) != 1) {
    return invalid_input("the issuer's key cannot verify it: " + crypto::take_openssl_errors());
  }
  const bool is_good =
      set_pss(key_context, *scheme) &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  if (!is_good) {
    return invalid_input(
        "its signature is wrong: changed after it was signed, or another CA of the issuer's name "
        "signed it");
  }
  return {};
}

}  // namespace certbound::x509
