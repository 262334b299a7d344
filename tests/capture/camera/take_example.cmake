# SPDX-License-Identifier: Apache-2.0
# Follows "Adding a source" in CONTRIBUTING.md: takes the class and the two lines for the table out
# of GUIDE, writes OUT/capture/source/card_source.h, and OUT/source_table.cpp: TABLE with the lines
# inserted as the guide states.
file(READ ${GUIDE} guide)
file(READ ${TABLE} table)

# Cuts the text between the next `from` and the `to` after it out of ${text}, into ${result}; the
# rest stays in ${text}.
function(take text from to result)
  string(FIND "${${text}}" "${from}" begin)
  if(begin EQUAL -1)
    message(FATAL_ERROR "no '${from}' in CONTRIBUTING.md")
  endif()
  string(LENGTH "${from}" skipped)
  math(EXPR begin "${begin} + ${skipped}")
  string(SUBSTRING "${${text}}" ${begin} -1 rest)
  string(FIND "${rest}" "${to}" end)
  if(end EQUAL -1)
    message(FATAL_ERROR "no '${to}' after '${from}' in CONTRIBUTING.md")
  endif()
  string(SUBSTRING "${rest}" 0 ${end} taken)
  string(SUBSTRING "${rest}" ${end} -1 rest)
  set(${result} "${taken}" PARENT_SCOPE)
  set(${text} "${rest}" PARENT_SCOPE)
endfunction()

# Inserts `what` after the first `place` in ${table}.
function(insert_behind place what)
  string(FIND "${table}" "${place}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "no '${place}' in capture/camera/source_table.cpp")
  endif()
  string(LENGTH "${place}" length)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${table}" 0 ${at} before)
  string(SUBSTRING "${table}" ${at} -1 after)
  set(table "${before}${what}${after}" PARENT_SCOPE)
endfunction()

take(guide "```cpp\n" "```" class)
take(guide "```cpp\n" "\n" include_line)
take(guide "\n" "```" table_line)
insert_behind("#include \"capture/camera/source_table.h\"\n" "${include_line}\n")
insert_behind("kKinds[] = {\n" "${table_line}")

file(WRITE ${OUT}/capture/source/card_source.h "${class}")
file(WRITE ${OUT}/source_table.cpp "${table}")
