#include "oauth/client_algorithms.hpp"

#include <array>

#include "base/text.hpp"

namespace certbound::oauth {

namespace {

constexpr std::array<std::string_view, 8> kAllAlgorithms{"ES256", "PS256", "EdDSA", "RS256",
                                                         "ES384", "ES512", "PS384", "PS512"};
/// FAPI 2.0 Security Profile section 5.4.1.
constexpr std::array<std::string_view, 3> kFapiAlgorithms{"ES256", "PS256", "EdDSA"};

}  // namespace

std::span<const std::string_view> client_algorithms(Profile profile) {
  if (profile == Profile::fapi2) return kFapiAlgorithms;
  return kAllAlgorithms;
}

std::string list_client_algorithms(Profile profile) {
  const auto names = client_algorithms(profile);
  return join({names.begin(), names.end()}, ", ");
}

}  // namespace certbound::oauth
