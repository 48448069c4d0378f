#include "store/memory/memory_store.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/client_record.hpp"
#include "store/live_denials.hpp"
#include "store/memory/memory_keys.hpp"
#include "store/reconcile.hpp"

namespace certbound::store::memory {

namespace {

struct ClientEntry {
  std::string source;
  std::string place;
  ClientMetadata metadata;
};

using Clients = std::map<std::string, ClientEntry, std::less<>>;

struct Registry {
  std::mutex mutex;
  Clients clients;
  std::map<std::string, SeenCertificate, std::less<>> seen;
  RegistryGeneration generation;
  std::map<std::string, std::vector<model::ClientSecret>, std::less<>> secrets;
  std::uint64_t last_secret = 0;
  std::map<std::uint64_t, model::Denial> denials;
  std::uint64_t last_denial = 0;
};

Result<model::Client> to_client(const Registry& registry, const Clients::value_type& entry) {
  auto client = parse_client_row(ClientRow{entry.first, entry.second.source, entry.second.place,
                                           entry.second.metadata.json, entry.second.metadata.digest.octets});
  const auto secrets = registry.secrets.find(entry.first);
  if (client && secrets != registry.secrets.end()) client->secrets = secrets->second;
  return client;
}

/// Brings one declared client into `clients`.
Result<void> apply_declared(Clients& clients, const model::Client& client, Reconciliation& done) {
  auto metadata = render_client_metadata(client);
  if (!metadata) return std::move(metadata).error();
  const std::string& id = client.client_id.text();
  const auto found = clients.find(id);
  if (found == clients.end()) {
    clients.emplace(id, ClientEntry{client.origin.source, client.origin.place, *std::move(metadata)});
    count_added(done, id);
    return {};
  }
  if (found->second.source != kDeclaredSource) return source_conflict(client, found->second.source);
  if (found->second.metadata.digest == metadata->digest) {
    ++done.unchanged;
  } else {
    count_changed(done, id);
  }
  found->second.place = client.origin.place;
  found->second.metadata = *std::move(metadata);
  return {};
}

class MemoryClients final : public ClientStore {
 public:
  explicit MemoryClients(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}

  Result<std::optional<model::Client>> find_client(const model::ClientId& id) override {
    const std::lock_guard lock{registry_->mutex};
    const auto found = registry_->clients.find(id.text());
    if (found == registry_->clients.end()) return std::optional<model::Client>{};
    auto client = to_client(*registry_, *found);
    if (!client) return std::move(client).error();
    return std::optional<model::Client>{*std::move(client)};
  }

  Result<std::vector<model::Client>> list_clients(std::string_view after_id, std::size_t limit) override {
    const std::lock_guard lock{registry_->mutex};
    std::vector<model::Client> clients;
    for (auto at = registry_->clients.upper_bound(after_id); at != registry_->clients.end() && clients.size() < limit;
         ++at) {
      auto client = to_client(*registry_, *at);
      if (!client) return std::move(client).error();
      clients.push_back(*std::move(client));
    }
    return clients;
  }

  Result<std::size_t> count_clients() override {
    const std::lock_guard lock{registry_->mutex};
    return registry_->clients.size();
  }

  Result<Reconciliation> reconcile_clients(std::span<const model::Client> declared, WallTime now) override {
    const auto sorted = sort_declared(declared);
    if (!sorted) return sorted.error();
    const std::lock_guard lock{registry_->mutex};
    Clients clients = registry_->clients;
    Reconciliation done;
    for (const model::Client* client : *sorted) {
      if (auto applied = apply_declared(clients, *client, done); !applied) return std::move(applied).error();
    }
    remove_undeclared(clients, *sorted, done);
    registry_->clients = std::move(clients);
    done.removed_secrets = remove_secrets_without_use();
    registry_->generation = {registry_->generation.number + 1, now};
    std::erase_if(registry_->seen, [this](const auto& entry) { return !registry_->clients.contains(entry.first); });
    return done;
  }

 private:
  static void remove_undeclared(Clients& clients, const std::vector<const model::Client*>& sorted,
                                Reconciliation& done) {
    for (auto at = clients.begin(); at != clients.end();) {
      const bool declared = std::binary_search(sorted.begin(), sorted.end(), at->first,
                                               [](const auto& a, const auto& b) { return text_of(a) < text_of(b); });
      if (declared || at->second.source != kDeclaredSource) {
        ++at;
        continue;
      }
      count_removed(done, at->first);
      at = clients.erase(at);
    }
  }
  std::size_t remove_secrets_without_use() {
    std::size_t removed = 0;
    std::erase_if(registry_->secrets, [&](const auto& entry) {
      const auto owner = registry_->clients.find(entry.first);
      const auto client = owner == registry_->clients.end() ? Result<model::Client>{internal_error("gone")}
                                                            : to_client(*registry_, *owner);
      if (client && model::is_secret_method(client->token_endpoint_auth_method)) return false;
      removed += entry.second.size();
      return true;
    });
    return removed;
  }
  static const std::string& text_of(const model::Client* client) { return client->client_id.text(); }
  static const std::string& text_of(const std::string& client_id) { return client_id; }

  std::shared_ptr<Registry> registry_;
};

class MemoryClientSecrets final : public ClientSecretStore {
 public:
  explicit MemoryClientSecrets(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}

  Result<MethodCounts> count_methods() override {
    const std::lock_guard lock{registry_->mutex};
    MethodCounts counts{};
    for (const auto& entry : registry_->clients) {
      const auto client = to_client(*registry_, entry);
      if (!client) return client.error();
      ++counts.at(static_cast<std::size_t>(client->token_endpoint_auth_method));
    }
    return counts;
  }

  Result<std::vector<std::string>> list_secret_clients(std::size_t limit) override {
    const std::lock_guard lock{registry_->mutex};
    std::vector<std::string> ids;
    for (const auto& entry : registry_->clients) {
      const auto client = to_client(*registry_, entry);
      if (!client) return client.error();
      if (ids.size() < limit && model::is_secret_method(client->token_endpoint_auth_method)) ids.push_back(entry.first);
    }
    return ids;
  }

  Result<std::vector<OwnedSecret>> list_ending_secrets(WallTime now, WallTime end, std::size_t limit) override {
    std::vector<OwnedSecret> ending = all_ending(now, end);
    std::sort(ending.begin(), ending.end(), [](const OwnedSecret& a, const OwnedSecret& b) {
      return std::pair{*a.secret.expires_at, a.secret.id} < std::pair{*b.secret.expires_at, b.secret.id};
    });
    if (ending.size() > limit) ending.resize(limit);
    return ending;
  }

  Result<std::size_t> count_ending_secrets(WallTime now, WallTime end) override { return all_ending(now, end).size(); }

  Result<model::ClientSecret> add_secret(const model::ClientId& id, model::ClientSecret secret) override {
    const std::lock_guard lock{registry_->mutex};
    const auto owner = registry_->clients.find(id.text());
    if (owner == registry_->clients.end()) return no_such_client(id);
    const auto client = to_client(*registry_, *owner);
    if (!client) return client.error();
    if (auto room = check_secret_room(*client, secret.created_at); !room) return std::move(room).error();
    std::vector<model::ClientSecret>& secrets = registry_->secrets[id.text()];
    std::erase_if(secrets, [&secret](const model::ClientSecret& one) { return is_over(one, secret.created_at); });
    secret.id = ++registry_->last_secret;
    secrets.push_back(secret);
    return secret;
  }

  Result<std::optional<model::ClientSecret>> remove_secret(const model::ClientId& id, std::uint64_t secret) override {
    const std::lock_guard lock{registry_->mutex};
    std::vector<model::ClientSecret>& secrets = registry_->secrets[id.text()];
    const auto found = std::find_if(secrets.begin(), secrets.end(),
                                    [secret](const model::ClientSecret& one) { return one.id == secret; });
    if (found == secrets.end()) return std::optional<model::ClientSecret>{};
    std::optional removed{std::move(*found)};
    secrets.erase(found);
    return removed;
  }

 private:
  std::vector<OwnedSecret> all_ending(WallTime now, WallTime end) {
    const std::lock_guard lock{registry_->mutex};
    std::vector<OwnedSecret> ending;
    for (const auto& [id, secrets] : registry_->secrets) {
      for (const model::ClientSecret& secret : secrets) {
        if (secret.expires_at && !is_over(secret, now) && *secret.expires_at < end) ending.push_back({id, secret});
      }
    }
    return ending;
  }

  std::shared_ptr<Registry> registry_;
};

class MemorySeenCertificates final : public SeenCertificateStore {
 public:
  explicit MemorySeenCertificates(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}

  Result<std::optional<SeenCertificate>> find_seen(const model::ClientId& id) override {
    const std::lock_guard lock{registry_->mutex};
    const auto found = registry_->seen.find(id.text());
    return found == registry_->seen.end() ? std::optional<SeenCertificate>{} : std::optional{found->second};
  }

  Result<std::vector<SeenCertificate>> list_ending(WallTime end, std::size_t limit) override {
    std::vector<SeenCertificate> ending = all_ending(end);
    std::stable_sort(ending.begin(), ending.end(),
                     [](const auto& a, const auto& b) { return a.not_after < b.not_after; });
    if (ending.size() > limit) ending.resize(limit);
    return ending;
  }

  Result<std::size_t> count_ending(WallTime end) override { return all_ending(end).size(); }

  Result<void> note_seen(std::span<const SeenCertificate> seen) override {
    const std::lock_guard lock{registry_->mutex};
    for (const SeenCertificate& one : seen) {
      if (!registry_->clients.contains(one.client_id)) continue;
      const auto [entry, is_new] = registry_->seen.try_emplace(one.client_id, one);
      if (is_new || one.last_seen < entry->second.last_seen) continue;
      const bool is_same = entry->second.x5t_s256 == one.x5t_s256;
      const WallTime first_seen = is_same ? entry->second.first_seen : one.first_seen;
      entry->second = one;
      entry->second.first_seen = first_seen;
    }
    return {};
  }

 private:
  std::vector<SeenCertificate> all_ending(WallTime end) {
    const std::lock_guard lock{registry_->mutex};
    std::vector<SeenCertificate> ending;
    for (const auto& [id, seen] : registry_->seen) {
      if (seen.not_after < end) ending.push_back(seen);
    }
    return ending;
  }

  std::shared_ptr<Registry> registry_;
};

class MemoryDenials final : public DenialStore {
 public:
  explicit MemoryDenials(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}

  Result<std::vector<model::Denial>> list_denials(std::uint64_t after_id, std::size_t limit) override {
    const std::lock_guard lock{registry_->mutex};
    std::vector<model::Denial> listed;
    const auto& denials = registry_->denials;
    for (auto at = denials.upper_bound(after_id); at != denials.end() && listed.size() < limit; ++at) {
      listed.push_back(at->second);
    }
    return listed;
  }

  Result<void> write_denials(std::span<model::Denial> denials) override {
    const std::lock_guard lock{registry_->mutex};
    auto changed = registry_->denials;
    std::vector<model::Denial> written{denials.begin(), denials.end()};
    std::uint64_t last = registry_->last_denial;
    for (model::Denial& denial : written) {
      if (denial.id == 0) denial.id = ++last;
      if (names_the_same_as_another(changed, denial)) return internal_error("memory store: two denials name the same");
      changed.insert_or_assign(denial.id, denial);
    }
    registry_->denials = std::move(changed);
    registry_->last_denial = last;
    std::move(written.begin(), written.end(), denials.begin());
    return {};
  }

  Result<std::optional<model::Denial>> remove_denial(std::uint64_t id) override {
    const std::lock_guard lock{registry_->mutex};
    auto removed = registry_->denials.extract(id);
    if (removed.empty()) return std::optional<model::Denial>{};
    return std::optional{std::move(removed.mapped())};
  }

  Result<std::vector<model::Denial>> forget_denials(WallTime now, std::size_t limit) override {
    const std::lock_guard lock{registry_->mutex};
    std::vector<model::Denial> forgotten;
    auto& denials = registry_->denials;
    for (auto at = denials.begin(); at != denials.end() && forgotten.size() < limit;) {
      const bool is_over = at->second.is_over(now);
      if (is_over) forgotten.push_back(std::move(at->second));
      at = is_over ? denials.erase(at) : std::next(at);
    }
    return forgotten;
  }

 private:
  static bool names_the_same_as_another(const std::map<std::uint64_t, model::Denial>& denials,
                                        const model::Denial& denial) {
    const std::string key = LiveDenials::key_of(denial);
    return std::any_of(denials.begin(), denials.end(), [&](const auto& entry) {
      return entry.first != denial.id && LiveDenials::key_of(entry.second) == key;
    });
  }

  std::shared_ptr<Registry> registry_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::shared_ptr<Registry> registry) : registry_{std::move(registry)} {}

  ClientStore& clients() override { return clients_; }
  ClientSecretStore& client_secrets() override { return secrets_; }
  KeyStore& keys() override { return keys_; }
  SeenCertificateReader& seen_certificates() override { return seen_; }
  DenialReader& denials() override { return denials_; }
  Result<RegistryGeneration> load_generation() override {
    const std::lock_guard lock{registry_->mutex};
    return registry_->generation;
  }
  Result<std::unique_ptr<SeenCertificateStore>> make_seen_store() const override {
    return std::make_unique<MemorySeenCertificates>(registry_);
  }
  Result<std::unique_ptr<DenialStore>> make_denial_store() const override {
    return std::make_unique<MemoryDenials>(registry_);
  }
  Result<std::unique_ptr<ClientReader>> make_client_reader() const override {
    return std::make_unique<MemoryClients>(registry_);
  }

 private:
  std::shared_ptr<Registry> registry_;
  MemoryClients clients_{registry_};
  MemoryClientSecrets secrets_{registry_};
  MemoryKeys keys_;
  MemorySeenCertificates seen_{registry_};
  MemoryDenials denials_{registry_};
};

}  // namespace

Result<std::unique_ptr<Store>> make_memory_store(std::span<const model::Client> registered) {
  auto registry = std::make_shared<Registry>();
  for (const model::Client& client : registered) {
    auto metadata = render_client_metadata(client);
    if (!metadata) return std::move(metadata).error();
    registry->clients.insert_or_assign(client.client_id.text(),
                                       ClientEntry{client.origin.source, client.origin.place, *std::move(metadata)});
  }
  return std::make_unique<MemoryStore>(std::move(registry));
}

}  // namespace certbound::store::memory
