#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fetch/url.hpp"

namespace certbound::fetch {

/// The hosts that may have private and special-use addresses: `fetch.allow`. A value; empty it allows none.
class AllowList {
 public:
  AllowList() = default;

  /// Each entry is `host` (any port), `host:port`, an IPv4 address, an IPv6 address in brackets, either with a port.
  /// Names are compared without case, addresses as addresses. An address here allows URLs that name it; it allows no
  /// name that resolves to it. Errors: `invalid_request`, `detail` names the entry.
  [[nodiscard]] static Result<AllowList> parse(const std::vector<std::string>& entries);

  [[nodiscard]] bool allows(const Url& url) const;

 private:
  struct Entry {
    std::string host;
    std::uint16_t port = 0;  // 0: any
  };
  std::vector<Entry> entries_;
};

}  // namespace certbound::fetch
