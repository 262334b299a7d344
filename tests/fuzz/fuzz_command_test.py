#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/fuzz, with a target that is a script."""
import argparse
import hashlib
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True

# Fails always, with the same input; minimised, that is one byte shorter.
PROGRAM = """#!/bin/bash
for argument in "$@"; do
  case $argument in
    -exact_artifact_path=*) echo -n ba > "${argument#*=}"; exit 1 ;;
    -artifact_prefix=*) echo -n bad > "${argument#*=}crash-1" ;;
  esac
done
echo "#12 NEW    cov: 7 ft: 9"
echo "    #99 0x1234 in a_stack"
echo "stat::number_of_executed_units: 34"
exit 77
"""


def load():
    loader = importlib.machinery.SourceFileLoader("fuzz", str(ROOT / "tools/fuzz"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fuzz", loader))
    loader.exec_module(module)
    return module


class FuzzCommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.fuzz = load()
        for name in ("SOURCES", "PROGRAMS", "RESULTS"):
            setattr(self.fuzz, name, self.path / name)
            (self.path / name).mkdir()
        program = self.path / "PROGRAMS/a_fuzz"
        program.write_text(PROGRAM)
        program.chmod(0o755)

    def test_a_crash_becomes_a_minimised_case(self):
        target = self.fuzz.Target("a")
        target.run(3600)  # ends when the same input fails again
        case = self.path / "SOURCES/crashes/a" / hashlib.sha1(b"ba").hexdigest()[:16]
        self.assertEqual(target.crashes, [case])
        self.assertEqual(case.read_bytes(), b"ba")
        self.assertTrue(target.has_failed)
        self.assertEqual((target.executions, target.edges), (2 * 34, 7))

    def test_durations(self):
        self.assertEqual([self.fuzz.seconds(text) for text in ("90", "90s", "10m", "8h")],
                         [90, 90, 600, 28800])
        for text in ("", "0", "x", "1d", "-1s"):
            with self.assertRaises(argparse.ArgumentTypeError):
                self.fuzz.seconds(text)

    def test_every_target_has_a_line_in_cmake_and_in_the_readme(self):
        folder = ROOT / "tests/fuzz"
        readme = (folder / "README.md").read_text()
        for path in folder.glob("*_fuzz.cpp"):
            target = path.name.removesuffix("_fuzz.cpp")
            self.assertIn(f"| `{target}` |", readme)
            self.assertTrue(any((folder / "corpus" / target).iterdir()), target)


if __name__ == "__main__":
    unittest.main()
