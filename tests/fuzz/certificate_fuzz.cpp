// DER to certificate to everything that happens to it before anybody trusts it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "x509/certificate.hpp"
#include "x509/presented.hpp"
#include "x509/subject_rule.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace certbound;
  const auto certificate = x509::Certificate::parse_der({data, size});
  if (!certificate) return 0;
  const x509::PresentedChain chain{*certificate, {*certificate}};
  // What was parsed encodes to what was received, or a thumbprint would name two certificates.
  if (chain.leaf_thumbprint != crypto::sha256(ByteView{data, size}) || chain.x5t_s256.size() != 43) std::abort();
  (void)x509::check_presented_key(chain.leaf);
  (void)chain.leaf.not_before();
  (void)chain.leaf.not_after();
  (void)x509::registrable_subjects(chain.leaf);
  (void)x509::describe_subject_alt_names(chain.leaf);
  return 0;
}
