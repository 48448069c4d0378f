# Run as a script by embed_migrations.cmake: OUTPUT is the C++ file to write, INPUTS the SQL files in order.
set(expected 0)
set(rows "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME_WE)
  string(REGEX MATCH "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$" matched ${name})
  if(NOT matched)
    message(FATAL_ERROR "${input}: a migration is named NNNN_name.sql")
  endif()
  string(REGEX REPLACE "^0+" "" version ${CMAKE_MATCH_1})
  math(EXPR expected "${expected} + 1")
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${input}: expected migration number ${expected}; numbers have no gaps")
  endif()
  file(READ ${input} sql)
  if(sql MATCHES "\\)sql\"")
    message(FATAL_ERROR "${input}: holds the raw string delimiter )sql\"")
  endif()
  string(APPEND rows "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
if(expected EQUAL 0)
  message(FATAL_ERROR "no migration is given")
endif()
file(WRITE ${OUTPUT}
     "// Generated from migrations/ by cmake/write_migrations.cmake.\n"
     "#include \"store/sqlite/migrations.hpp\"\n\n"
     "namespace certbound::store::sqlite {\n\n"
     "namespace {\n"
     "constexpr Migration kEmbeddedMigrations[] = {\n"
     "${rows}"
     "};\n"
     "}  // namespace\n\n"
     "std::span<const Migration> all_migrations() { return kEmbeddedMigrations; }\n\n"
     "}  // namespace certbound::store::sqlite\n")
