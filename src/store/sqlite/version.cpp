#include "store/sqlite/version.hpp"

#include <sqlite3.h>

namespace certbound::store::sqlite {

std::string_view library_version() { return sqlite3_libversion(); }

}  // namespace certbound::store::sqlite
