#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hardening_test.py --build FOLDER PROGRAM...: the programs and the plugin as built have everything
that tools/harden.cmake asks for, in each file; and the test notices when they have not."""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

from hardening import Elf

options = argparse.Namespace(build=None, programs=[])
FLOORS = ("core", "io", "capture", "database", "http", "tools")
SOURCE = """
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>
int main(int argc, char** argv) {
  char text[8];
  std::vector<int> many(1);
  strcpy(text, argv[0]);
  return many[argc] + text[0];
}
"""
# All of it, for a small program. (Its start files alone have few landing pads.)
COMPILED = ["-O2", "-g1", "-fstack-protector-strong", "-fstack-clash-protection", "-fPIE", "-pie",
            "-D_GLIBCXX_ASSERTIONS", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2",
            "-Wl,-z,relro,-z,now,-z,noexecstack"]
# (the flag in place of another, what is missing then)
TAKEN_AWAY = [
    ("-pie", "-no-pie", "a position-independent file"),
    ("-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-z,norelro,-z,now",
     "memory read-only after relocation"),
    ("-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-z,lazy", "all symbols bound at the start"),
    ("-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-z,execstack", "a stack without code"),
    ("-Wl,-z,relro,-z,now,-z,noexecstack", "-Wl,-rpath,/tmp", "no folder to search for libraries"),
    ("-fstack-protector-strong", "-fno-stack-protector", "stack protectors"),
    ("-D_GLIBCXX_ASSERTIONS", "-DNONE", "bounds of the standard library"),
    ("-D_FORTIFY_SOURCE=2", "-DNONE", "bounds of the C library"),
]


class ProgramsTest(unittest.TestCase):
    def test_linked_files(self):
        self.assertGreaterEqual(len(options.programs), 2)
        for program in options.programs:
            with self.subTest(program):
                self.assertEqual(Elf(program).faults(), [])

    def test_each_file_was_compiled_with_all_flags(self):
        for program in options.programs:
            with self.subTest(program):
                without, files = Elf(program).compiled_without()
                self.assertEqual(without, {})
                self.assertGreater(files, 0)

    def test_each_file_was_compiled_with_all_definitions(self):
        """Debug information does not contain these."""
        root = pathlib.Path(__file__).resolve().parent.parent.parent
        commands = json.loads((options.build / "compile_commands.json").read_text())
        ours = [each for each in commands
                if pathlib.Path(each["file"]).relative_to(root).parts[0] in FLOORS]
        self.assertGreater(len(ours), 100)
        for each in ours:
            words = shlex.split(each["command"])
            self.assertIn("-D_GLIBCXX_ASSERTIONS", words, each["file"])
            levels = [word for word in words if word.startswith(("-D_FORT", "-U_FORT"))]
            # Older compilers have no level 3; Debian's, since release 12, do.
            self.assertEqual(levels, ["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3"], each["file"])


class TakenAwayTest(unittest.TestCase):
    """Otherwise the tests above would prove nothing."""

    def built(self, flags):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program = pathlib.Path(folder.name, "program")
        subprocess.run(["g++", "-x", "c++", "-", "-o", program, *flags], input=SOURCE, text=True,
                       check=True, stderr=subprocess.DEVNULL)
        return Elf(program)

    def test_nothing_is_missing_otherwise(self):
        # It has too few functions for landing pads to be counted.
        self.assertEqual(self.built(COMPILED).faults(), ["landing pads"])

    def test_what_is_taken_away_is_missed(self):
        for flag, other, what in TAKEN_AWAY:
            with self.subTest(other):
                flags = [other if each == flag else each for each in COMPILED]
                self.assertIn(what, self.built(flags).faults())

    def test_files_compiled_without_a_flag_are_found(self):
        without, files = self.built(COMPILED).compiled_without()
        self.assertEqual((len(without), files), (1, 1))  # the flag of this processor
        without, _ = self.built(["-g1", "-fno-pie", "-no-pie"]).compiled_without()
        self.assertEqual(len(without), 4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
