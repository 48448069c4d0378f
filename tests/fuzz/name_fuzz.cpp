// Registered text and certificate names: what is accepted prints, reads back and equals itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <openssl/err.h>

#include "crypto/handle.hpp"
#include "x509/name.hpp"
#include "x509/subject_alt_name.hpp"

using certbound::x509::compare_names;
using certbound::x509::Name;
using certbound::x509::NameMatch;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_round_trip(const Name& name) {
  const auto again = Name::parse(name.to_rfc4514());
  require(again && compare_names(*again, name) == NameMatch::equal);
  require(again->canonical() == name.canonical());
}

void check_der(const std::uint8_t* data, std::size_t size) {
  const unsigned char* at = data;
  const std::unique_ptr<X509_NAME, certbound::crypto::Deleter<X509_NAME_free>> decoded{
      d2i_X509_NAME(nullptr, &at, static_cast<long>(size))};
  ERR_clear_error();
  if (!decoded) return;
  const auto name = Name::from_x509(*decoded);
  require(certbound::x509::render_name(*decoded).find('\0') == std::string::npos);
  if (name && !name->canonical().empty()) check_round_trip(*name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto name = Name::parse(text)) check_round_trip(*name);
  if (const auto uri = certbound::x509::normalize_uri(text)) require(certbound::x509::normalize_uri(*uri) == uri);
  if (const auto dns = certbound::x509::parse_dns_name(text))
    require(certbound::x509::parse_dns_name(dns->text)->text == dns->text);
  check_der(data, size);
  return 0;
}
