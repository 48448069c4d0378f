#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/fetched_source.hpp"
#include "app/load_revocation.hpp"
#include "base/metrics.hpp"

namespace certbound::app {

/// What there is once a body has come.
struct ExaminedCrls {
  Crls crls;
  std::vector<std::string> left_out;  ///< why, for each list of the body that was not taken
  bool is_whole = true;               ///< the body alone serves as well: it lacks nothing that stays, none is to come
};

/// What a fetched body makes of `before`, which is null for nothing. Each list is judged alone; the newest of each CA
/// that may be taken is, and what is there of the other CAs stays. Not taken is one that is not valid yet, is older
/// than one that holds, or is past where the CA has one that holds or is no older. Errors: `invalid_request`, `detail`
/// says why: x509::parse_known_crls(), or nothing was taken.
[[nodiscard]] Result<ExaminedCrls> examine_crls(std::string_view body,
                                                const std::vector<x509::Certificate>& authorities, const Crls* before,
                                                WallTime now);

/// What there is for authorities that are not those with which `latest` was verified: the lists of `latest` whose
/// issuer is still one of them, and of `kept` those of the other issuers.
[[nodiscard]] FoundCrls carry_over(const FetchedCrls& latest, FoundCrls kept,
                                   const std::vector<x509::Certificate>& authorities);

/// Keeps the CRLs of URLs current. Main thread only.
class CrlFetcher {
 public:
  /// New CRLs of a URL have come in place of `before` (empty for none). False where they could not be put to use: they
  /// are offered again after the next attempt.
  using OnNew = std::function<bool(const CopyId& id, const Crls& before, const Crls& now)>;

  /// `tools` and `registry` outlive it.
  CrlFetcher(const FetchTools& tools, metrics::Registry& registry, OnNew on_new);
  CrlFetcher(const CrlFetcher&) = delete;
  CrlFetcher& operator=(const CrlFetcher&) = delete;
  ~CrlFetcher();

  /// What has been fetched already, else what is in the state directory. Where the authorities of a store have changed,
  /// both: of those that stay, no list gets lost or older. The fetcher outlives the function.
  [[nodiscard]] FindFetchedCrls finder();

  /// Fetches these URLs from now on, and no others; what those brought that go is forgotten.
  void follow(const std::vector<CrlUrl>& urls);

  /// Asks for all of them now.
  void refetch();

 private:
  struct Source;

  void begin(const CrlUrl& url);
  void take_arrived(Source& source);

  const FetchTools tools_;
  metrics::Counter rejected_;
  metrics::Counter left_out_;
  OnNew on_new_;
  std::map<CopyId, std::unique_ptr<Source>> sources_;
};

}  // namespace certbound::app
