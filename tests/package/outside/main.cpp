// Verifies the token of its second argument with the JWK Set of its first and the certificate of its third, and says
// what came of it.
#include <certbound/token_verifier.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

std::string content_of(const char* path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  certbound::VerifierOptions options;
  options.issuer = "https://as.example.com";
  options.audiences = {"https://api.example.com"};
  options.fetch_keys = certbound::fetch_from_file(argv[1]);
  const certbound::TokenVerifier verifier{std::move(options)};
  const auto certificate = certbound::PresentedCertificate::from_pem(content_of(argv[3]));
  const auto decision = verifier.verify(argv[2], certificate, {"orders.read"});
  std::cout << (decision ? "accepted" : certbound::name(decision.refusal().reason)) << ' ' << certificate.x5t_s256()
            << '\n';
  return 0;
}
