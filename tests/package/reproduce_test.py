#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reproduce_test.py BUILD: some of the files that ship, compiled and linked together by the build's
own commands, in two folders: the same bytes. tools/reproduce does it with everything."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLOORS = ("core", "io", "capture", "database", "http", "tools")
# With CHECKs, which contain the names of their files; with texts that are embedded; with versions.
SOURCES = ("core/fd.cpp", "http/page/list_pages.cpp", "tools/options/version.cpp")
MAP = "-ffile-prefix-map="
BUILD = pathlib.Path()


def commands():
    """{source: the words that compile it}, without the precompiled header."""
    found = {}
    for each in json.loads((BUILD / "compile_commands.json").read_text()):
        words, name = shlex.split(each["command"]), os.path.relpath(each["file"], ROOT)
        if "-include" in words:
            at = words.index("-include")
            del words[at:at + 2]
        found[name] = [word for word in words if word != "-Winvalid-pch"]
    return found


class ReproduceTest(unittest.TestCase):
    def build(self, name, without=None):
        """The bytes of SOURCES, compiled in a folder of this name and linked together."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name, name)
        for floor in FLOORS:
            shutil.copytree(ROOT / floor, root / floor)
        build = root / BUILD.resolve().relative_to(ROOT)
        build.mkdir(parents=True)
        objects = []
        for source in SOURCES:
            words = [word.replace(str(ROOT), str(root)) for word in commands()[source]
                     if without is None or not word.startswith(without)]
            objects.append(build / (pathlib.Path(source).stem + ".o"))
            words[words.index("-o") + 1] = objects[-1]
            subprocess.run(words, check=True, cwd=build)
        subprocess.run(["g++", "-r", "-o", build / "all.o", *objects], check=True, cwd=build)
        return (build / "all.o").read_bytes(), str(root).encode()

    def test_two_folders_give_the_same_bytes(self):
        one, one_folder = self.build("a")
        two, two_folder = self.build("another/folder")
        self.assertEqual(one, two)
        self.assertNotIn(one_folder, one)
        self.assertNotIn(two_folder, two)

    def test_a_difference_is_found(self):
        """Otherwise the test above would prove nothing."""
        one, folder = self.build("a", without=MAP)
        self.assertIn(folder, one)
        self.assertNotEqual(one, self.build("another/folder", without=MAP)[0])


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
