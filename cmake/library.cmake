# The library for resource servers, as it is installed: libcertbound.a, libcertbound.so, include/certbound, certboundConfig.cmake.
#
#   certbound_public_library(FOLDER file.cpp … FOLDER file.cpp …)
#
# The sources are compiled a second time: with hidden symbols, and without link time optimisation, whose archives only the
# compiler that made them can read. `certbound::verifier` is the static library, here and for whoever installed it.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

function(certbound_public_library)
  set(sources)
  foreach(argument IN LISTS ARGN)
    if(argument MATCHES "\\.cpp$")
      list(APPEND sources ${argument})
      # Names in anonymous namespaces are unique within a folder only.
      set_source_files_properties(${argument} PROPERTIES UNITY_GROUP ${folder})
    else()
      set(folder ${argument})
    endif()
  endforeach()

  add_library(certbound_library_objects OBJECT ${sources})
  target_include_directories(certbound_library_objects PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(certbound_library_objects PRIVATE OpenSSL::Crypto nlohmann_json::nlohmann_json Threads::Threads)
  set_target_properties(certbound_library_objects PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON INTERPROCEDURAL_OPTIMIZATION OFF UNITY_BUILD_MODE GROUP)
  certbound_warnings(certbound_library_objects)

  add_library(certbound_library STATIC $<TARGET_OBJECTS:certbound_library_objects>)
  set_target_properties(certbound_library PROPERTIES EXPORT_NAME verifier)
  add_library(certbound::verifier ALIAS certbound_library)
  add_library(certbound_library_shared SHARED $<TARGET_OBJECTS:certbound_library_objects>)
  set_target_properties(certbound_library_shared PROPERTIES
    EXPORT_NAME verifier_shared VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  foreach(library IN ITEMS certbound_library certbound_library_shared)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME certbound INTERPROCEDURAL_OPTIMIZATION OFF)
    target_compile_features(${library} INTERFACE cxx_std_20)
    target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
                                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE OpenSSL::Crypto Threads::Threads)
  endforeach()
  # Its undefined symbols are a sanitizer's run time; nobody installs such a build.
  if(CERTBOUND_SANITIZER)
    set_target_properties(certbound_library_shared PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  certbound_install_library()
endfunction()

function(certbound_install_library)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/certbound)
  install(TARGETS certbound_library certbound_library_shared EXPORT certbound
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT library)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/certbound DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library
          FILES_MATCHING PATTERN "*.hpp")
  install(EXPORT certbound NAMESPACE certbound:: FILE certboundTargets.cmake DESTINATION ${package} COMPONENT library)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/certboundConfig.cmake.in
                                ${CMAKE_BINARY_DIR}/certboundConfig.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/certboundConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/certboundConfig.cmake ${CMAKE_BINARY_DIR}/certboundConfigVersion.cmake
          DESTINATION ${package} COMPONENT library)
endfunction()
