#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/ids.hpp"

namespace certbound::store {

/// The certificate with which a client last authenticated.
struct SeenCertificate {
  std::string client_id;
  std::string x5t_s256;
  std::string serial;  ///< hexadecimal
  std::string issuer;  ///< RFC 4514, for people
  WallTime not_after{};
  WallTime first_seen{};  ///< of this certificate
  WallTime last_seen{};
  [[nodiscard]] bool operator==(const SeenCertificate&) const = default;
};

/// Threads and errors as ClientReader.
class SeenCertificateReader {
 public:
  SeenCertificateReader() = default;
  SeenCertificateReader(const SeenCertificateReader&) = delete;
  SeenCertificateReader& operator=(const SeenCertificateReader&) = delete;
  virtual ~SeenCertificateReader() = default;

  [[nodiscard]] virtual Result<std::optional<SeenCertificate>> find_seen(const model::ClientId& id) = 0;

  /// Those of registered clients that end before `end`, the first to end first, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<SeenCertificate>> list_ending(WallTime end, std::size_t limit) = 0;

  /// How many list_ending() would have without a limit.
  [[nodiscard]] virtual Result<std::size_t> count_ending(WallTime end) = 0;
};

/// Also writes. Threads and errors as ClientReader.
class SeenCertificateStore : public SeenCertificateReader {
 public:
  /// All of them or, on an error, none. Each takes the place of what its client had, whose first_seen stays where it is
  /// the same certificate; one that is older than that changes nothing, and one of a client that is not registered is
  /// left out.
  [[nodiscard]] virtual Result<void> note_seen(std::span<const SeenCertificate> seen) = 0;
};

}  // namespace certbound::store
