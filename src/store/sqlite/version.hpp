#pragma once

#include <string_view>

namespace certbound::store::sqlite {

/// The SQLite that is loaded: `3.40.1`.
[[nodiscard]] std::string_view library_version();

}  // namespace certbound::store::sqlite
