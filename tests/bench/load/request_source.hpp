#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "options.hpp"

namespace certbound::load {

/// A request, ready for the wire, and the client_id that the token must name.
struct PreparedRequest {
  std::string_view octets;
  std::string_view client_id;  ///< empty where the body names none
};

/// Makes the requests of one thread: always the same one, or with the next client_id of the list. Requests that one
/// thread makes start at `first` and step by `stride`, so that the threads together go through the whole list.
class RequestSource {
 public:
  RequestSource(const Options& options, std::size_t first, std::size_t stride);

  /// Valid until the next call. `options` must outlive the source.
  [[nodiscard]] PreparedRequest next();

 private:
  void build(std::string_view body);

  const Options& options_;
  std::string head_;  ///< up to the value of Content-Length
  std::string before_id_;
  std::string after_id_;
  std::string octets_;
  std::string body_;
  std::string fixed_client_id_;
  std::size_t position_;
  std::size_t stride_;
};

}  // namespace certbound::load
