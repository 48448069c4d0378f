#include "config/fapi.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "config/fields.hpp"
#include "oauth/client_algorithms.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kAgainst = "contradicts profile: fapi2; ";

void complain_of_member(Reader& reader, const Node& section, std::string_view key, const std::string& message) {
  const Node* place = section.kind == NodeKind::map ? section.find(key) : nullptr;
  reader.complain_of(key, place == nullptr ? section : *place, std::string{kAgainst} + message);
}

void check_verifiers_profile(Reader& reader, const Node& root, const Config& config) {
  const Node* list = root.find("verifiers");
  if (list == nullptr || list->kind != NodeKind::list) return;
  const Reader::Step step{reader, "verifiers"};
  int index = 0;
  for (const Node& node : list->children()) {
    const gate::Options& options = config.verifiers[static_cast<std::size_t>(index)];
    const Reader::Step member{reader, index++, {}};
    if (options.binding != Binding::when_bound) continue;
    complain_of_member(reader, node, "binding", "no token passes that is bound to nothing, write required");
  }
}

bool is_accepted(std::string_view algorithm) {
  const auto names = oauth::client_algorithms(oauth::Profile::fapi2);
  return std::find(names.begin(), names.end(), algorithm) != names.end();
}

}  // namespace

const Section<oauth::DpopOptions>& dpop_section() {
  using oauth::DpopOptions;
  static const Section<DpopOptions> rows{
      "dpop",
      {
          choice<&DpopOptions::nonce>(
              "nonce", {{"off", DpopOptions::Nonce::off}, {"on", DpopOptions::Nonce::on}},
              "Whether a DPoP proof at the token endpoint needs a nonce of this server (RFC 9449 section 8). The "
              "client "
              "gets one with the error use_dpop_nonce and with every answer to a proof; it is good for five minutes.")
              .sample("\"off\""),  // in quotes, since YAML 1.1 takes it for a boolean
      }};
  return rows;
}

Field<Config> profile_field() {
  return choice<&Config::profile>(
      "profile", {{"none", oauth::Profile::none}, {"fapi2", oauth::Profile::fapi2}},
      "fapi2: the FAPI 2.0 Security Profile, as far as it concerns a server without a browser: PS256, ES256 and EdDSA "
      "alone, clients by mutual TLS or private_key_jwt with the issuer as a string in aud, no token without a "
      "certificate or DPoP key that it is bound to, and for TLS 1.2 the four AES-GCM suites of RFC 9325. What "
      "contradicts it is an error.");
}

void check_profile(Reader& reader, const Node& root, const Config& config) {
  if (config.profile != oauth::Profile::fapi2) return;
  check_verifiers_profile(reader, root, config);
  if (config.client_secrets == ClientSecrets::allowed) {
    complain_of_member(reader, root, "client_secrets",
                       "clients authenticate by mutual TLS or private_key_jwt, write off");
  }
  if (!is_accepted(model::name(config.signing.algorithm))) {
    const Node* signing = root.find("signing");
    const Reader::Step step{reader, "signing"};
    complain_of_member(reader, signing == nullptr ? root : *signing, "algorithm",
                       "tokens are signed with PS256, ES256 or EdDSA, write one of these");
  }
}

void check_client_profile(Reader& reader, const Node& node, const Config& config, const model::Client& client) {
  if (config.profile != oauth::Profile::fapi2) return;
  if (model::is_secret_method(client.token_endpoint_auth_method)) {
    complain_of_member(reader, node, "token_endpoint_auth_method",
                       "a client authenticates by mutual TLS or private_key_jwt");
  }
  const std::string& algorithm = client.token_endpoint_auth_signing_alg;
  if (!algorithm.empty() && !is_accepted(algorithm)) {
    complain_of_member(reader, node, "token_endpoint_auth_signing_alg", "write PS256, ES256 or EdDSA");
  }
  const bool is_bound =
      client.certificate_binding == model::BindingRule::required || client.dpop_binding == model::BindingRule::required;
  if (is_bound) return;
  reader.complain(node, std::string{kAgainst} +
                            "the client's tokens may be bound to nothing: write dpop_bound_access_tokens: true, or "
                            "tls_client_certificate_bound_access_tokens: true");
}

}  // namespace certbound::config
