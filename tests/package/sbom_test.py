#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sbom_test.py PROGRAM PROGRAM: the bill of materials that tools/sbom.py writes about these."""
import copy
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from spdx import faults_of

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAMS = []


def sbom(folder, package="fanlight"):
    return subprocess.run([sys.executable, ROOT / "tools/sbom.py", package, "1.2.3", folder, "/"],
                          check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}).stdout


class SbomTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "usr/bin").mkdir(parents=True)
        for program in PROGRAMS:
            shutil.copy(program, cls.folder / "usr/bin")
        (cls.folder / "usr/bin/text").write_text("no program")
        cls.text = sbom(cls.folder)
        cls.document = json.loads(cls.text)
        cls.packages = {each["name"]: each for each in cls.document["packages"]}

    def test_it_is_valid(self):
        self.assertEqual(faults_of(self.document), [])

    def test_it_lists_the_programs_with_their_checksums(self):
        files = {each["fileName"]: each["checksums"] for each in self.document["files"]}
        self.assertEqual(set(files), {f"./usr/bin/{program.name}" for program in PROGRAMS})
        for name, sums in files.items():
            digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            self.assertIn({"algorithm": "SHA256", "checksumValue": digest}, sums)

    def test_it_lists_every_library_that_the_dynamic_linker_loads_for_them(self):
        listed = " ".join(each.get("comment", "") for each in self.packages.values())
        for program in PROGRAMS:
            dynamic = subprocess.run(["readelf", "--dynamic", program], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout
            libraries = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
            self.assertGreater(len(libraries), 2)
            for library in libraries:
                self.assertIn(f"{library} SHA256 ", listed)

    def test_names_versions_and_licenses_are_dpkgs(self):
        for name, package in self.packages.items():
            if name == "fanlight":
                self.assertEqual(package["versionInfo"], "1.2.3")
                continue
            version = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}\n", name],
                                     check=True, text=True, stdout=subprocess.PIPE).stdout
            self.assertIn(package["versionInfo"], version.splitlines())
        # In Debian 13 its name has "t64" at the end.
        [curl] = [package for name, package in self.packages.items() if name.startswith("libcurl4")]
        self.assertEqual(curl["licenseDeclared"], "curl")
        self.assertIn("libsqlite3-0", self.packages)
        self.assertIn("nlohmann-json3-dev", self.packages)

    def test_the_same_files_give_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder, "elsewhere")
            shutil.copytree(self.folder, other)
            self.assertEqual(sbom(other), self.text)
            with (other / "usr/bin" / PROGRAMS[0].name).open("ab") as program:
                program.write(b"\0")
            self.assertNotEqual(json.loads(sbom(other))["documentNamespace"],
                                self.document["documentNamespace"])

    def test_faults_are_found(self):
        """Otherwise test_it_is_valid would prove nothing."""
        def without(*path):
            document = copy.deepcopy(self.document)
            place = document
            for key in path[:-1]:
                place = place[key]
            del place[path[-1]]
            return document

        for path in (("creationInfo",), ("creationInfo", "created"), ("packages", 0, "SPDXID"),
                     ("packages", 0, "packageVerificationCode"), ("packages", 1),
                     ("packages", 1, "licenseDeclared"), ("files", 0, "checksums"), ("files", 0),
                     ("relationships", 0)):
            self.assertNotEqual(faults_of(without(*path)), [], path)


if __name__ == "__main__":
    PROGRAMS = [pathlib.Path(name) for name in sys.argv[1:3]]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
