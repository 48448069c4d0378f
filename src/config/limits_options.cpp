#include "config/limits_options.hpp"

#include "config/fields.hpp"

namespace certbound::config {

namespace {

constexpr std::int64_t kOneMinute = 60;
constexpr std::int64_t kOneKib = 1LL << 10;
constexpr std::int64_t kOneMib = 1LL << 20;

}  // namespace

const Section<net::Limits>& limits_section() {
  using net::Limits;
  using Chain = x509::ChainLimits;
  static const Section<Limits> rows{
      "limits",
      {
          size<&Limits::header_bytes>("header_bytes", {kOneKib, kOneMib},
                                      "The largest request line and header section; more is answered 431."),
          size<&Limits::body_bytes>("body_bytes", {kOneKib, 16 * kOneMib},
                                    "The largest request body; more is answered 413."),
          nested<&Limits::chain>(integer<&Chain::certificates>(
              "chain_certificates", {1, 16},
              "The most certificates that a client may send, its own among them; with more the handshake fails.")),
          nested<&Limits::chain>(size<&Chain::bytes>(
              "chain_bytes", {4 * kOneKib, 256 * kOneKib},
              "The most octets that these may have; with more the handshake fails before any is looked at.")),
          nested<&Limits::chain>(integer<&Chain::depth>(
              "chain_depth", {0, 10},
              "The most certificates between a client's certificate and the anchor of its trust store, sent or of the "
              "store; a longer path is chain_too_long.")),
          integer<&Limits::replay_entries>(
              "replay_entries", {1000, 100000000},
              "How many used assertions and DPoP proofs are remembered at a time, for all workers, at about 64 octets "
              "each. More that are still valid are refused with 503."),
          integer<&Limits::connections_per_worker>(
              "connections_per_worker", {1, 1000000},
              "Connections that one worker holds at a time. Mind the process's limit of open files."),
          duration<&Limits::handshake_timeout>("handshake_timeout", {1, 10 * kOneMinute},
                                               "How long a TLS handshake may take."),
          duration<&Limits::header_timeout>("header_timeout", {1, 10 * kOneMinute},
                                            "How long a request's header section may take, once it has begun."),
          duration<&Limits::body_timeout>("body_timeout", {1, 10 * kOneMinute}, "How long a request's body may take."),
          duration<&Limits::idle_timeout>("idle_timeout", {1, 60 * kOneMinute},
                                          "How long a connection may wait for its next request."),
          duration<&Limits::drain_timeout>("drain_timeout", {0, 60 * kOneMinute},
                                           "How long SIGTERM waits for requests that are being answered."),
      }};
  return rows;
}

}  // namespace certbound::config
