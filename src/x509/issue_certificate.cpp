#include "x509/issue_certificate.hpp"

#include <array>
#include <ctime>
#include <memory>
#include <new>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"
#include "crypto/random.hpp"

namespace certbound::x509 {

namespace {

using NamesHandle = std::unique_ptr<GENERAL_NAMES, crypto::Deleter<GENERAL_NAMES_free>>;
using AuthorityKeyHandle = std::unique_ptr<AUTHORITY_KEYID, crypto::Deleter<AUTHORITY_KEYID_free>>;
using BasicConstraintsHandle = std::unique_ptr<BASIC_CONSTRAINTS, crypto::Deleter<BASIC_CONSTRAINTS_free>>;
using BitsHandle = std::unique_ptr<ASN1_BIT_STRING, crypto::Deleter<ASN1_BIT_STRING_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, crypto::Deleter<ASN1_OCTET_STRING_free>>;
using UsageHandle = std::unique_ptr<EXTENDED_KEY_USAGE, crypto::Deleter<EXTENDED_KEY_USAGE_free>>;

// The bits of KeyUsage (RFC 5280 section 4.2.1.3).
constexpr int kDigitalSignature = 0;
constexpr int kKeyCertSign = 5;
constexpr int kCrlSign = 6;

enum class Criticality : std::uint8_t { critical, not_critical };

bool add_extension(X509& certificate, int nid, void* value, Criticality criticality) {
  return value != nullptr && X509_add1_ext_i2d(&certificate, nid, value, criticality == Criticality::critical ? 1 : 0,
                                               X509V3_ADD_DEFAULT) == 1;
}

/// RFC 7093 section 2 method 1: the leftmost 160 bits of the SHA-256 of the key.
OctetsHandle key_identifier(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_pubkey_digest(&certificate, EVP_sha256(), digest.data(), &length) != 1) return nullptr;
  OctetsHandle identifier{ASN1_OCTET_STRING_new()};
  if (!identifier || ASN1_OCTET_STRING_set(identifier.get(), digest.data(), 20) != 1) return nullptr;
  return identifier;
}

bool add_key_identifiers(X509& certificate, X509& issuer) {
  const OctetsHandle own = key_identifier(certificate);
  if (!add_extension(certificate, NID_subject_key_identifier, own.get(), Criticality::not_critical)) return false;
  // A CA without an identifier cannot be named by one.
  const ASN1_OCTET_STRING* of_issuer = &issuer == &certificate ? own.get() : X509_get0_subject_key_id(&issuer);
  if (of_issuer == nullptr) return true;
  const AuthorityKeyHandle authority{AUTHORITY_KEYID_new()};
  if (!authority) return false;
  authority->keyid = ASN1_OCTET_STRING_dup(of_issuer);
  return authority->keyid != nullptr &&
         add_extension(certificate, NID_authority_key_identifier, authority.get(), Criticality::not_critical);
}

bool add_usage(X509& certificate, CertificateRole role) {
  const bool is_ca = role == CertificateRole::authority;
  const BasicConstraintsHandle constraints{BASIC_CONSTRAINTS_new()};
  const BitsHandle bits{ASN1_BIT_STRING_new()};
  if (!constraints || !bits) return false;
  constraints->ca = is_ca ? 1 : 0;
  const bool bits_set = is_ca ? ASN1_BIT_STRING_set_bit(bits.get(), kKeyCertSign, 1) == 1 &&
                                    ASN1_BIT_STRING_set_bit(bits.get(), kCrlSign, 1) == 1
                              : ASN1_BIT_STRING_set_bit(bits.get(), kDigitalSignature, 1) == 1;
  if (!bits_set || !add_extension(certificate, NID_basic_constraints, constraints.get(), Criticality::critical) ||
      !add_extension(certificate, NID_key_usage, bits.get(), Criticality::critical)) {
    return false;
  }
  if (is_ca) return true;
  const UsageHandle usage{sk_ASN1_OBJECT_new_null()};
  const int purpose = role == CertificateRole::server ? NID_server_auth : NID_client_auth;
  return usage && sk_ASN1_OBJECT_push(usage.get(), OBJ_nid2obj(purpose)) > 0 &&
         add_extension(certificate, NID_ext_key_usage, usage.get(), Criticality::not_critical);
}

bool append_name(GENERAL_NAMES& names, int type, ASN1_STRING* value) {
  if (value == nullptr) return false;
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr || sk_GENERAL_NAME_push(&names, name) <= 0) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  return true;
}

ASN1_STRING* make_ia5_string(const std::string& text) {
  ASN1_STRING* string = ASN1_IA5STRING_new();
  if (string != nullptr && ASN1_STRING_set(string, text.data(), static_cast<int>(text.size())) == 1) return string;
  ASN1_STRING_free(string);
  return nullptr;
}

bool add_alternative_names(X509& certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return true;
  const NamesHandle names{GENERAL_NAMES_new()};
  if (!names) return false;
  for (const std::string& dns : request.dns_names) {
    if (!append_name(*names, GEN_DNS, make_ia5_string(dns))) return false;
  }
  for (const std::string& address : request.ip_addresses) {
    if (!append_name(*names, GEN_IPADD, a2i_IPADDRESS(address.c_str()))) return false;
  }
  // RFC 5280 section 4.1.2.6: critical where the subject is empty.
  const auto criticality = request.subject.empty() ? Criticality::critical : Criticality::not_critical;
  return add_extension(certificate, NID_subject_alt_name, names.get(), criticality);
}

bool set_subject(X509& certificate, const CertificateRequest& request) {
  X509_NAME* name = X509_get_subject_name(&certificate);
  for (const auto& attribute : request.subject) {
    const auto* text = reinterpret_cast<const unsigned char*>(attribute.second.data());
    if (X509_NAME_add_entry_by_txt(name, attribute.first.c_str(), MBSTRING_UTF8, text,
                                   static_cast<int>(attribute.second.size()), -1, 0) != 1) {
      return false;
    }
  }
  return true;
}

/// 126 random bits below a one, so that the serial is positive and always of 16 octets.
bool set_serial(X509& certificate) {
  std::array<std::uint8_t, 16> octets{};
  if (!crypto::fill_random(octets)) return false;
  octets[0] = static_cast<std::uint8_t>((octets[0] & 0x3fU) | 0x40U);
  const crypto::BignumHandle number{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_validity(X509& certificate, const CertificateRequest& request) {
  const auto from = static_cast<std::time_t>(unix_seconds(request.not_before));
  const auto to = static_cast<std::time_t>(unix_seconds(request.not_after));
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), to) != nullptr;
}

const EVP_MD* signature_digest(const EVP_PKEY& key) {
  const int type = EVP_PKEY_get_base_id(&key);
  return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
}

}  // namespace

Result<Certificate> issue_certificate(const CertificateRequest& request, EVP_PKEY& subject_key, const Signer& signer) {
  const crypto::X509Handle made{X509_new()};
  if (!made) throw std::bad_alloc{};
  X509& issuer = signer.certificate == nullptr ? *made : signer.certificate->handle();
  EVP_PKEY& signing_key = signer.key == nullptr ? subject_key : *signer.key;
  const bool complete = X509_set_version(made.get(), X509_VERSION_3) == 1 && set_serial(*made) &&
                        set_validity(*made, request) && set_subject(*made, request) &&
                        X509_set_issuer_name(made.get(), X509_get_subject_name(&issuer)) == 1 &&
                        X509_set_pubkey(made.get(), &subject_key) == 1 && add_usage(*made, request.role) &&
                        add_key_identifiers(*made, issuer) && add_alternative_names(*made, request) &&
                        X509_sign(made.get(), &signing_key, signature_digest(signing_key)) > 0;
  if (!complete) return internal_error("issuing a certificate: " + crypto::take_openssl_errors());
  // Read back from its encoding, so that it is the same object as everybody else's.
  const Bytes der = Certificate::share(*made).to_der();
  auto certificate = Certificate::parse_der(der);
  if (!certificate) return internal_error("issuing a certificate: " + certificate.error().detail);
  return certificate;
}

}  // namespace certbound::x509
