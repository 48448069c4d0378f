#include "model/signing_key.hpp"

namespace certbound::model {

std::string_view name(SigningAlgorithm algorithm) {
  switch (algorithm) {
    case SigningAlgorithm::es256:
      return "ES256";
    case SigningAlgorithm::ps256:
      return "PS256";
    case SigningAlgorithm::eddsa:
      return "EdDSA";
    case SigningAlgorithm::rs256:
      return "RS256";
  }
  return {};
}

std::optional<SigningAlgorithm> parse_signing_algorithm(std::string_view text) {
  for (const SigningAlgorithm algorithm :
       {SigningAlgorithm::es256, SigningAlgorithm::ps256, SigningAlgorithm::eddsa, SigningAlgorithm::rs256}) {
    if (text == name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

std::string_view name(KeyState state) {
  switch (state) {
    case KeyState::next:
      return "next";
    case KeyState::active:
      return "active";
    case KeyState::retired:
      return "retired";
  }
  return {};
}

std::optional<KeyState> parse_key_state(std::string_view text) {
  for (const KeyState state : {KeyState::next, KeyState::active, KeyState::retired}) {
    if (text == name(state)) return state;
  }
  return std::nullopt;
}

}  // namespace certbound::model
