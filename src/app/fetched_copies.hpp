#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "base/result.hpp"
#include "fetch/refresher.hpp"

namespace certbound::app {

/// Whose content a copy is.
struct CopyId {
  enum class Kind : std::uint8_t { crl, jwks };
  Kind kind = Kind::crl;
  std::string owner;  ///< the trust store, or the client_id
  std::string url;    ///< another URL is another copy

  [[nodiscard]] bool operator==(const CopyId&) const = default;
  [[nodiscard]] bool operator<(const CopyId& other) const {
    return std::tie(kind, owner, url) < std::tie(other.kind, other.owner, other.url);
  }

  /// The name of its files without their suffix: of the kind and a digest of the rest, so that a client_id or a URL
  /// never becomes a path.
  [[nodiscard]] std::string file_name() const;
  /// `http://crl.example/a.crl`; of a URL with a query, which may be a secret, `http://crl.example/a.crl (1vEb4gEG)`: a
  /// digest in the query's place, so that two sources never share a name.
  [[nodiscard]] std::string shown_source() const;
  /// `crl partner http://crl.example/a.crl`, the last as shown_source(): for the log and the metrics.
  [[nodiscard]] std::string shown() const;
};

/// What was fetched and found good, in the state directory, so that a start while the server at the other end is down
/// still serves; and how the last attempt went, for `client show`. For each source files with mode 0600: NAME.copy, a
/// line of JSON about it and the octets as they came; NAME.part, the same of what came later and was taken in part, so
/// that it counts beside the copy and not in its place; NAME.status, JSON. Each is replaced as a whole. They are read
/// by anybody who may, and written by the daemon's one thread for that kind.
class FetchedCopies {
 public:
  explicit FetchedCopies(const std::filesystem::path& state_dir) : directory_{state_dir / "fetched"} {}

  /// Makes the directory. Errors: `invalid_request`.
  [[nodiscard]] Result<void> prepare() const;

  /// Nothing where there is none. Errors: `invalid_request` where it cannot be read, is damaged, or is of another
  /// source.
  [[nodiscard]] Result<std::optional<fetch::LastGood>> load(const CopyId& id, std::size_t max_bytes,
                                                            fetch::Taken taken = fetch::Taken::whole) const;
  [[nodiscard]] Result<std::optional<fetch::RefreshStatus>> load_status(const CopyId& id) const;

  /// Of what was taken as a whole nothing in part remains. Errors: `invalid_request`, `detail` names the file and what
  /// the system said.
  [[nodiscard]] Result<void> store(const CopyId& id, const fetch::Outcome& outcome,
                                   fetch::Taken taken = fetch::Taken::whole) const;
  [[nodiscard]] Result<void> store_status(const CopyId& id, const fetch::RefreshStatus& status) const;

  /// Removes the files of all others of that kind; returns how many. Errors: as store().
  [[nodiscard]] Result<std::size_t> keep_only(CopyId::Kind kind, const std::set<std::string>& file_names) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const CopyId& id, const char* suffix) const;

  std::filesystem::path directory_;
};

}  // namespace certbound::app
