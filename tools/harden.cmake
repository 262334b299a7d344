# What the compiler and the linker do against faults that an attacker could use, in the programs and
# the plugin that ship (gcc(1), "Program Instrumentation Options"; ld(1), "-z";
# feature_test_macros(7)).
# tests/package/hardening_test.py reads the result. Not with sanitizers, which find more, and which
# _FORTIFY_SOURCE would hide faults from; nor without optimisation, where it does nothing.
if(FANLIGHT_SANITIZE OR NOT CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
  return()
endif()
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

set(FANLIGHT_HARDENED TRUE)
add_compile_options(-fstack-protector-strong)
# Indices of std::span, std::vector and std::array, and optionals without a value.
add_compile_definitions(_GLIBCXX_ASSERTIONS)
# Each of these is missing for some processor or compiler.
foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "FANLIGHT_HAS${flag}" has)
  check_cxx_compiler_flag(${flag} ${has})
  if(${has})
    add_compile_options(${flag})
  endif()
endforeach()

# Level 3 also checks sizes that are known only at run time; it needs GCC 12 or clang 9, and glibc
# 2.33. features.h falls back to level 2, with a warning.
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_cxx_source_compiles("#include <features.h>
#if __USE_FORTIFY_LEVEL < 3
#error not this level
#endif
int main() {}" FANLIGHT_HAS_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
# Some distributions' compilers define it already.
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$<IF:$<BOOL:${FANLIGHT_HAS_FORTIFY_3}>,3,2>)

# Loaded at a different address in each process. CMake compiles modules with -fPIC.
add_compile_options($<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY>>:-fPIE>)
add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
# All functions of libraries are found at the start; their table, and the other data that the
# dynamic linker writes, are read-only from then on. The stack holds no code.
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
