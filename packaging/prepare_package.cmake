# cpack runs this on the files of a package before it packs them.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})

# What each package consists of, and which libraries of other packages it uses.
file(GLOB components LIST_DIRECTORIES TRUE ${root}/*)
foreach(folder ${components})
  cmake_path(GET folder FILENAME name)
  if(NOT name STREQUAL "fanlight")
    set(name fanlight-${name})
  endif()
  execute_process(
    COMMAND python3 ${CMAKE_CURRENT_LIST_DIR}/../tools/sbom.py ${name} ${CPACK_PACKAGE_VERSION}
            ${folder} ${CPACK_FANLIGHT_SYSROOT}/
    OUTPUT_FILE ${folder}/usr/share/doc/${name}/${name}.spdx.json COMMAND_ERROR_IS_FATAL ANY)
endforeach()

# Compressed as Debian requires (policy 12.1 and 12.3).
file(GLOB_RECURSE pages ${root}/*.1 ${root}/*.5 ${root}/*/changelog)
execute_process(COMMAND gzip -9 --no-name ${pages} COMMAND_ERROR_IS_FATAL ANY)

# The same sources produce the same package on any day (reproducible-builds.org).
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(
    COMMAND find ${root} -exec touch --no-dereference --date=@$ENV{SOURCE_DATE_EPOCH} {} +
    COMMAND_ERROR_IS_FATAL ANY)
endif()
