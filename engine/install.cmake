# What an installed Larder consists of: the library, the public headers, and what find_package and pkg-config read.
include(CMakePackageConfigHelpers)

set(larder_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/larder)

install(TARGETS larder EXPORT larder-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/larder DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT larder-targets NAMESPACE larder:: DESTINATION ${larder_package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/larder-config.cmake.in larder-config.cmake
  INSTALL_DESTINATION ${larder_package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(larder-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/larder-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/larder-config-version.cmake
  DESTINATION ${larder_package_dir})

# The prefix is told relative to the file, so that `cmake --install --prefix` and moved trees work.
file(RELATIVE_PATH larder_pc_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" larder_pc_prefix "${larder_pc_prefix}")
set(larder_pc_libs "")
set(larder_pc_private_libs "")
if(BUILD_SHARED_LIBS)
  set(larder_pc_private_libs "-pthread")
else()
  set(larder_pc_libs " -pthread")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/larder.pc.in larder.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/larder.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
