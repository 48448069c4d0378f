# ccache and mold where they are present; neither is needed.
find_program(CERTBOUND_CCACHE ccache)
if(CERTBOUND_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CERTBOUND_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CERTBOUND_CCACHE})
endif()

find_program(CERTBOUND_MOLD mold)
if(CERTBOUND_MOLD AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  add_link_options(-fuse-ld=mold)
endif()

# Position independent, hardened, everywhere but under the sanitizers, which bring their own.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CERTBOUND_SANITIZER AND NOT CERTBOUND_FUZZ)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection)
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS OPENSSL_NO_DEPRECATED OPENSSL_API_COMPAT=30000)
# The release is reproducible: no path of the machine that built it.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
