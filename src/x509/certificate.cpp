#include "x509/certificate.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>
#include <new>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"

namespace certbound::x509 {

namespace {

constexpr WallTime kBeginningOfTime{std::chrono::seconds{std::numeric_limits<std::int32_t>::min()}};
constexpr WallTime kEndOfTime{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

WallTime to_wall_time(const ASN1_TIME* time, WallTime if_malformed) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return if_malformed;
  }
  const std::chrono::year_month_day date{std::chrono::year{parts.tm_year + 1900},
                                         std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                         std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  return std::chrono::sys_days{date} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
         std::chrono::seconds{parts.tm_sec};
}

/// What PEM_read_bio() allocates.
struct PemBlock {
  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, length < 0 ? 0 : static_cast<std::size_t>(length));
  }

  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long length = 0;
};

bool is_end_of_pem(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

std::size_t count_of(std::string_view text, std::string_view pattern) {
  std::size_t count = 0;
  for (std::size_t at = text.find(pattern); at != std::string_view::npos;
       at = text.find(pattern, at + pattern.size())) {
    ++count;
  }
  return count;
}

Error refuse_damaged_pem(std::size_t number, const std::string& why) {
  return invalid_input("PEM block " + std::to_string(number) + " is damaged (" + why + ")");
}

/// Appends the block's certificate, or nothing where it is a block of another kind.
Result<void> append_block(std::vector<Certificate>& certificates, const PemBlock& block, std::size_t number) {
  const std::string_view label{block.label};
  if (label.ends_with("PRIVATE KEY")) {
    return invalid_input("PEM block " + std::to_string(number) +
                         " is a private key; name the file that holds certificates only");
  }
  if (label == PEM_STRING_X509_TRUSTED) {
    return invalid_input("PEM block " + std::to_string(number) +
                         " is OpenSSL's TRUSTED CERTIFICATE; convert it with openssl x509 -in FILE -out PLAIN");
  }
  if (label != PEM_STRING_X509 && label != PEM_STRING_X509_OLD) return {};
  if (block.header[0] != '\0') return refuse_damaged_pem(number, "a certificate with PEM headers");
  auto certificate = Certificate::parse_der({block.data, static_cast<std::size_t>(block.length)});
  if (!certificate) return refuse_damaged_pem(number, certificate.error().detail);
  certificates.push_back(*std::move(certificate));
  return {};
}

}  // namespace

Result<Certificate> Certificate::parse_der(ByteView der) {
  const std::uint8_t* position = der.data();
  std::shared_ptr<X509> parsed{d2i_X509(nullptr, &position, static_cast<long>(der.size())), X509_free};
  if (!parsed) return invalid_input("not a certificate in DER (" + crypto::take_openssl_errors() + ")");
  // d2i_X509 may have asked several decoders for the key; what they said is of no use.
  ERR_clear_error();
  if (position != der.data() + der.size()) return invalid_input("octets follow the certificate");
  Certificate certificate{std::move(parsed)};
  const Bytes encoded = certificate.to_der();
  if (!std::equal(encoded.begin(), encoded.end(), der.begin(), der.end())) {
    return invalid_input("a certificate in BER that is not DER");
  }
  return certificate;
}

Certificate Certificate::share(X509& certificate) {
  X509_up_ref(&certificate);
  return Certificate{std::shared_ptr<X509>{&certificate, X509_free}};
}

Bytes Certificate::to_der() const {
  const int length = i2d_X509(certificate_.get(), nullptr);
  if (length <= 0) throw std::bad_alloc{};
  Bytes der(static_cast<std::size_t>(length));
  std::uint8_t* position = der.data();
  i2d_X509(certificate_.get(), &position);
  return der;
}

std::string Certificate::to_pem() const {
  const crypto::BioHandle bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate_.get()) != 1) throw std::bad_alloc{};
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

WallTime Certificate::not_before() const { return to_wall_time(X509_get0_notBefore(certificate_.get()), kEndOfTime); }

WallTime Certificate::not_after() const {
  return to_wall_time(X509_get0_notAfter(certificate_.get()), kBeginningOfTime);
}

bool Certificate::is_self_issued() const { return (X509_get_extension_flags(certificate_.get()) & EXFLAG_SS) != 0; }

std::string Certificate::serial_hex() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate_.get());
  const int length = ASN1_STRING_length(serial);
  if (length <= 0) return "00";
  std::string text = hex_encode({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(length)});
  return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" + text : text;
}

Result<std::vector<Certificate>> parse_pem_certificates(std::string_view pem) {
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return invalid_input("too large");
  const crypto::BioHandle bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  if (!bio) return internal_error(crypto::take_openssl_errors());
  std::vector<Certificate> certificates;
  std::size_t blocks = 0;
  for (;;) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.label, &block.header, &block.data, &block.length) != 1) {
      if (!is_end_of_pem(ERR_peek_last_error())) return refuse_damaged_pem(blocks + 1, crypto::take_openssl_errors());
      ERR_clear_error();
      break;
    }
    ++blocks;
    const auto appended = append_block(certificates, block, blocks);
    if (!appended) return appended.error();
  }
  // PEM_read_bio() passes over a first or last line that it does not know, and the block with it.
  if (count_of(pem, "-----BEGIN") != blocks || count_of(pem, "-----END") != blocks) {
    return invalid_input("a PEM block is damaged: " + std::to_string(blocks) +
                         " can be read, but there are more -----BEGIN or -----END lines");
  }
  if (certificates.empty()) return invalid_input("no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
  return certificates;
}

crypto::Sha256 thumbprint(const Certificate& certificate) { return crypto::sha256(certificate.to_der()); }

std::string x5t_s256(const Certificate& certificate) { return thumbprint(certificate).to_base64url(); }

}  // namespace certbound::x509
