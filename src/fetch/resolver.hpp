#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

namespace certbound::fetch {

/// What a host name resolved to.
struct Resolution {
  std::vector<boost::asio::ip::address> addresses;  ///< in the order in which they are to be tried
  std::string error;                                ///< why there is none
};

/// Turns host names into addresses. A test has its own.
class Resolver {
 public:
  using Done = std::function<void(Resolution)>;

  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  virtual ~Resolver() = default;

  /// Calls `done` once, at any time, on any thread, or never: the caller has a deadline. Does not block.
  virtual void resolve(const std::string& host, Done done) = 0;
};

/// The system's resolver (getaddrinfo), which cannot be interrupted: it runs on threads of its own, at most eight; the
/// same name asked twice at once is looked up once. The destructor waits 200 ms for them; a thread that still waits for
/// an answer then is left behind until the process ends.
[[nodiscard]] std::shared_ptr<Resolver> make_system_resolver();

}  // namespace certbound::fetch
