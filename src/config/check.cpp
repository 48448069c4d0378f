#include "config/check.hpp"

#include <algorithm>
#include <string>

#include "config/check_value.hpp"

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
    }
  }
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
  if (config.clients.empty() || is_any_asking || listeners == nullptr || config.listeners.empty()) return;
  reader.complain_of(
      "listeners", *listeners,
      "no listener asks for a client certificate, so no client can authenticate; set client_certificate to "
      "request on one");
}

}  // namespace certbound::config
