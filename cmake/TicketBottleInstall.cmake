# Install: one export set, one pkg-config file and one find_package component per room, so that
#   find_package(ticketbottle 0.1 COMPONENTS gateway)
# looks for OpenSSL and Boost's headers and nothing else.
if(NOT TICKETBOTTLE_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

set(_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ticketbottle")
get_property(_rooms GLOBAL PROPERTY TICKETBOTTLE_COMPONENTS)
set(_component_table "")

foreach(room IN LISTS _rooms)
  get_property(depends GLOBAL PROPERTY TICKETBOTTLE_${room}_DEPENDS)
  get_property(private GLOBAL PROPERTY TICKETBOTTLE_${room}_PRIVATE)
  list(FILTER private EXCLUDE REGEX "Boost::headers")
  install(TARGETS tkb_${room} EXPORT ticketbottle-${room} ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${room})
  install(EXPORT ticketbottle-${room} NAMESPACE ticketbottle:: DESTINATION "${_config_dir}" FILE ticketbottle-${room}.cmake
          COMPONENT ${room})
  if(EXISTS "${PROJECT_SOURCE_DIR}/include/ticketbottle/${room}")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/ticketbottle/${room}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ticketbottle"
            COMPONENT ${room} FILES_MATCHING PATTERN "*.hpp")
  endif()
  string(APPEND _component_table "set(_ticketbottle_${room}_depends ${depends})\nset(_ticketbottle_${room}_private ${private})\n")

  # pkg-config: static libraries, so what they need is always linked.
  set(requires "")
  foreach(dependency IN LISTS depends)
    string(APPEND requires " ticketbottle-${dependency}")
  endforeach()
  set(libs "")
  get_target_property(type tkb_${room} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    set(libs "-lticketbottle_${room}")
  endif()
  foreach(target IN LISTS private)
    if(target STREQUAL "OpenSSL::Crypto")
      string(APPEND requires " libcrypto")
    elseif(target STREQUAL "OpenSSL::SSL")
      string(APPEND requires " libssl")
    elseif(target STREQUAL "SQLite::SQLite3")
      string(APPEND requires " sqlite3")
    elseif(target STREQUAL "PostgreSQL::PostgreSQL")
      string(APPEND requires " libpq")
    elseif(target STREQUAL "MariaDB::mariadb")
      string(APPEND requires " libmariadb")
    elseif(target STREQUAL "Threads::Threads")
      string(APPEND libs " -pthread")
    elseif(target STREQUAL "RdKafka::rdkafka")
      string(APPEND requires " rdkafka")
    elseif(target STREQUAL "qrcodegen::qrcodegen")
      string(APPEND libs " -lqrcodegencpp")
    elseif(target STREQUAL "PoDoFo::podofo")
      get_filename_component(podofo_name "${PoDoFo_LIBRARY}" NAME)
      string(APPEND libs " -l:${podofo_name}")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pkgconfig/ticketbottle-${room}.pc" @ONLY CONTENT
"prefix=\${pcfiledir}/../..
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: ticketbottle-${room}
Description: TicketBottle, component ${room}
Version: ${PROJECT_VERSION}
Requires:${requires}
Libs: -L\${libdir} ${libs}
Cflags: -I\${includedir}
")
  install(FILES "${CMAKE_BINARY_DIR}/pkgconfig/ticketbottle-${room}.pc" DESTINATION lib/pkgconfig COMPONENT ${room})
endforeach()

file(WRITE "${CMAKE_BINARY_DIR}/ticketbottle-components.cmake" "${_component_table}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/ticketbottle-config.cmake.in" "${CMAKE_BINARY_DIR}/ticketbottle-config.cmake" @ONLY)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/ticketbottle-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/ticketbottle-config.cmake" "${CMAKE_BINARY_DIR}/ticketbottle-config-version.cmake"
              "${CMAKE_BINARY_DIR}/ticketbottle-components.cmake" cmake/FindPoDoFo.cmake cmake/Findqrcodegen.cmake
              cmake/FindRdKafka.cmake cmake/FindMariaDB.cmake
        DESTINATION "${_config_dir}")
# The conformance suites, for backends of your own.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/tests/conformance/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ticketbottle/conformance"
        FILES_MATCHING PATTERN "*.hpp")
install(FILES LICENSE README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
