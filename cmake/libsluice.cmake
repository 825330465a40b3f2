# libsluice: the client room behind the public headers, as one shared library; how it is installed and found.
if(NOT TARGET client)
  return()
endif()
target_include_directories(client PUBLIC ${CMAKE_SOURCE_DIR}/include)

# Public headers name a few values of the rooms (errors, XDR, procedures), which are installed beside them.
set(sluice_headers base/bytes.h base/error.h base/limits.h base/result.h base/uuid.h
                   xdr/codec.h xdr/members.h xdr/types.h remote/proc.h)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/libsluice.cpp CONTENT "// All of the library is in the room client.\n")
add_library(sluice SHARED ${CMAKE_BINARY_DIR}/libsluice.cpp)
set_target_properties(sluice PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 1 LINKER_LANGUAGE CXX)
target_link_libraries(sluice PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,client>)
target_link_options(sluice PRIVATE LINKER:--version-script=${CMAKE_SOURCE_DIR}/cmake/libsluice.map)
set_target_properties(sluice PROPERTIES LINK_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/libsluice.map)
target_compile_features(sluice INTERFACE cxx_std_20)
target_include_directories(sluice INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include> $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/sluice>)

install(TARGETS sluice EXPORT sluice LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/sluice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
foreach(header ${sluice_headers})
  get_filename_component(room ${header} DIRECTORY)
  install(FILES ${CMAKE_SOURCE_DIR}/src/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice/${room})
endforeach()

# find_package(sluice) gives sluice::sluice.
include(CMakePackageConfigHelpers)
set(sluice_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
install(EXPORT sluice NAMESPACE sluice:: FILE sluiceConfig.cmake DESTINATION ${sluice_cmake_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sluiceConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sluiceConfigVersion.cmake DESTINATION ${sluice_cmake_dir})

# pkg-config --cflags --libs sluice
configure_file(${CMAKE_SOURCE_DIR}/cmake/sluice.pc.in ${CMAKE_BINARY_DIR}/sluice.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/sluice.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(GLOB sluice_pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/*.1 ${CMAKE_SOURCE_DIR}/docs/man/*.5
     ${CMAKE_SOURCE_DIR}/docs/man/*.8)
foreach(page ${sluice_pages})
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/completions/sluice
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
