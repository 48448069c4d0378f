#include "x509/crl.hpp"

#include <algorithm>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/handle.hpp"
#include "x509/crl_extensions.hpp"
#include "x509/der.hpp"
#include "x509/name.hpp"
#include "x509/signature.hpp"
#include "x509/validity.hpp"

namespace certbound::x509 {

namespace {

constexpr std::size_t kMaximumNameBytes = 64UL * 1024;

using NameHandle = std::unique_ptr<X509_NAME, crypto::Deleter<X509_NAME_free>>;

Error refuse_malformed(const std::string& what) { return invalid_input("not a CRL in DER (" + what + ")"); }

/// CertificateList.
struct SignedList {
  DerElement body;  ///< tbsCertList
  ByteView algorithm;
  ByteView signature;
};

/// TBSCertList. The views are into what was parsed.
struct ListFields {
  ByteView algorithm;
  ByteView issuer;
  WallTime this_update{};
  WallTime next_update{};
  ByteView entries;
  ByteView number;
  bool has_version_2 = false;
};

Result<SignedList> parse_signed_list(ByteView der) {
  DerReader outer{der};
  const auto whole = outer.read(der_tag::kSequence);
  if (!whole) return refuse_malformed("no list, or one that is cut off");
  if (!outer.is_at_end()) return refuse_malformed("octets follow the list");
  DerReader reader{whole->content};
  const auto body = reader.read(der_tag::kSequence);
  const auto algorithm = reader.read(der_tag::kSequence);
  const auto signature = reader.read(der_tag::kBitString);
  if (!body || !algorithm || !signature || !reader.is_at_end()) return refuse_malformed("body, algorithm or signature");
  const ByteView bits = signature->content;
  if (bits.empty() || bits.front() != 0) return refuse_malformed("the signature's bits");
  return SignedList{*body, algorithm->whole, bits.subspan(1)};
}

Result<void> parse_version(DerReader& reader, ListFields& fields) {
  if (!reader.is_next(der_tag::kInteger)) return {};  // version 1
  const auto version = reader.read();
  fields.has_version_2 = version && version->content.size() == 1 && version->content[0] == 1;
  if (!fields.has_version_2) return refuse_malformed("neither version 1 nor 2");
  return {};
}

Result<void> parse_times(DerReader& reader, ListFields& fields) {
  const auto element = reader.read();
  const auto this_update = element ? parse_der_time(*element) : std::nullopt;
  if (!this_update) return refuse_malformed("thisUpdate");
  fields.this_update = *this_update;
  if (!reader.is_next(der_tag::kUtcTime) && !reader.is_next(der_tag::kGeneralizedTime)) {
    return invalid_input("a CRL without nextUpdate never ends, so nobody would notice that it is not renewed");
  }
  const auto next = reader.read();
  const auto next_update = next ? parse_der_time(*next) : std::nullopt;
  if (!next_update) return refuse_malformed("nextUpdate");
  fields.next_update = *next_update;
  if (fields.next_update <= fields.this_update) return invalid_input("its nextUpdate is not after its thisUpdate");
  return {};
}

Result<void> parse_extensions(DerReader& reader, ListFields& fields) {
  if (!reader.is_next(der_tag::kExplicit0)) return {};
  const auto tagged = reader.read();
  if (!tagged || !fields.has_version_2) return refuse_malformed("extensions");
  DerReader inside{tagged->content};
  const auto list = inside.read(der_tag::kSequence);
  if (!list || !inside.is_at_end()) return refuse_malformed("extensions");
  const auto number = check_crl_extensions(list->content);
  if (!number) return number.error();
  fields.number = *number;
  return {};
}

Result<ListFields> parse_fields(ByteView body) {
  ListFields fields;
  DerReader reader{body};
  if (auto version = parse_version(reader, fields); !version) return std::move(version).error();
  const auto algorithm = reader.read(der_tag::kSequence);
  const auto issuer = reader.read(der_tag::kSequence);
  if (!algorithm || !issuer) return refuse_malformed("algorithm or issuer");
  fields.algorithm = algorithm->whole;
  fields.issuer = issuer->whole;
  if (auto times = parse_times(reader, fields); !times) return std::move(times).error();
  if (reader.is_next(der_tag::kSequence)) {
    const auto entries = reader.read();
    if (!entries) return refuse_malformed("its entries");
    fields.entries = entries->content;
  }
  if (auto extensions = parse_extensions(reader, fields); !extensions) return std::move(extensions).error();
  if (!reader.is_at_end()) return refuse_malformed("octets follow its fields");
  return fields;
}

Result<NameHandle> parse_issuer_name(ByteView der) {
  if (der.size() > kMaximumNameBytes) return invalid_input("its issuer's name is too long");
  const std::uint8_t* position = der.data();
  NameHandle name{d2i_X509_NAME(nullptr, &position, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!name || position != der.data() + der.size()) return refuse_malformed("its issuer's name");
  return name;
}

/// That one of `issuers` which signed the list.
Result<Certificate> find_signer(const SignedList& list, const X509_NAME& name, std::span<const Certificate> issuers) {
  Error refusal = invalid_input("its issuer \"" + render_name(name) +
                                "\" is neither an anchor nor an intermediate of the trust store; a CRL of another CA "
                                "says nothing here, and an intermediate that issues clients belongs to intermediates");
  for (const Certificate& issuer : issuers) {
    X509& certificate = issuer.handle();
    if (X509_NAME_cmp(X509_get_subject_name(&certificate), &name) != 0) continue;
    EVP_PKEY* key = X509_get0_pubkey(&certificate);
    if (key == nullptr) continue;
    // RFC 5280 section 6.3.3 (f). Without a key usage every bit is set.
    if ((X509_get_key_usage(&certificate) & KU_CRL_SIGN) == 0) {
      refusal =
          invalid_input("its issuer \"" + render_name(name) + "\" may not sign CRLs: its key usage lacks cRLSign");
      continue;
    }
    auto verified = verify_signature(list.body.whole, list.algorithm, list.signature, *key);
    if (verified) return issuer;
    refusal = std::move(verified).error();
    refusal.detail = "CRL of \"" + render_name(name) + "\": " + refusal.detail;
  }
  ERR_clear_error();
  return refusal;
}

Error refuse_entry(std::size_t number, const std::string& why) {
  return invalid_input("entry " + std::to_string(number) + " of the CRL: " + why);
}

/// Calls `take(serial content)` for each entry of revokedCertificates.
template <typename Take>
Result<void> walk_entries(const ListFields& fields, const Take& take) {
  std::size_t number = 0;
  for (DerReader reader{fields.entries}; !reader.is_at_end();) {
    ++number;
    const auto entry = reader.read(der_tag::kSequence);
    if (!entry) return refuse_entry(number, "malformed");
    DerReader inside{entry->content};
    const auto serial = inside.read(der_tag::kInteger);
    const auto date = inside.read();
    if (!serial || !is_der_integer(serial->content)) return refuse_entry(number, "a malformed serial");
    if (!date || !parse_der_time(*date)) return refuse_entry(number, "a malformed date");
    if (!inside.is_at_end()) {
      const auto extensions = inside.read(der_tag::kSequence);
      if (!extensions || !inside.is_at_end() || !fields.has_version_2) {
        return refuse_entry(number, "malformed extensions");
      }
      if (const auto good = check_crl_entry_extensions(extensions->content); !good) {
        return refuse_entry(number, good.error().detail);
      }
    }
    const auto key = Serial::from_content(serial->content);
    if (!key) return refuse_entry(number, "a serial longer than 20 octets");
    take(*key);
  }
  return {};
}

/// How many there are, as far as they are well formed: so that room is made once.
std::size_t count_entries(ByteView entries) {
  std::size_t count = 0;
  for (DerReader reader{entries}; reader.read();) ++count;
  return count;
}

Result<std::vector<Serial>> parse_entries(const ListFields& fields) {
  std::vector<Serial> serials;
  serials.reserve(count_entries(fields.entries));
  auto walked = walk_entries(fields, [&serials](const Serial& serial) { serials.push_back(serial); });
  if (!walked) return std::move(walked).error();
  if (!std::is_sorted(serials.begin(), serials.end())) std::sort(serials.begin(), serials.end());
  return serials;
}

/// The same algorithm and the same key, octet by octet.
bool has_same_key(X509& a, X509& b) {
  struct PublicKey {
    explicit PublicKey(X509& certificate) {
      int length = 0;
      const unsigned char* bits = nullptr;
      X509_PUBKEY* key = X509_get_X509_PUBKEY(&certificate);
      if (key == nullptr || X509_PUBKEY_get0_param(nullptr, &bits, &length, &algorithm, key) != 1) return;
      octets = {bits, static_cast<std::size_t>(length)};
    }
    X509_ALGOR* algorithm = nullptr;
    ByteView octets;
  };
  const PublicKey first{a};
  const PublicKey second{b};
  if (first.algorithm == nullptr || second.algorithm == nullptr || first.octets.empty()) return false;
  return X509_ALGOR_cmp(first.algorithm, second.algorithm) == 0 &&
         std::equal(first.octets.begin(), first.octets.end(), second.octets.begin(), second.octets.end());
}

}  // namespace

std::optional<Serial> Serial::from_content(ByteView content) {
  constexpr std::size_t kMaximumOctets = 21;
  if (content.empty() || content.size() > kMaximumOctets) return std::nullopt;
  Serial serial;
  const bool is_negative = (content.front() & 0x80) != 0;
  if (is_negative) serial.words_.fill(~std::uint64_t{0});
  std::size_t shift = 0;
  std::size_t word = serial.words_.size() - 1;
  for (std::size_t i = content.size(); i-- > 0;) {
    const std::uint64_t mask = std::uint64_t{0xff} << shift;
    serial.words_[word] = (serial.words_[word] & ~mask) | (std::uint64_t{content[i]} << shift);
    shift += 8;
    if (shift == 64) {
      shift = 0;
      --word;
    }
  }
  // Of two's complement the sign decides first; its bit turned over, unsigned words are in the order of the numbers.
  serial.words_[0] ^= std::uint64_t{1} << 63;
  return serial;
}

std::optional<Serial> Serial::of(const Certificate& certificate) {
  constexpr std::size_t kHeader = 2;
  std::array<std::uint8_t, 32> der{};
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate.handle());
  const int length = i2d_ASN1_INTEGER(serial, nullptr);
  if (length < static_cast<int>(kHeader) || length > static_cast<int>(der.size())) return std::nullopt;
  std::uint8_t* position = der.data();
  i2d_ASN1_INTEGER(serial, &position);
  return from_content(ByteView{der}.subspan(kHeader, static_cast<std::size_t>(length) - kHeader));
}

Result<std::shared_ptr<const Crl>> Crl::parse_der(ByteView der, std::span<const Certificate> issuers) {
  const auto list = parse_signed_list(der);
  if (!list) return list.error();
  const auto fields = parse_fields(list->body.content);
  if (!fields) return fields.error();
  if (!std::equal(fields->algorithm.begin(), fields->algorithm.end(), list->algorithm.begin(), list->algorithm.end())) {
    return invalid_input("its two signature algorithms differ");
  }
  const auto name = parse_issuer_name(fields->issuer);
  if (!name) return name.error();
  auto issuer = find_signer(*list, **name, issuers);
  if (!issuer) return std::move(issuer).error();
  auto serials = parse_entries(*fields);
  if (!serials) return std::move(serials).error();
  std::shared_ptr<Crl> crl{new Crl{*std::move(issuer)}};
  crl->number_ = hex_encode(fields->number);
  crl->this_update_ = fields->this_update;
  crl->next_update_ = fields->next_update;
  crl->serials_ = *std::move(serials);
  return std::shared_ptr<const Crl>{std::move(crl)};
}

bool is_of_another_ca(ByteView der, std::span<const Certificate> issuers) {
  const auto list = parse_signed_list(der);
  if (!list) return false;
  const auto fields = parse_fields(list->body.content);
  if (!fields) return false;
  const auto name = parse_issuer_name(fields->issuer);
  if (!name) return false;
  return std::none_of(issuers.begin(), issuers.end(), [&name](const Certificate& issuer) {
    return X509_NAME_cmp(X509_get_subject_name(&issuer.handle()), name->get()) == 0;
  });
}

bool Crl::is_of(const Certificate& issuer) const {
  X509& own = issuer_.handle();
  X509& other = issuer.handle();
  return X509_NAME_cmp(X509_get_subject_name(&own), X509_get_subject_name(&other)) == 0 && has_same_key(own, other);
}

bool Crl::lists(const Certificate& certificate) const {
  const auto serial = Serial::of(certificate);
  return serial && lists(*serial);  // a longer one can be on no list that was accepted
}

bool Crl::lists(const Serial& serial) const { return std::binary_search(serials_.begin(), serials_.end(), serial); }

std::string describe_crl(const Crl& crl, WallTime now) {
  return "CRL " + (crl.number().empty() ? std::string{"without a number"} : crl.number()) + " of \"" +
         render_name(*X509_get_subject_name(&crl.issuer().handle())) + "\" of " + to_rfc3339(crl.this_update()) + " (" +
         describe_age(now - crl.this_update()) + "), next update " + to_rfc3339(crl.next_update());
}

}  // namespace certbound::x509
