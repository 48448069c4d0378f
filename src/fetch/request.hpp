#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "fetch/failure.hpp"

namespace certbound::fetch {

enum class Method : std::uint8_t { get, post };

/// Plain http is for what is signed by itself: CRLs and OCSP answers.
enum class Schemes : std::uint8_t { https_only, https_and_http };

/// What a later request asks with, so that an unchanged answer is a 304 without a body (RFC 9110 section 13).
struct Validators {
  std::string etag;           ///< with its quotes; empty where there is none
  std::string last_modified;  ///< an HTTP date; empty where there is none
  [[nodiscard]] bool has_any() const { return !etag.empty() || !last_modified.empty(); }
};

/// The bounds that the lifetime of an answer is forced into, whatever its headers say.
struct FreshnessBounds {
  std::chrono::seconds minimum{std::chrono::minutes{1}};
  std::chrono::seconds maximum{std::chrono::hours{24}};
  std::chrono::seconds otherwise{std::chrono::minutes{15}};  ///< where the headers say nothing; also forced into both
};

/// One fetch. A plain value; the caller fills it.
struct Request {
  Request() = default;

  Method method = Method::get;
  std::string url;
  Schemes schemes = Schemes::https_only;
  std::string body;                          ///< of a POST
  std::string body_type;                     ///< its Content-Type
  std::vector<std::string> content_types;    ///< accepted media types, without parameters; empty: any
  std::size_t max_body_bytes = 64UL * 1024;  ///< a larger answer is refused, at its Content-Length if it has one
  std::chrono::milliseconds timeout{std::chrono::seconds{10}};  ///< for all of it, from the name to the last octet
  Validators validators;                                        ///< of a GET; empty for one without a condition
  FreshnessBounds freshness;
  /// Fetches of the same key that come while one is under way get its outcome and make no connection. Empty: never.
  std::string key;
};

/// How a fetch ended.
struct Outcome {
  Outcome() = default;
  Outcome(Failure why, std::string more) : failure{why}, detail{std::move(more)} {}

  [[nodiscard]] bool is_ok() const { return failure == Failure::none; }

  Failure failure = Failure::none;
  std::string detail;  ///< for the log; without the URL's query
  int status = 0;      ///< of the answer, 0 where none came
  std::string body;    ///< of a 200
  std::string content_type;
  bool is_not_modified = false;  ///< a 304: what the caller has is still good
  Validators validators;         ///< of a 200 those of the answer, of a 304 those that hold from now on
  WallTime received_at{};
  std::chrono::seconds fresh_for{0};                ///< within the request's bounds
  std::optional<std::chrono::seconds> retry_after;  ///< what a refusal asked for
};

}  // namespace certbound::fetch
