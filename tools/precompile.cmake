# Precompiles the standard library's headers for everything that ships, which halves the time to
# compile. Not when building for another processor, so that one build of the CI has all warnings;
# nor with ccache (tools/build).
if(CMAKE_CROSSCOMPILING OR CMAKE_DISABLE_PRECOMPILE_HEADERS)
  return()
endif()

target_precompile_headers(core PRIVATE
  <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <memory> <mutex> <optional> <span>
  <string> <string_view> <system_error> <thread> <utility> <variant> <vector> <fmt/core.h>)
target_compile_options(core PRIVATE ${FANLIGHT_WARNINGS_ABOUT_HEADERS})

# A module is compiled with flags of its own.
function(fanlight_reuse_headers folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$")
      target_precompile_headers(${target} REUSE_FROM core)
      target_compile_options(${target} PRIVATE ${FANLIGHT_WARNINGS_ABOUT_HEADERS})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(inner ${folders})
    fanlight_reuse_headers(${inner})
  endforeach()
endfunction()

foreach(floor io capture database http tools)
  fanlight_reuse_headers(${CMAKE_SOURCE_DIR}/${floor})
endforeach()
