# Warnings for our own code; third-party headers are included as SYSTEM.
option(CERTBOUND_WERROR "Treat warnings as errors" OFF)
set(CERTBOUND_WARNINGS
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wswitch-enum)
if(CERTBOUND_WERROR)
  list(APPEND CERTBOUND_WARNINGS -Werror)
endif()

function(certbound_warnings target)
  target_compile_options(${target} PRIVATE ${CERTBOUND_WARNINGS})
endfunction()
