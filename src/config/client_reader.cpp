#include "config/client_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/assertion_keys.hpp"
#include "config/client_binding.hpp"
#include "config/client_secrets.hpp"
#include "config/fapi.hpp"

namespace certbound::config {

ClientReader::ClientReader(Config& config) : config_{config} {
  for (const x509::TrustStoreOptions& store : config.trust_stores) {
    trust_store_names_.push_back(store.name);
    anchors_.emplace(store.name, &store.anchors);
  }
  std::sort(trust_store_names_.begin(), trust_store_names_.end());
  for (const model::Resource& resource : config.resources) {
    if (!resource.identifier.empty()) resources_.emplace(resource.identifier, &resource);
  }
}

void ClientReader::read(Reader& reader, const Node& list) {
  const Reader::Step clients{reader, "clients"};
  if (!reader.expect_list(list)) return;
  int index = 0;
  for (const Node& node : list.children()) {
    const Node* id = node.kind == NodeKind::map ? node.find("client_id") : nullptr;
    const Reader::Step step{reader, index++, id != nullptr ? id->text : std::string_view{}};
    read_client(reader, node);
  }
}

void ClientReader::finish(Report& report) const { report_pattern_overlaps(config_, anchors_, patterns_, report); }

void ClientReader::read_client(Reader& reader, const Node& node) {
  const std::size_t errors_before = reader.session().report.error_count();
  ClientDraft draft;
  client_section().read(reader, node, draft);
  if (node.kind != NodeKind::map) return;
  draft.is_complete = reader.session().report.error_count() == errors_before;
  // A client whose name is refused is checked under another one: every problem at once.
  auto id = model::ClientId::parse(draft.client_id.empty() ? std::string_view{"?"} : std::string_view{draft.client_id});
  if (!id) return;
  if (!draft.client_id.empty()) {
    const Reader::Step step{reader, "client_id"};
    (void)reader.claim("client", draft.client_id, *node.find("client_id"));  // a second one counts as an error below
  }
  model::Client client{std::move(*id)};
  client.client_name = std::move(draft.client_name);
  read_binding(reader, node, draft, client);
  const std::vector<Credential> credentials = read_credentials(reader, node, draft, trust_store_names_, client);
  read_client_secret(reader, node, draft, config_.client_secrets, client);
  if (draft.method) check_client_profile(reader, node, config_, client);
  check_assertion_keys(reader, node, config_.profile, client);
  if (auto scope = model::Scope::parse(draft.scope)) client.scope = std::move(*scope);
  read_resources(reader, node, draft, client);
  if (reader.session().report.error_count() != errors_before) return;
  warn_of_overlap(reader, node, client, credentials);
  keep(reader, node, std::move(client));
}

void ClientReader::read_resources(Reader& reader, const Node& node, const ClientDraft& draft,
                                  model::Client& client) const {
  const Node* scope = node.find("scope");
  const std::size_t errors_before = reader.session().report.error_count();
  if (draft.resources != nullptr) {
    const Reader::Step step{reader, "resources"};
    read_each(reader, *draft.resources, [&](const Node& member) { read_resource(reader, member, client); });
  } else {
    for (const model::Resource& resource : config_.resources) {
      if (!resource.identifier.empty()) client.resources.push_back(resource.identifier);
    }
  }
  const bool is_readable =
      reader.session().report.error_count() == errors_before && (scope == nullptr || !draft.scope.empty());
  if (!is_readable) return;
  if (scope != nullptr) check_scope(reader, *scope, client);
  if (draft.resources != nullptr) return;
  keep_default_resources(client);
  if (client.resources.empty() && draft.is_complete && !may_introspect(client) &&
      reader.session().report.error_count() == errors_before) {
    reader.complain_of("resources", node, "missing, and no scope tells which are meant; name at least one resource");
  }
}

/// A resource server that only asks about tokens needs none itself.
bool ClientReader::may_introspect(const model::Client& client) const {
  return std::any_of(config_.resources.begin(), config_.resources.end(), [&](const model::Resource& resource) {
    const auto& clients = resource.introspection_clients;
    return std::find(clients.begin(), clients.end(), client.client_id.text()) != clients.end();
  });
}

void ClientReader::read_resource(Reader& reader, const Node& node, model::Client& client) const {
  auto identifier = reader.read_text(node);
  if (!identifier) return;
  if (resources_.find(*identifier) == resources_.end()) {
    std::vector<std::string_view> known;
    for (const model::Resource& resource : config_.resources) known.push_back(resource.identifier);
    const std::string_view close = nearest(*identifier, known);
    reader.complain(
        node, in_quotes(node.text) + " is not one of resources; " +
                  (close.empty() ? "declare it there, or name another" : "did you mean " + std::string{close} + "?"));
  } else if (std::find(client.resources.begin(), client.resources.end(), *identifier) != client.resources.end()) {
    reader.complain(node, in_quotes(node.text) + " stands twice; remove one");
  } else {
    client.resources.push_back(std::move(*identifier));
  }
}

/// Of all resources those that understand a token of the client's scope, in the order of declaration.
void ClientReader::keep_default_resources(model::Client& client) const {
  const auto is_foreign = [&](const std::string& identifier) {
    const model::Scope& offered = resources_.find(identifier)->second->scopes;
    const std::vector<std::string>& wanted = client.scope.tokens();
    return std::none_of(wanted.begin(), wanted.end(), [&](const std::string& token) { return offered.has(token); });
  };
  client.resources.erase(std::remove_if(client.resources.begin(), client.resources.end(), is_foreign),
                         client.resources.end());
}

/// A token that none of the client's resources understands can never be granted.
void ClientReader::check_scope(Reader& reader, const Node& place, const model::Client& client) const {
  std::vector<std::string_view> offered;
  for (const std::string& identifier : client.resources) {
    const auto resource = resources_.find(identifier);
    if (resource == resources_.end()) continue;
    for (const std::string& token : resource->second->scopes.tokens()) offered.push_back(token);
  }
  for (const std::string& token : client.scope.tokens()) {
    if (std::find(offered.begin(), offered.end(), token) != offered.end()) continue;
    const std::string_view close = nearest(token, offered);
    reader.complain_of("scope", place,
                       in_quotes(token) + " is understood by no resource of the client; " +
                           (close.empty() ? "add it to the resource's scopes, or remove it"
                                          : "did you mean " + std::string{close} + "?"));
  }
}

/// Rule 7: permitted, and worth a look. The token then depends on the client_id that the caller names.
void ClientReader::warn_of_overlap(Reader& reader, const Node& node, const model::Client& client,
                                   const std::vector<Credential>& credentials) {
  for (const Credential& credential : credentials) {
    switch (credential.kind) {
      case Credential::Kind::subject: {
        // By the anchors: two trust stores with one anchor accept the same certificates.
        const auto anchors = anchors_.find(client.trust_store);
        if (anchors == anchors_.end()) break;
        for (const std::filesystem::path& anchor : *anchors->second) {
          claim(reader, node, "subject " + anchor.lexically_normal().string() + ' ' + credential.value);
        }
        break;
      }
      case Credential::Kind::subject_pattern: {
        const std::string_view key = model::name(model::SubjectField::subject_dn_pattern);
        patterns_.push_back({config_.clients.size(), reader.place_of(key, *node.find(key))});
        break;
      }
      case Credential::Kind::certificate:
        claim(reader, node, "certificate " + credential.value);
        break;
      case Credential::Kind::key:
        claim(reader, node, "key " + credential.value);
        if (const auto held = claims_.find("key of " + credential.value); held != claims_.end()) {
          warn_of(reader, node, held->second);
        }
        break;
      case Credential::Kind::key_of_certificate:
        claims_.try_emplace("key of " + credential.value, config_.clients.size());
        if (const auto held = claims_.find("key " + credential.value); held != claims_.end()) {
          warn_of(reader, node, held->second);
        }
        break;
      case Credential::Kind::issued_certificate:
        // Whether a trust store accepts it as well can be told once the stores are loaded.
        if (!anchors_.empty()) {
          config_.issued_certificates.push_back(
              {config_.clients.size(), Bytes{credential.value.begin(), credential.value.end()}});
        }
        break;
    }
  }
}

void ClientReader::claim(Reader& reader, const Node& node, std::string credential) {
  const auto [entry, is_new] = claims_.try_emplace(std::move(credential), config_.clients.size());
  if (!is_new) warn_of(reader, node, entry->second);
}

/// Once for each pair of clients.
void ClientReader::warn_of(Reader& reader, const Node& node, std::size_t first_client) {
  const std::size_t current = config_.clients.size();
  if (first_client == current || !warned_.emplace(first_client, current).second) return;
  ++config_.shared_credentials;
  const model::Client& other = config_.clients[first_client];
  reader.complain(node,
                  "a certificate of this client authenticates client " + in_quotes(other.client_id.text()) + " (" +
                      other.origin.place + ") too; register one certificate for one client",
                  Severity::warning);
}

void ClientReader::keep(const Reader& reader, const Node& node, model::Client client) {
  const Source& source = reader.source();
  client.origin = {"yaml", source.name() + ":" + std::to_string(node.start.line)};
  config_.client_places.push_back({static_cast<std::uint32_t>(source.order()), node.start.line, node.start.column});
  config_.clients.push_back(std::move(client));
}

}  // namespace certbound::config
