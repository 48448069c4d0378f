# Turns the numbered SQL files of migrations/ into one C++ source with a constexpr table.
function(certbound_embed_migrations output)
  set(files ${ARGN})
  set(inputs)
  foreach(file IN LISTS files)
    list(APPEND inputs ${CMAKE_SOURCE_DIR}/migrations/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} "-DINPUTS=${inputs}" -P ${CMAKE_SOURCE_DIR}/cmake/write_migrations.cmake
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/write_migrations.cmake
    VERBATIM)
endfunction()
