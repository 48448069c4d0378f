#pragma once

#include <string_view>

namespace certbound::crypto {

/// The OpenSSL that is loaded, which need not be the one that was built against: `OpenSSL 3.0.22 25 Aug 2026`.
[[nodiscard]] std::string_view library_version();

}  // namespace certbound::crypto
