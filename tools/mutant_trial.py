# SPDX-License-Identifier: Apache-2.0
"""Builds and runs mutants (tools/mutate), in a tree of its own, build/mutate.

A mutant costs one compilation of its file, whose headers are compiled once, one link and one run of
the room's test programs. Nothing outside build/ is written.
"""
import fcntl
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

# The original takes a small part of these; an endless loop uses processor time, a lost wake-up does
# not. Processor time hardly depends on what else the machine does.
CPU_SECONDS_MIN, CPU_TIMES_ORIGINAL = 10, 5
WALL_SECONDS_MIN, WALL_TIMES_ORIGINAL = 60, 10
COMPILE_SECONDS_MAX = 600
MEMORY_MAX = 4 << 30
TEST_NAME = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\((\w+),", re.MULTILINE)
OUR_FLAGS = ["-g0", "-w"]


class BuildError(Exception):
    pass


def run(argv, folder):
    """The standard output; BuildError with what the command printed if it fails."""
    result = subprocess.run([str(word) for word in argv], cwd=folder, text=True,
                            capture_output=True, timeout=3600)
    if result.returncode != 0:
        raise BuildError(f"{shlex.join(map(str, argv))}: {(result.stdout + result.stderr)[-2000:]}")
    return result.stdout


def preamble_end(text):
    """Where the first lines of a file end: #include lines and comments, compiled once."""
    end = 0
    for match in re.finditer(rb"(?m)(#include .*|//.*|)\n", text):
        if match.start() != end:
            break
        end = match.end()
    return end


class Trial:
    """One file's mutants on trial. verdict() may be called by several threads."""

    def __init__(self, tree, path, also):
        self.tree, self.path, self.build = tree, path, tree / "build/mutate"
        self.text = path.read_bytes()
        self.room = path.parent.relative_to(tree)
        self.build.mkdir(parents=True, exist_ok=True)
        with (self.build / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several files may be on trial at once
            self.configure()
            self.programs = self.find_programs(also)
            run(["ninja", "-C", self.build, "-j", "2", *self.programs], tree)
        self.compiler = self.compile_command()
        self.links = [self.link_command(program) for program in self.programs]
        self.own_tests = self.tests_of_file()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trial.", dir=self.build))
        self.limits = {}
        self.originals = {}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self):
        if not (self.build / "build.ninja").exists():
            cache = (["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else [])
            run(["cmake", "--preset", "release", "-B", self.build, "-DFANLIGHT_LIBCAMERA=OFF",
                 "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON", *cache], self.tree)

    def compile_command(self):
        """The words of the file's own command, without its files, warnings and optimisation."""
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            if entry["file"] == str(self.path):
                break
        else:
            raise BuildError(f"{self.path} is compiled into nothing")
        words = shlex.split(entry["command"])
        if pathlib.Path(words[0]).name == "ccache":
            del words[0]
        kept = []
        skip = False
        for word in words:
            if skip or word in ("-o", "-c", entry["file"]):
                skip = word == "-o" and not skip
            elif not re.match(r"-(W|g|O)", word):
                kept.append(word)
        return kept

    def parse_arguments(self):
        """What clang needs of the command to parse the file."""
        return [word for word in self.compiler[1:] if re.match(r"-(D|I|U|std=)", word)]

    def find_programs(self, also):
        """The room's test programs that have the file, as ninja's targets, and the ones that the
        user adds. Not the stress tests: they look for races, for much longer than all other tests
        take."""
        targets = run(["ninja", "-C", self.build, "-t", "targets", "all"], self.tree)
        found = re.findall(rf"(?m)^(tests/{re.escape(str(self.room))}/\w+_test): CXX_EXECUTABLE",
                           targets)
        objects = self.made_of(self.path)
        parts = objects.union(*map(self.made_of, objects))  # and the library
        found = [program for program in found if not program.endswith("_stress_test")
                 and not parts.isdisjoint(self.link_command(program))]
        if not found and not also:
            raise BuildError(f"no test program in tests/{self.room}")
        return [*found, *also]

    def made_of(self, name):
        """What the build makes of a file, as ninja's targets."""
        text = run(["ninja", "-C", self.build, "-t", "query", name], self.tree)
        return set(text.partition("  outputs:")[2].split())

    def link_command(self, program):
        text = run(["ninja", "-C", self.build, "-t", "commands", "-s", program], self.tree)
        command = text.strip().split(" && ")[1]
        return [word for word in shlex.split(command) if not word.startswith("-g")]

    def tests_of_file(self):
        """GoogleTest's filter for the tests of this very file: they fail first, if any does."""
        suites = set()
        for test in sorted((self.tree / "tests" / self.room).glob(f"{self.path.stem}*_test.cpp")):
            suites |= set(TEST_NAME.findall(test.read_text()))
        return ":".join(f"{suite}.*:*/{suite}.*:{suite}/*" for suite in sorted(suites))

    def compile(self, text, level, folder):
        """The object's bytes; None: it does not compile."""
        end = preamble_end(self.text)
        preamble = self.folder / f"headers{level}.h"
        if not preamble.exists():
            preamble.write_bytes(self.text[:end])
            run([*self.compiler, *OUR_FLAGS, level, "-x", "c++-header", "-c", preamble,
                 "-o", f"{preamble}.gch"], self.build)
        line = text.count(b"\n", 0, end) + 1
        (folder / "mutant.cpp").write_bytes(b'#line %d "%s"\n' % (line, bytes(self.path))
                                            + text[end:])
        result = subprocess.run(
            [*self.compiler, *OUR_FLAGS, level, "-include", str(preamble), "-c", "mutant.cpp",
             "-o", "mutant.o"], cwd=folder, capture_output=True, timeout=COMPILE_SECONDS_MAX)
        return (folder / "mutant.o").read_bytes() if result.returncode == 0 else None

    def link(self, words, folder):
        """Links the program with the folder's object, which hides the one in the archive."""
        words = list(words)
        words[words.index("-o") + 1] = str(folder / "program")
        # The file's own object, if the program names it itself.
        words = [word for word in words if not word.endswith(f".dir/{self.path.name}.o")]
        run([*words[:1], folder / "mutant.o", "-Wl,--strip-debug", *words[1:]], self.build)

    def run_tests(self, folder, tests, limits):
        """None: they pass; otherwise "fails" or "takes too long"."""
        cpu, wall = limits

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MAX, MEMORY_MAX))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        process = subprocess.Popen(
            [folder / "program", "--gtest_brief=1", "--gtest_fail_fast", *tests], cwd=folder,
            env=os.environ | {"TMPDIR": str(folder)}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=limit)
        try:
            status = process.wait(timeout=wall)
        except subprocess.TimeoutExpired:
            status = -signal.SIGXCPU
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        if status == 0:
            return None
        return "takes too long" if status in (-signal.SIGXCPU, -signal.SIGKILL) else "fails"

    def try_programs(self, folder):
        for program, words in zip(self.programs, self.links):
            self.link(words, folder)
            parts = ([f"--gtest_filter={self.own_tests}"], [f"--gtest_filter=-{self.own_tests}"])
            for tests in parts if self.own_tests else ([],):
                # None while the original runs, which sets the limits.
                limits = self.limits.get(program, (3600, 3600))
                if result := self.run_tests(folder, tests, limits):
                    return result
        return None

    def measure_original(self):
        """Compiles and runs the original, which must pass; sets the limits of the mutants."""
        for level in ("-O1", "-O2"):
            self.originals[level] = self.compile(self.text, level, self.folder)
            if self.originals[level] is None:
                raise BuildError(f"{self.path} does not compile")
        self.compile(self.text, "-O1", self.folder)
        for program, words in zip(self.programs, self.links):
            self.link(words, self.folder)
            begun, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            if result := self.run_tests(self.folder, [], (3600, 3600)):
                raise BuildError(f"{program} {result} with the original")
            now = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
            self.limits[program] = (
                int(CPU_SECONDS_MIN + CPU_TIMES_ORIGINAL * seconds),
                WALL_SECONDS_MIN + WALL_TIMES_ORIGINAL * (time.monotonic() - begun))

    def verdict(self, mutant):
        """"invalid", "equal", "killed", "slow" (killed by a limit) or "alive"."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="mutant.", dir=self.folder))
        try:
            text = mutant.apply(self.text)
            compiled = self.compile(text, "-O1", folder)
            if compiled is None:
                return "invalid"
            if compiled == self.originals["-O1"]:
                return "equal"
            try:
                result = self.try_programs(folder)
            except BuildError:
                return "invalid"  # it does not link
            if result:
                return "slow" if result == "takes too long" else "killed"
            # Compared only now: few mutants are still alive.
            is_equal = self.compile(text, "-O2", folder) == self.originals["-O2"]
            return "equal" if is_equal else "alive"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
