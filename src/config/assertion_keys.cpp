#include "config/assertion_keys.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "config/jwk_set_reader.hpp"
#include "config/named_file.hpp"
#include "crypto/key.hpp"
#include "jose/algorithm.hpp"
#include "jose/jwk.hpp"
#include "jose/jws_verify.hpp"
#include "oauth/client_algorithms.hpp"

namespace certbound::config {

namespace {

constexpr std::string_view kMethod = "private_key_jwt";

/// May the key ever verify an assertion of the client?
std::string describe_misfit(const EVP_PKEY& key, bool may_verify, const model::Client& client) {
  if (const auto strength = crypto::check_key_strength(key); !strength) {
    return strength.error().detail + "; register a key of 112 bits of security or more";
  }
  if (!may_verify) return "its use or key_ops does not permit to verify signatures; register the key that signs";
  const std::string& name = client.token_endpoint_auth_signing_alg;
  const jose::Algorithm* algorithm = name.empty() ? nullptr : jose::find_algorithm(name);
  if (algorithm == nullptr || jose::fits_key(*algorithm, key)) return {};
  return crypto::describe_key(key) + " cannot sign with token_endpoint_auth_signing_alg " + name +
         "; register another key, or another algorithm";
}

/// As the registry keeps it: the public members and what the key is called.
void add_assertion_key(Reader& reader, const Node& node, const jose::Jwk& key, model::Client& client) {
  if (const std::string misfit = describe_misfit(*key.key, key.may_verify, client); !misfit.empty()) {
    reader.complain(node, "the key cannot be used: " + misfit);
    return;
  }
  auto json = jose::to_jwk(*key.key);
  if (!json) {
    reader.complain(node, json.error().detail);
    return;
  }
  if (!key.kid.empty()) (*json)["kid"] = key.kid;
  if (!key.alg.empty()) (*json)["alg"] = key.alg;
  std::string text = dump_json(*json);
  auto& keys = client.assertion_keys;
  if (std::find(keys.begin(), keys.end(), text) == keys.end()) keys.push_back(std::move(text));
}

void read_public_key_file(Reader& reader, const Node& node, model::Client& client) {
  const auto named = read_named_file(reader, node);
  if (!named) return;
  auto keys = crypto::parse_public_keys_pem(named->content);
  if (!keys) {
    reader.complain(node, named->path.string() + ": " + keys.error().detail);
    return;
  }
  for (crypto::KeyHandle& handle : *keys) {
    jose::Jwk key;
    key.key = std::move(handle);
    add_assertion_key(reader, node, key, client);
  }
}

void read_assertion_jwks(Reader& reader, const Node& node, model::Client& client) {
  const Reader::Step step{reader, "jwks"};
  const auto keys = read_jwk_set(reader, node);
  if (!keys) return;
  for (const jose::Jwk& key : *keys) add_assertion_key(reader, node, key, client);
}

}  // namespace

void read_assertion_keys(Reader& reader, const Node& node, const ClientDraft& draft, model::Client& client) {
  for (const ClientDraft::Subject& subject : draft.subjects) {
    refuse_option(reader, node, model::name(subject.registered.field), kMethod);
  }
  refuse_option(reader, node, "trust_store", kMethod);
  refuse_option(reader, node, "certificates", kMethod);
  const bool has_uri = node.find("jwks_uri") != nullptr;
  if (draft.public_keys == nullptr && draft.jwks == nullptr && !has_uri && draft.is_complete) {
    reader.complain(node, "private_key_jwt needs the client's public key; write public_keys, jwks or jwks_uri");
  }
  refuse_two_key_sets(reader, node);
  client.jwks_uri = draft.jwks_uri;
  client.token_endpoint_auth_signing_alg = draft.assertion_algorithm.value_or("");
  if (draft.public_keys != nullptr) {
    const Reader::Step step{reader, "public_keys"};
    read_each(reader, *draft.public_keys, [&](const Node& member) { read_public_key_file(reader, member, client); });
  }
  if (draft.jwks != nullptr) read_assertion_jwks(reader, *draft.jwks, client);
}

void check_assertion_keys(Reader& reader, const Node& client_node, oauth::Profile profile,
                          const model::Client& client) {
  const auto algorithms = oauth::client_algorithms(profile);
  for (const std::string& text : client.assertion_keys) {
    const auto json = parse_json(text);
    const auto key = json ? jose::parse_jwk(*json) : Result<jose::Jwk>{json.error()};
    if (!key) continue;  // reported where it was read
    const bool is_of_use = std::any_of(algorithms.begin(), algorithms.end(), [&key](std::string_view name) {
      return jose::may_verify_with(*key, *jose::find_algorithm(name));
    });
    if (is_of_use) continue;
    reader.complain(client_node,
                    "its key " + crypto::describe_key(*key->key) + (key->alg.empty() ? "" : " for " + key->alg) +
                        " can sign nothing that is accepted here: " + oauth::list_client_algorithms(profile));
  }
}

void refuse_assertion_options(Reader& reader, const Node& client, std::string_view method) {
  refuse_option(reader, client, "public_keys", method);
  refuse_option(reader, client, "token_endpoint_auth_signing_alg", method);
}

}  // namespace certbound::config
