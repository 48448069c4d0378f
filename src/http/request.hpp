#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "x509/presented.hpp"

namespace certbound::http {

enum class Method : std::uint8_t { get, head, post, options, other };

struct Header {
  Header(std::string header_name, std::string header_value)
      : name{std::move(header_name)}, value{std::move(header_value)} {}
  std::string name;   ///< lower case
  std::string value;  ///< without leading and trailing blanks
};

/// What is the same for every request of one connection.
struct Connection {
  Connection() = default;

  std::string peer_address;      ///< `127.0.0.1:50312`, `[::1]:50312`
  std::string listener_address;  ///< the address that was bound
  std::size_t listener = 0;      ///< the listener's number on its worker: for clients that of `listeners`
  /// What the peer presented and proved in this connection's handshake; null where it presented nothing. No header can
  /// set it.
  std::shared_ptr<const x509::PresentedChain> peer;
};

/// One HTTP/1.1 request, whole, within the limits, well formed after RFC 9112. A plain value.
struct Request {
  Request() = default;

  Method method = Method::other;
  std::string path;   ///< as sent, still percent-encoded, without query; `/…` or `*`
  std::string query;  ///< after `?`; never a source of parameters
  std::vector<Header> headers;
  std::string body;
  bool keep_alive = true;
  std::string id;  ///< ours; in the answer, the log and the audit record
  std::shared_ptr<const Connection> connection;

  /// The value of the header `lower_name`; the first where there are several.
  [[nodiscard]] std::optional<std::string_view> find_header(std::string_view lower_name) const;

  /// The values of all headers `lower_name` as one list (RFC 9110 section 5.3); empty where there is none.
  [[nodiscard]] std::string join_header(std::string_view lower_name) const;
};

}  // namespace certbound::http
