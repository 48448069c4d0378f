// A client's certificate in a header, in every format, as a proxy or a stranger writes it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gate/forwarded_certificate.hpp"

namespace {

using certbound::PresentedCertificate;
using certbound::gate::CertificateFormat;

PresentedCertificate read(CertificateFormat format, std::vector<std::string> values) {
  certbound::http::Request request;
  for (std::string& value : values) request.headers.emplace_back("x-cert", std::move(value));
  return certbound::gate::read_forwarded_certificate(request, "x-cert", format);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  for (const auto format :
       {CertificateFormat::rfc9440, CertificateFormat::nginx, CertificateFormat::base64, CertificateFormat::xfcc}) {
    const auto once = read(format, {text});
    // None only where nothing is there, and never two of none, malformed and a certificate.
    if (once.is_none() != text.empty()) std::abort();
    if (once.thumbprint().has_value() == (once.is_malformed() || once.is_none())) std::abort();
    if (!read(format, {text, text}).is_malformed()) std::abort();
  }
  // The two are the same octets.
  const auto bare = read(CertificateFormat::base64, {text});
  const auto field = read(CertificateFormat::rfc9440, {":" + text + ":"});
  if (!text.empty() && bare.thumbprint() != field.thumbprint()) std::abort();
  return 0;
}
