#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/credential_claims.hpp"
#include "app/fetched_source.hpp"
#include "base/metrics.hpp"
#include "model/client.hpp"
#include "oauth/key_directory.hpp"

namespace certbound::app {

/// What is kept of a client's jwks_uri in the state directory.
struct KeptKeys {
  std::shared_ptr<const oauth::KeySet> keys;
  fetch::LastGood copy;  ///< when it came and its validators; without the octets
};

[[nodiscard]] CopyId key_copy_id(const model::Client& client);

/// Null where there is nothing for this client and this URI. Errors: `invalid_request` where it cannot be read.
[[nodiscard]] Result<std::shared_ptr<const KeptKeys>> load_kept_keys(const FetchedCopies& copies, const CopyId& id);

/// Keeps the keys current that clients publish at their jwks_uri. Main thread only.
class KeyFetcher {
 public:
  /// The attempt of that number has ended for that client; `keys` is what there is now, null for nothing.
  using OnAttempt = std::function<void(const std::string& client_id, const std::shared_ptr<const oauth::KeySet>& keys,
                                       std::uint64_t attempt)>;

  /// `tools` and `registry` outlive it.
  KeyFetcher(const FetchTools& tools, metrics::Registry& registry, OnAttempt on_attempt);
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;
  ~KeyFetcher();

  /// What is there for the clients of a configuration that is not in use yet.
  class Plan {
   public:
    Plan(Plan&&) noexcept;
    Plan& operator=(Plan&&) = delete;
    ~Plan();

   private:
    friend class KeyFetcher;
    struct Entry;
    Plan();
    std::vector<Entry> entries_;
    CredentialClaims declared_;  // what the clients are registered with; empty where none has a jwks_uri
  };

  /// Reads the copies of those that are new. Changes nothing.
  [[nodiscard]] Plan prepare(std::span<const model::Client> clients) const;

  /// Fetches for these clients from now on. Those that are not among them stay until finish(), since the workers may
  /// still ask for theirs.
  void begin(Plan plan);

  /// Of the clients of the last begin(). Valid until the finish() after the next begin().
  [[nodiscard]] oauth::KeyDirectory::Published published() const;

  /// The workers have published(): ends what is not in it, and removes its copies.
  void finish();

 private:
  struct Source;
  using Sources = std::map<CopyId, std::unique_ptr<Source>>;

  [[nodiscard]] std::unique_ptr<Source> make_source(const CopyId& id, const std::shared_ptr<const KeptKeys>& kept);
  void take_attempt(Source& source, std::uint64_t attempt);
  void claim(Source& source, const std::shared_ptr<const oauth::KeySet>& keys);
  void tell_shared(const Source& source);

  const FetchTools tools_;
  metrics::Counter skipped_;
  metrics::Counter rejected_;
  metrics::Counter shared_;
  OnAttempt on_attempt_;
  CredentialClaims claims_;    // of what was fetched
  CredentialClaims declared_;  // of the last begin()
  Sources sources_;
  Sources leaving_;
};

}  // namespace certbound::app
