#pragma once

#include <string>
#include <string_view>

namespace certbound::app {

/// `0.1.0`.
[[nodiscard]] std::string_view version_text();

/// The commit that was built, or `unknown` outside a checkout.
[[nodiscard]] std::string_view commit_text();

}  // namespace certbound::app
