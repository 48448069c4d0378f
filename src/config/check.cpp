#include "config/check.hpp"

#include <algorithm>
#include <string>

#include "config/check_value.hpp"
#include "config/option.hpp"
#include "model/key_record.hpp"

namespace certbound::config {

namespace {

/// `member` of the map `node` where that is a scalar, else null.
const Node* find_scalar(const Node& node, std::string_view member) {
  const Node* found = node.kind == NodeKind::map ? node.find(member) : nullptr;
  return found != nullptr && found->kind == NodeKind::scalar ? found : nullptr;
}

void check_address_is_free(Reader& reader, const Node& section, const std::string& address) {
  const Node* node = find_scalar(section, "address");
  const auto canonical = canonical_address(address);
  if (node == nullptr || !canonical) return;
  const Reader::Step step{reader, "address"};
  (void)reader.claim("address", *canonical, *node);
}

/// mtls_endpoint_aliases (RFC 8705 section 5) has one URL per endpoint, and only for listeners that ask for a
/// certificate.
void check_url(Reader& reader, const Node& section, const net::ListenerOptions& listener, std::string& published) {
  const Node* node = find_scalar(section, "url");
  if (node == nullptr || listener.url.empty()) return;
  if (listener.client_certificate == net::ClientCertificate::none) {
    reader.complain_of(
        "url", *node,
        "never published, since this listener asks for no certificate; set client_certificate, or remove it",
        Severity::warning);
  } else if (!published.empty() && published != listener.url) {
    reader.complain_of(
        "url", *node,
        "another listener has the URL " + published + "; mtls_endpoint_aliases holds one, write the same");
  } else {
    published = listener.url;
  }
}

std::string_view port_of(std::string_view address) { return address.substr(address.rfind(':') + 1); }

/// The issuer's port: 443 where it names none.
std::string_view issuer_port(std::string_view issuer) {
  const std::size_t begin = issuer.find("://");
  if (begin == std::string_view::npos) return {};
  const std::string_view authority = issuer.substr(begin + 3, issuer.find('/', begin + 3) - begin - 3);
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  return has_port ? authority.substr(colon + 1) : "443";
}

/// Where the issuer's own URL leads to a listener that asks for no certificate, callers have to learn of one that does.
void check_url_is_told(Reader& reader, const Node& section, const net::ListenerOptions& listener,
                       const Config& config) {
  if (listener.client_certificate == net::ClientCertificate::none || !listener.url.empty()) return;
  const std::string_view port = issuer_port(config.issuer);
  const bool is_hidden = std::any_of(config.listeners.begin(), config.listeners.end(), [port](const auto& other) {
    return other.client_certificate == net::ClientCertificate::none && port_of(other.address) == port;
  });
  if (!is_hidden) return;
  reader.complain(section,
                  "the issuer's URL leads to a listener that asks for no certificate, and nothing published tells that "
                  "this one does; write its url, for mtls_endpoint_aliases (RFC 8705 section 5)",
                  Severity::warning);
}

/// How many keys there would be at a time: one that signs and one that waits, one that seals, and the retired ones of
/// both uses.
long long count_keys(const Config& config, std::chrono::seconds longest) {
  const long long retired = (longest + model::kClockSkew) / config.signing.rotation_interval + 1;
  return has_opaque_tokens(config) ? 3 + 2 * retired : 2 + retired;
}

/// Each key waits in the key set for its predecessor's caches to end, and stays there until its tokens have.
void check_rotation(Reader& reader, const Node& section, const Config& config) {
  constexpr int kMostRetired = 16;
  const oauth::SigningOptions& signing = config.signing;
  if (signing.rotation_interval.count() == 0) return;
  const Node* node = find_scalar(section, "rotation_interval");
  const Reader::Step step{reader, "signing"};
  if (signing.rotation_interval < 2 * signing.jwks_max_age) {
    reader.complain_of("rotation_interval", node != nullptr ? *node : section,
                       "shorter than twice signing.jwks_max_age, which is " +
                           render_duration(signing.jwks_max_age.count()) +
                           ": a key would have to be replaced before caches know it; raise it, or lower that");
    return;
  }
  const std::chrono::seconds longest = longest_token_lifetime(config);
  std::string much;
  if (longest > kMostRetired * signing.rotation_interval) {
    much = std::to_string(kMostRetired) + " retired keys would wait for the end of their tokens";
  } else if (count_keys(config, longest) > static_cast<long long>(model::kMostKeys)) {
    much = std::to_string(model::kMostKeys) + " keys would be there at a time, those that seal tokens among them";
  }
  if (much.empty()) return;
  const std::string whose =
      longest > config.tokens.lifetime ? "the longest lifetime of a resource's is " : "tokens.lifetime is ";
  reader.complain_of(
      "rotation_interval", node != nullptr ? *node : section,
      "so short that more than " + much + " (" + whose + render_duration(longest.count()) + "); raise it");
}

bool can_read_tokens_of(const model::Resource& resource, const Config& config) {
  const auto is_its = [&resource](const gate::Options& verifier) { return verifier.audience == resource.identifier; };
  return !resource.introspection_clients.empty() ||
         std::any_of(config.verifiers.begin(), config.verifiers.end(), is_its);
}

}  // namespace

void check_main_file(Reader& reader, const Node& root, const Config& config) {
  const Node* list = root.find("listeners");
  if (list != nullptr && list->kind == NodeKind::list) {
    const Reader::Step step{reader, "listeners"};
    std::string published;
    std::size_t index = 0;
    for (const Node& node : list->children()) {
      const net::ListenerOptions& listener = config.listeners[index];
      const Reader::Step member{reader, static_cast<int>(index++), {}};
      check_address_is_free(reader, node, listener.address);
      check_url(reader, node, listener, published);
      check_url_is_told(reader, node, listener, config);
    }
  }
  if (const Node* signing = root.find("signing")) check_rotation(reader, *signing, config);
  if (const Node* operations = root.find("operations")) {
    const Reader::Step step{reader, "operations"};
    check_address_is_free(reader, *operations, config.operations.address);
  }
}

void check_clients_can_connect(Reader& reader, const Node& root, const Config& config) {
  const bool is_any_asking = std::any_of(config.listeners.begin(), config.listeners.end(), [](const auto& listener) {
    return listener.client_certificate != net::ClientCertificate::none;
  });
  const Node* listeners = root.find("listeners");
  if (is_any_asking || listeners == nullptr || config.listeners.empty()) return;
  const auto needs_certificate = [](const model::Client& client) {
    return model::is_tls_method(client.token_endpoint_auth_method) ||
           client.certificate_binding == model::BindingRule::required;
  };
  const auto client = std::find_if(config.clients.begin(), config.clients.end(), needs_certificate);
  if (client == config.clients.end()) return;
  reader.complain_of("listeners", *listeners,
                     "no listener asks for a client certificate, so client " + in_quotes(client->client_id.text()) +
                         " gets no token; set client_certificate to request on one");
}

std::size_t warn_of_unreadable_tokens(Reader& reader, const Node& root, const Config& config, std::size_t first) {
  const Node* list = root.find("resources");
  if (list == nullptr || list->kind != NodeKind::list) return first;
  const Reader::Step step{reader, "resources"};
  int index = 0;
  for (const Node& node : list->children()) {
    const model::Resource& resource = config.resources[first++];
    const Reader::Step member{reader, index++, {}};
    const Node* format = find_scalar(node, "token_format");
    if (format == nullptr || resource.token_format != model::TokenFormat::opaque) continue;
    if (can_read_tokens_of(resource, config)) continue;
    reader.complain_of("token_format", *format,
                       "nobody can read these tokens: write who may introspect them (introspection_clients), or a "
                       "verifier with this audience",
                       Severity::warning);
  }
  return first;
}

}  // namespace certbound::config
