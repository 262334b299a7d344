#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The style test: the project's rules that a program can check. ctest runs it.

    tools/tidy.py               checks the tree, prints `file:line: what, and what to do instead`
    tools/tidy_cases.py         checks that each rule finds what it should
"""
import ast
import pathlib
import re
import sys

import tidy_rooms

LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOT_OURS = {".git", "build", "node_modules", "__pycache__"}
# Inputs for parsers, which are any bytes: files of no kind, and as many as cover the code.
FUZZ_INPUTS = ("tests/fuzz/corpus/", "tests/fuzz/crashes/")
FUZZ_INPUT_BYTES_MAX = 300 << 10
TOP_LEVEL = {".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore",
             "ARCHITECTURE.md", "bench", "capture", "CMakeLists.txt", "CMakePresets.json",
             "CONTRIBUTING.md", "core", "database", "docs", "http", "io", "LICENSE", "packaging",
             "README.md", "sandbox", "SECURITY.md", "tests", "tools"}
PRODUCTION = r"(core|io|capture|database|http|sandbox|tools)/"

# (what to find in code without comments and strings, where, what to do instead)
BANNED = [
    (r"\b(strcpy|strcat|strncpy|gets|strtok)\s*\(", "", "std::string_view and std::copy_n"),
    (r"\b(v?f?printf|v?sn?printf|f?puts|putchar)\s*\(", "", "fmt, or core/log.h"),
    (r"\bstd::(cout|cerr|clog|endl)\b", "", "fmt, or core/log.h"),
    (r"\b(atoi|atol|atoll|atof|strto[a-z]+)\s*\(", "", "std::from_chars, which reports errors"),
    (r"\bassert\s*\(", "", "CHECK, which is always on"),
    (r"\bs?rand\s*\(|\bstd::(mt19937|rand\b)", "", "Random (core/random.h), seeded"),
    (r"\bstd::random_device\b", PRODUCTION, "Random (core/random.h), with a seed that is given"),
    (r"\busing\s+namespace\s+(?!fanlight;|std::(\w+::)*\w*literals)", "",
     "a using declaration"),
    (r"\bNULL\b", "", "nullptr"),
    (r"\bvolatile\b", PRODUCTION, "std::atomic"),
    (r"\bgoto\b", "", "a function that returns"),
    (r"\b(sleep_for|sleep_until|u?sleep|nanosleep)\s*\(", "",
     "wait for the event itself, with a deadline"),
    (r"\bnew\b(?!\s*\()", PRODUCTION, "std::make_unique at start, a Slab later"),
    (r"(?<!operator )(?<!= )\bdelete\b", PRODUCTION, "std::unique_ptr, or the Slab it came from"),
    (r"\b(malloc|calloc|realloc|free)\s*\(", PRODUCTION, "memory that was reserved at start"),
    (r"\bstd::(shared_ptr|make_shared)\b", PRODUCTION, "one owner, which outlives the others"),
    (r"\bstd::(regex|stringstream|ostringstream)\b", PRODUCTION, "from_chars, format_to"),
    (r"\b(clock_gettime\s*\(\s*CLOCK_(MONO|REAL|BOOT|TAI)|gettimeofday\s*\()|_clock::now\s*\("
     r"|\btime\s*\(\s*(nullptr|0)\s*\)",
     r"(?!core/time\.h)", "read_monotonic_clock() or read_wall_clock()"),
    (r"\bread_(monotonic|wall)_clock\s*\(",
     # The log's timestamps on a terminal affect no decision.
     r"(?!core/time\.h|core/log\.cpp|io/\w*backend\.(h|cpp)|capture/"
     r"|tools/server/(fanlight|service)\.cpp|tools/takeover/(background|predecessor)\.cpp"
     r"|tests/|bench/"
     # The load generator exists to measure when bytes arrive.
     r"|tools/load/load_(run|thread|viewer)\.(h|cpp))",
     "take an Instant as an argument: only backends, camera threads and main read clocks"),
]

# Markers of unfinished work, in any text; split here, so that this file passes.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

# (file, beginning of the banned pattern, why it is allowed there)
EXEMPT_FROM_BAN = [
    ("core/check.cpp", r"\b(v?f?printf", "the process is about to abort: nothing may allocate"),
    ("tests/core/time_test.cpp", r"\b(clock_gettime", "compares our clocks with the kernel's"),
]
# (file, why it has no test named after it)
EXEMPT_FROM_TEST = [
    ("http/shard/connection_end.cpp",
     "part of the class Connection; connection_test.cpp tests all of it"),
    ("http/shard/connection_reply.cpp",
     "another part; tested by connection_{body,await_body}_test.cpp"),
    ("http/shard/connection_stream.cpp", "another part; tested by connection_test.cpp"),
    ("http/shard/connection_web_socket.cpp", "another part; tested by web_socket_test.cpp"),
    ("core/check.cpp", "death tests throughout the tests of core rely on it"),
]

# Comments and literals: everything that is not code. A raw string ends at its own delimiter.
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\\\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
                      r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[^\n]*", re.MULTILINE)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)


def blanked(match):
    """The same number of lines, without text."""
    return " " + "\n" * match.group().count("\n")


def code_of(text):
    return NOT_CODE.sub(blanked, INCLUDE.sub("", text))


def lines_of_match(text, pattern):
    for match in re.finditer(pattern, text):
        yield text.count("\n", 0, match.start()) + 1, match.group()


def cpp_functions(code):
    """(first line, last line) of every outermost function body, by its braces."""
    code = PREPROCESSOR.sub(blanked, code)
    stack = []  # one entry per open brace: the line where a function starts, or None
    statement = 0  # where the text preceding the next brace begins
    for match in re.finditer(r"[{};]", code):
        if match.group() == "{":
            # Only whitespace, access labels and templates may precede a declaration.
            before = re.sub(r"\btemplate\s*<[^{;]*?>\s*(?=[a-z])|\b\w+\s*:(?!:)", " ",
                            code[statement:match.start()]).strip()
            is_scope = re.match(r"(inline\s+)?(namespace|class|struct|union|enum|extern)\b", before)
            inside_function = any(line is not None for line in stack)
            leading = len(code[statement:]) - len(code[statement:].lstrip())
            starts = code.count("\n", 0, statement + leading) + 1
            stack.append(None if is_scope or inside_function else starts)
        elif match.group() == "}" and stack:
            started = stack.pop()
            if started is not None:
                yield started, code.count("\n", 0, match.start()) + 1
        statement = match.end()


def check_text(path, text):
    """Rules for every text file."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_COLUMNS_MAX and not path.endswith((".md", ".json", "LICENSE")):
            yield number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}"
        if "\t" in line or line != line.rstrip():
            yield number, "a tab or a trailing blank; use spaces"
        if UNFINISHED.search(line):
            yield number, f"'{UNFINISHED.search(line).group()}'; finish it, or open an issue"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end"
    is_code = path.endswith((".h", ".cpp", ".py", ".mjs")) or text.startswith("#!")
    if is_code and "SPDX-License-Identifier: Apache-2.0" not in "".join(text.split("\n")[:2]):
        yield 1, "no SPDX line; begin with `SPDX-License-Identifier: Apache-2.0`"
    if is_code and text.count("\n") > FILE_LINES_MAX:
        yield 1, f"{text.count(chr(10))} lines; split at {FILE_LINES_MAX}"


def check_functions(path, functions):
    for first, last in functions:
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield first, f"a function of {last - first + 1} lines; at most {FUNCTION_LINES_MAX}"


def check_python(path, text):
    for number, found in lines_of_match(text, r"\btime\.sleep\("):
        yield number, f"'{found}'; wait for the event itself, with a deadline"
    defs = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, defs)]
    yield from check_functions(path, [(node.lineno, node.end_lineno) for node in functions])


def check_includes(path, text):
    floor = path.split("/")[0]
    for number, line in enumerate(text.split("\n"), 1):
        include = re.match(r'\s*#\s*include\s+(["<])([^">]+)', line)
        if not include:
            continue
        quote, name = include.groups()
        complaint = tidy_rooms.check_include(path, name) if quote == '"' else None
        if complaint:
            yield number, complaint
        elif name == "sys/epoll.h" and path.startswith("tools/load/"):
            pass  # a program that measures the server shares no code with it
        elif name in ("liburing.h", "linux/io_uring.h", "sys/epoll.h") and \
                floor not in ("io", "tests", "bench"):
            yield number, f"only io/ knows <{name}>; go through io/backend.h"


def check_cpp(path, text):
    code = code_of(text)
    yield from check_includes(path, text)
    yield from check_functions(path, cpp_functions(code))
    if path.endswith(".h") and "#pragma once" not in text:
        yield 1, "no `#pragma once`"
    for pattern, where, instead in BANNED:
        exempt = any(path == file and pattern.startswith(start)
                     for file, start, _ in EXEMPT_FROM_BAN)
        if exempt or not re.match(where, path):
            continue
        for number, found in lines_of_match(code, pattern):
            yield number, f"'{found.strip()}'; instead: {instead}"


def check_file(path, text):
    """All complaints about one file, whose path is relative to the root."""
    yield from check_text(path, text)
    if path.endswith((".h", ".cpp")):
        yield from check_cpp(path, text)
    if path.endswith(".py"):
        yield from check_python(path, text)


def cmake_lists_above(path, files):
    folder = pathlib.PurePosixPath(path).parent
    while str(folder) != "." and f"{folder}/CMakeLists.txt" not in files:
        folder = folder.parent
    return files.get(f"{folder}/CMakeLists.txt", "")


def check_tree(files):
    """Complaints that need more than one file; `files` maps paths to texts."""
    top = {path.split("/")[0] for path in files}
    for name in sorted(top ^ TOP_LEVEL):
        yield name, 1, "does not belong on the top level" if name in top else "is missing"
    yield from tidy_rooms.check_tree(files)
    names = {pathlib.PurePosixPath(path).name for path in files}
    included = set(re.findall(r'#\s*include\s+"([^"]+)"', "\n".join(files.values())))
    for path in files:
        floor, name = path.split("/")[0], path.split("/")[-1]
        if name.endswith(".cpp") or name.endswith("_test.py") or name.endswith("_test.mjs"):
            if not re.search(rf"\b{re.escape(name)}\b", cmake_lists_above(path, files)):
                yield path, 1, "is missing in the folder's CMakeLists.txt"
        if name.endswith(".h") and path not in included:
            yield path, 1, "nothing includes it; delete it"
        if name.endswith(".cpp") and floor not in ("bench", "tests", "tools"):
            exempt = any(path == file for file, _ in EXEMPT_FROM_TEST)
            if not exempt and name.replace(".cpp", "_test.cpp") not in names:
                yield path, 1, f"no test named {name.replace('.cpp', '_test.cpp')}"


def check_fuzz_inputs(sizes):
    """`sizes` maps the files of FUZZ_INPUTS to their bytes."""
    if sum(sizes.values()) > FUZZ_INPUT_BYTES_MAX:
        yield (FUZZ_INPUTS[0], 1, f"{sum(sizes.values())} bytes with the crashes; at most "
               f"{FUZZ_INPUT_BYTES_MAX}: keep the smallest inputs (tools/fuzz --merge)")


def read_sizes():
    return {path: path.stat().st_size for folder in FUZZ_INPUTS
            for path in (ROOT / folder).rglob("*") if path.is_file()}


def read_tree():
    files = {}
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if relative.as_posix().startswith(FUZZ_INPUTS):
            continue
        if path.is_file() and not NOT_OURS.intersection(relative.parts):
            content = path.read_bytes()
            files[relative.as_posix()] = "" if b"\0" in content else content.decode()
    return files


def main():
    files = read_tree()
    complaints = [*check_tree(files), *check_fuzz_inputs(read_sizes())]
    for path, text in files.items():
        complaints += [(path, number, what) for number, what in check_file(path, text)]
    for path, number, what in complaints:
        print(f"{path}:{number}: {what}")
    print(f"tidy: {len(files)} files, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
