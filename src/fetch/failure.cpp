#include "fetch/failure.hpp"

#include <array>

namespace certbound::fetch {

namespace {

struct FailureRow {
  Failure failure;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<FailureRow, kFailureCount> kFailures{{
    {Failure::none, "none", "The fetch succeeded."},
    {Failure::url_invalid, "url_invalid", "The URL is not an absolute one that is fetched; the detail says why."},
    {Failure::scheme_not_allowed, "scheme_not_allowed", "The URL has to begin with https."},
    {Failure::request_invalid, "request_invalid", "The request itself cannot be sent; a fault of the server."},
    {Failure::resolve_failed, "resolve_failed", "The host name has no address; the detail has the resolver's words."},
    {Failure::resolve_timeout, "resolve_timeout", "The resolver did not answer in time."},
    {Failure::address_refused, "address_refused",
     "The host has only private or special-use addresses. If that is intended, list it in `fetch.allow`."},
    {Failure::connect_failed, "connect_failed", "No address of the host accepted a connection."},
    {Failure::connect_timeout, "connect_timeout", "No address of the host answered in time."},
    {Failure::tls_failed, "tls_failed", "The TLS handshake failed; TLS 1.2 is the least that is spoken."},
    {Failure::tls_timeout, "tls_timeout", "The TLS handshake did not end in time."},
    {Failure::certificate_untrusted, "certificate_untrusted",
     "The host's certificate does not verify against the system's CAs, or those of `fetch.ca_file` where it is set."},
    {Failure::certificate_name, "certificate_name", "The host's certificate is for another name."},
    {Failure::timeout, "timeout", "The whole answer did not come in time."},
    {Failure::closed, "closed", "The connection ended before the answer did."},
    {Failure::malformed, "malformed", "The answer is not well-formed HTTP/1.1."},
    {Failure::header_too_large, "header_too_large", "The header of the answer is larger than the limit."},
    {Failure::body_too_large, "body_too_large", "The body of the answer is larger than the limit."},
    {Failure::redirected, "redirected", "The host redirects. Redirects are not followed: configure the final URL."},
    {Failure::status, "status", "The host answered with a status other than 200; the detail has it."},
    {Failure::not_modified_unasked, "not_modified_unasked", "The host answered 304 to a request without a condition."},
    {Failure::content_type, "content_type", "The answer has another Content-Type than what was asked for."},
    {Failure::content_encoding, "content_encoding", "The answer is compressed, although that was declined."},
    {Failure::rejected, "rejected", "The answer came, but its content does not hold; the detail says why."},
    {Failure::overloaded, "overloaded", "Too many fetches wait already."},
    {Failure::stopped, "stopped", "The server is ending."},
    {Failure::internal, "internal", "A fault of the server; the detail has more."},
}};

consteval bool is_table_in_order() {
  for (std::size_t i = 0; i < kFailures.size(); ++i) {
    if (kFailures[i].failure != static_cast<Failure>(i)) return false;
  }
  return true;
}
static_assert(is_table_in_order(), "kFailures has one row for each Failure, in order");

}  // namespace

std::string_view name(Failure failure) { return kFailures[static_cast<std::size_t>(failure)].name; }

std::string_view meaning(Failure failure) { return kFailures[static_cast<std::size_t>(failure)].meaning; }

}  // namespace certbound::fetch
