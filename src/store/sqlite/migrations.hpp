#pragma once

#include <span>
#include <string_view>

#include "store/sqlite/sql.hpp"

namespace certbound::store::sqlite {

/// One numbered file of migrations/.
struct Migration {
  int version;
  std::string_view name;  ///< `0001_client`
  Sql sql;
};

/// All of them, in order, from 1 without a gap. Embedded at build time.
[[nodiscard]] std::span<const Migration> all_migrations();

}  // namespace certbound::store::sqlite
