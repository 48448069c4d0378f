#pragma once

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "x509/certificate.hpp"

namespace certbound::x509 {

/// How long before its end a certificate's owner is told to renew it.
inline constexpr std::chrono::days kExpiryWarning{30};

/// Where a time stands in a certificate's validity.
enum class Validity {
  not_yet,
  within,
  ends_soon,  ///< within, with less than kExpiryWarning to go
  past,
};

/// RFC 5280 section 4.1.2.5 but for its last second: notAfter itself is past, as it is for OpenSSL's path validation,
/// so that every client's certificate ends alike.
[[nodiscard]] Validity validity_at(const Certificate& certificate, WallTime now);

/// Validity::within or Validity::ends_soon.
[[nodiscard]] bool is_valid_at(const Certificate& certificate, WallTime now);

/// `the certificate of "CN=a" expired at 2026-01-02T03:04:05Z; renew it` and so on, for an operator; empty where
/// nothing need be done.
[[nodiscard]] std::string describe_validity(const Certificate& certificate, WallTime now);

/// `3 h old`, in the largest unit of which it has two; `of the future` where it is negative.
[[nodiscard]] std::string describe_age(std::chrono::seconds age);

}  // namespace certbound::x509
