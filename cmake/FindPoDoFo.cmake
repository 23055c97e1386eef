# PoDoFo 0.9.8 or >= 0.10. On Debian 12 the headers' package conflicts with Boost 1.81, so packaging/setup-debian.sh
# unpacks them into a private prefix and the runtime library is linked by its full name.
set(TICKETBOTTLE_PODOFO_PREFIX "" CACHE PATH "Prefix of unpacked PoDoFo headers (include/podofo); default: the one the set-up script makes")
set(_podofo_hints ${TICKETBOTTLE_PODOFO_PREFIX} "${PROJECT_SOURCE_DIR}/build/deps/podofo/usr")
find_path(PoDoFo_INCLUDE_DIR podofo/podofo.h HINTS ${_podofo_hints} PATH_SUFFIXES include)
find_library(PoDoFo_LIBRARY NAMES podofo libpodofo.so.0.9.8 HINTS ${_podofo_hints})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(PoDoFo REQUIRED_VARS PoDoFo_LIBRARY PoDoFo_INCLUDE_DIR)
if(PoDoFo_FOUND AND NOT TARGET PoDoFo::podofo)
  add_library(PoDoFo::podofo UNKNOWN IMPORTED)
  set_target_properties(PoDoFo::podofo PROPERTIES IMPORTED_LOCATION "${PoDoFo_LIBRARY}"
                        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${PoDoFo_INCLUDE_DIR}"
                        INTERFACE_INCLUDE_DIRECTORIES "${PoDoFo_INCLUDE_DIR}")
endif()
mark_as_advanced(PoDoFo_INCLUDE_DIR PoDoFo_LIBRARY)
