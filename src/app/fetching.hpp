#pragma once

#include <filesystem>
#include <memory>

#include "app/crl_fetcher.hpp"
#include "app/key_fetcher.hpp"
#include "app/ocsp_asker.hpp"
#include "fetch/client.hpp"

namespace certbound::app {

/// Everything that fetches in the background, with the threads for it. Main thread only.
class Fetching {
 public:
  /// Makes the folder of the copies; where that fails a warning says so, and what is fetched serves all the same.
  /// `loop` and `registry` outlive it.
  Fetching(const std::filesystem::path& state_dir, std::shared_ptr<const fetch::Settings> settings, MainLoop& loop,
           metrics::Registry& registry, CrlFetcher::OnNew on_new_crls, KeyFetcher::OnAttempt on_keys);
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;
  ~Fetching();

  [[nodiscard]] CrlFetcher& crls() { return crls_; }
  [[nodiscard]] KeyFetcher& keys() { return keys_; }
  [[nodiscard]] OcspAsker& ocsp() { return ocsp_; }

  /// What is fetched from now on is fetched under these.
  void publish(const std::shared_ptr<const fetch::Settings>& settings);

  /// Ends the threads: what is under way is given up, what has come is written. Workers may still ask, in vain.
  void stop();

 private:
  FetchedCopies copies_;
  fetch::Client client_;
  fetch::Client ocsp_client_;  // requests wait for it: keys and CRLs must not take its connections, nor its thread
  OcspAsker ocsp_;
  // One for each kind: a CRL of a million entries must not hold up the keys of other partners.
  std::unique_ptr<FetchWork> crl_work_;
  std::unique_ptr<FetchWork> key_work_;
  CrlFetcher crls_;
  KeyFetcher keys_;
};

}  // namespace certbound::app
