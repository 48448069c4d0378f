# CERTBOUND_SANITIZER=address brings AddressSanitizer and UndefinedBehaviorSanitizer, thread brings ThreadSanitizer.
if(CERTBOUND_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  # For src/ alone: the tests' own code is not what is looked at. vptr, null and alignment quadruple the
  # compile time of the Asio translation units; AddressSanitizer sees what they would.
  set(CERTBOUND_UNDEFINED_OPTIONS -fsanitize=undefined -fno-sanitize=vptr,null,alignment,object-size -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    list(APPEND CERTBOUND_UNDEFINED_OPTIONS -fno-sanitize=function)
  endif()
elseif(CERTBOUND_SANITIZER STREQUAL "thread")
  # GCC 12 warns of atomic_thread_fence in Asio, which the sanitizer does not model.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  add_link_options(-fsanitize=thread)
elseif(CERTBOUND_SANITIZER)
  message(FATAL_ERROR "CERTBOUND_SANITIZER is address, thread or empty, not ${CERTBOUND_SANITIZER}")
endif()
