#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The self-test of tidy.py: each rule finds what it should, and nothing in valid code."""
import sys

import tidy
import tidy_rooms

HEAD = "// SPDX-License-Identifier: Apache-2.0\n"
PYTHON_HEAD = "# SPDX-License-Identifier: Apache-2.0\n"
LONG = "\n".join(f"  step({i});" for i in range(70))

# (path, text, a part of the expected complaint)
BAD = [
    ("core/a.h", HEAD, "#pragma once"),
    ("core/a.h", "#pragma once\n", "SPDX"),
    ("tools/run", "#!/bin/sh\n", "SPDX"),
    ("core/a.cpp", HEAD + "//" + "x" * 99 + "\n", "101 columns"),
    ("core/a.cpp", HEAD + "\tint a;\n", "tab"),
    ("README.md", "text \n", "trailing blank"),
    ("core/a.cpp", HEAD + "int a;", "no newline"),
    ("core/a.cpp", HEAD + "// TO" "DO: later\n", "finish it"),
    ("core/a.cpp", HEAD + "\n" * tidy.FILE_LINES_MAX, "split at"),
    ("core/a.cpp", HEAD + f"void f() {{\n{LONG}\n}}\n", "a function of 72 lines"),
    ("core/a.cpp", HEAD + f"struct A {{\n  A() : a_{{1}} {{\n{LONG}\n  }}\n}};\n", "72 lines"),
    ("core/a.cpp", HEAD + f"namespace a {{\ntemplate <class T>\nvoid f(T t) {{\n{LONG}\n}}\n}}\n",
     "73 lines"),
    ("core/a.cpp", HEAD + f"TEST(A, B) {{\n  if (x) {{\n{LONG}\n  }}\n}}\n", "74 lines"),
    ("tools/a.py", PYTHON_HEAD + "def f():\n" + "    a = 1\n" * 70, "a function of 71 lines"),
    ("tests/a.py", PYTHON_HEAD + "time" ".sleep(1)\n", "wait for the event"),
    ("core/a.cpp", HEAD + '#include "io/backend.h"\n', "core/ may not include io/"),
    ("io/a.cpp", HEAD + '#include "capture/source/source.h"\n', "io/ may not include capture/"),
    ("capture/draw/a.cpp", HEAD + '#include "http/shard/server.h"\n',
     "capture/draw/ may not include http/shard/"),
    ("http/answer/a.cpp", HEAD + '#include "capture/source/source.h"\n',
     "http/answer/ may not include capture/source/"),
    ("http/page/a.cpp", HEAD + '#include "tools/options/options.h"\n',
     "http/page/ may not include tools/options/"),
    ("tools/load/a.cpp", HEAD + '#include "tests/sim/sim_backend.h"\n', "may not include tests/"),
    ("http/a.cpp", HEAD + '#include "request.h"\n', "from the root"),
    ("http/a.cpp", HEAD + "#include <liburing.h>\n", "only io/ knows"),
    ("tools/a.cpp", HEAD + "#include <sys/epoll.h>\n", "only io/ knows"),
    ("tools/load/a.cpp", HEAD + "#include <liburing.h>\n", "only io/ knows"),
    ("core/a.cpp", HEAD + "strcpy(a, b);\n", "std::copy_n"),
    ("core/a.cpp", HEAD + "std::snprintf(a, 1, b);\n", "fmt, or"),
    ("core/a.cpp", HEAD + "std::cout << 1 << std::endl;\n", "std::endl"),
    ("core/a.cpp", HEAD + "int a = atoi(b);\n", "from_chars"),
    ("core/a.cpp", HEAD + "assert(a);\n", "CHECK"),
    ("tests/a.cpp", HEAD + "int a = rand() % 2;\n", "core/random.h"),
    ("tests/a.cpp", HEAD + "std::mt19937 engine;\n", "core/random.h"),
    ("http/a.cpp", HEAD + "std::random_device device;\n", "a seed that is given"),
    ("core/a.cpp", HEAD + "using namespace std;\n", "using declaration"),
    ("core/a.cpp", HEAD + "char* a = NULL;\n", "nullptr"),
    ("core/a.cpp", HEAD + "volatile int a;\n", "std::atomic"),
    ("core/a.cpp", HEAD + "goto out;\n", "goto"),
    ("tests/a.cpp", HEAD + "std::this_thread::sleep_for(1ms);\n", "wait for the event"),
    ("http/a.cpp", HEAD + "auto* a = new Viewer;\n", "Slab"),
    ("http/a.cpp", HEAD + "delete viewer;\n", "Slab"),
    ("io/a.cpp", HEAD + "void* a = std::malloc(8);\n", "reserved at start"),
    ("http/a.cpp", HEAD + "std::shared_ptr<int> a;\n", "one owner"),
    ("http/a.cpp", HEAD + "std::regex a;\n", "from_chars"),
    ("http/a.cpp", HEAD + "auto a = std::chrono::steady_clock::now();\n", "read_monotonic_clock()"),
    ("tests/a.cpp", HEAD + "clock_gettime(CLOCK_MONOTONIC, &a);\n", "read_monotonic_clock()"),
    ("http/a.cpp", HEAD + "auto a = read_monotonic_clock();\n", "take an Instant"),
    ("io/reactor.cpp", HEAD + "auto a = read_wall_clock();\n", "take an Instant"),
    ("tools/load/a.cpp", HEAD + "auto a = read_wall_clock();\n", "take an Instant"),
]

GOOD = [
    ("io/epoll_backend.cpp", "Instant EpollBackend::now() { return read_monotonic_clock(); }\n"),
    ("tools/load/load_thread.cpp", "#include <sys/epoll.h>\nauto a = read_monotonic_clock();\n"),
    ("core/a.cpp", '// new, delete, printf() and rand() are words.\nauto a = "goto \\" new";\n'),
    ("core/a.cpp", "#include <new>\n/* volatile\n NULL */ auto a = R\"(assert( \" )\";\n"),
    ("core/a.cpp", "A(const A&) = delete;\nauto* a = new (place) A;\nauto n = 1'000'000;\n"),
    ("core/a.cpp", "using namespace std::chrono_literals;\nusing namespace std::literals;\n"),
    ("http/a.cpp", '#include "core/check.h"\n#include "io/reactor.h"\n#include <vector>\n'),
    ("core/a.cpp", f"namespace a {{\nstruct B {{\n  int a[2] = {{1, 2}};\n{LONG}\n}};\n}}\n"),
    ("core/a.cpp", "#define OPEN {\nvoid f() {\n  step(0);\n}\nclass B {\n" + LONG + "\n};\n"),
]

# (path to add to a tidy tree, its text, a part of the expected complaint)
BAD_TREE = [
    ("notes/a.md", "", "does not belong on the top level"),
    ("core/b.cpp", "", "missing in the folder's CMakeLists.txt"),
    ("tests/core/b_test.cpp", "", "missing in the folder's CMakeLists.txt"),
    ("tests/smoke/b_test.py", "", "missing in the folder's CMakeLists.txt"),
    ("core/b.h", "", "nothing includes it"),
    ("core/untested.cpp", "", "no test named untested_test.cpp"),
    # core/a.cpp, which belongs to the module core/a too, includes core/a.h.
    ("core/a.h", '#include "core/c.h"\n#include "core/d.h"\n', "core/a -> core/c -> core/a"),
    ("http/a.h", "", "is in no room"),
]


def tidy_tree():
    tree = {name: "" for name in tidy.TOP_LEVEL}
    tree.update({
        "core/CMakeLists.txt": "add_library(core a.cpp c.cpp e.cpp untested.cpp)",
        "core/a.cpp": '#include "core/a.h"', "core/a.h": "",
        # Apart from core/a.cpp, only the source of the module core/c includes core/a.h.
        "core/c.h": "", "core/c.cpp": '#include "core/c.h"\n#include "core/a.h"\n',
        "core/d.h": "", "core/e.cpp": '#include "core/c.h"\n#include "core/d.h"\n',
        "tests/core/CMakeLists.txt": "a_test.cpp c_test.cpp e_test.cpp",
        "tests/core/a_test.cpp": "", "tests/core/c_test.cpp": "", "tests/core/e_test.cpp": ""})
    return tree


def run():
    failures = []
    for path, text, expected in BAD:
        found = [what for _, what in tidy.check_file(path, text)]
        if not any(expected in what for what in found):
            failures.append(f"{path}: {text[-60:]!r}: expected '{expected}', got {found}")
    for path, text in GOOD:
        found = list(tidy.check_file(path, HEAD + text))
        if found:
            failures.append(f"{path}: {text[:60]!r}: expected nothing, got {found}")
    found = list(tidy.check_tree(tidy_tree()))
    if found:
        failures.append(f"a tidy tree: expected nothing, got {found}")
    for path, text, expected in BAD_TREE:
        found = [what for _, _, what in tidy.check_tree({**tidy_tree(), path: text})]
        if not any(expected in what for what in found):
            failures.append(f"{path}: expected '{expected}', got {found}")
    many = {f"docs/{i}.md": "" for i in range(tidy_rooms.FOLDER_FILES_MAX + 1)}
    crowded = [what for _, _, what in tidy.check_tree({**tidy_tree(), **many})]
    if not any("split it" in what for what in crowded):
        failures.append("a crowded folder: expected 'split it'")
    missing = [what for _, _, what in tidy.check_tree({"core/CMakeLists.txt": ""})]
    if "is missing" not in missing:
        failures.append("an empty tree: expected 'is missing'")
    limit = tidy.FUZZ_INPUT_BYTES_MAX
    if list(tidy.check_fuzz_inputs({"a": limit})) or not list(
            tidy.check_fuzz_inputs({"a": limit, "b": 1})):
        failures.append("a corpus one byte too large: expected a complaint, only about that")
    print("\n".join(failures))
    print(f"tidy_cases: {len(BAD) + len(GOOD) + len(BAD_TREE) + 4} cases, "
          f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(run())
