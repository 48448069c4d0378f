// A Client-Cert field, a PEM text, DER, and an Authorization field, as a proxy or a stranger sends them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/base64url.hpp"
#include "certbound/presented_certificate.hpp"
#include "verifier/authorization.hpp"

namespace {

void check_state(const certbound::PresentedCertificate& presented) {
  const int states =
      (presented.is_none() ? 1 : 0) + (presented.is_malformed() ? 1 : 0) + (presented.thumbprint() ? 1 : 0);
  if (states != 1 || presented.is_none()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using certbound::PresentedCertificate;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto of_field = PresentedCertificate::from_client_cert(text);
  check_state(of_field);
  check_state(PresentedCertificate::from_pem(text));
  const auto of_der = PresentedCertificate::from_der({data, size});
  check_state(of_der);
  // The field is the same octets in another form.
  const std::string field = ":" + certbound::base64_encode({data, size}) + ":";
  if (PresentedCertificate::from_client_cert(field).thumbprint() != of_der.thumbprint()) std::abort();

  for (const auto schemes : {certbound::verifier::Schemes::bearer, certbound::verifier::Schemes::bearer_and_dpop}) {
    const auto found = certbound::verifier::find_credentials(std::array<std::string_view, 1>{text}, schemes);
    if (const auto* token = std::get_if<std::string_view>(&found.token)) {
      if (token->empty() || token->find_first_of(" \t\r\n,\"") != std::string_view::npos) std::abort();
    }
  }
  return 0;
}
