#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/unpack-packages and tools/sysroot, with a fake apt-get that has one package."""
import os
import pathlib
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"

# It uses the archives folder that it is given, and logs its arguments.
APT_GET = """#!/bin/bash
echo "$*" >>{folder}/log
for option in "$@"; do
  case $option in Dir::Cache::archives=*) archives=${{option#*=}};; esac
done
if [[ -e {folder}/refuse ]]; then echo "E: no such package" >&2; exit 100; fi
if [[ "$*" == *" install "* ]]; then cp {folder}/package.deb "$archives"; fi
"""


class UnpackTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        (self.folder / "bin").mkdir()
        apt_get = self.folder / "bin/apt-get"
        apt_get.write_text(APT_GET.format(folder=self.folder))
        apt_get.chmod(0o755)
        self.make_package()

    def make_package(self):
        tree = self.folder / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: thing\nVersion: 1\nArchitecture: arm64\nMulti-Arch: same\n"
            "Maintainer: nobody\nDescription: a thing\n")
        (tree / "DEBIAN/symbols").write_text("library.so.1 thing #MINVER#\n")
        (tree / "lib/here").mkdir(parents=True)
        (tree / "lib/here/library").write_text("library")
        (tree / "usr/lib").mkdir(parents=True)
        os.symlink("/lib/here/library", tree / "usr/lib/link")
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree,
                        self.folder / "package.deb"], check=True, stdout=subprocess.DEVNULL)

    def run_tool(self, name, *arguments):
        environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": str(self.folder)}
        return subprocess.run([TOOLS / name, *arguments], env=environment, text=True,
                              capture_output=True, timeout=50)

    def unpack(self, *arguments):
        return self.run_tool("unpack-packages", *arguments)

    def asked(self):
        return (self.folder / "log").read_text().splitlines()

    def test_is_laid_out_like_a_current_debian(self):
        result = self.unpack("arm64", self.folder / "out", "thing")
        self.assertEqual(result.returncode, 0, result.stderr)
        out = self.folder / "out"
        self.assertEqual(os.readlink(out / "lib"), "usr/lib")
        self.assertEqual((out / "usr/lib/here/library").read_text(), "library")
        # The link stays within the tree.
        self.assertEqual((out / "usr/lib/link").resolve(), (out / "usr/lib/here/library").resolve())
        self.assertTrue(all("APT::Architecture=arm64" in line for line in self.asked()))
        # Only its own metadata is left next to it.
        self.assertEqual(sorted(path.name for path in self.folder.glob("out*")),
                         ["out", "out.dpkg", "out.lock", "out.packages"])

    def test_dpkg_can_query_it(self):
        self.unpack("arm64", self.folder / "out", "thing")
        out = self.folder / "out"

        def ask(*question):
            return subprocess.run(["dpkg-query", f"--admindir={out}.dpkg", *question], check=True,
                                  stdout=subprocess.PIPE, text=True).stdout.strip()

        # By its current name.
        library = out / "usr/lib/here/library"
        self.assertEqual(ask("--search", library), f"thing:arm64: {library}")
        symbols = pathlib.Path(ask("--control-path", "thing:arm64", "symbols"))
        self.assertEqual(symbols.read_text(), "library.so.1 thing #MINVER#\n")

    def test_is_downloaded_once(self):
        for _ in range(2):
            self.unpack("arm64", self.folder / "out", "thing")
        self.assertEqual(len(self.asked()), 2)  # update, install
        self.unpack("arm64", self.folder / "out", "thing", "other")
        self.assertEqual(len(self.asked()), 4)

    def test_a_failure_is_shown_and_not_cached(self):
        (self.folder / "refuse").touch()
        result = self.unpack("arm64", self.folder / "out", "thing")
        self.assertEqual(result.returncode, 69)
        self.assertIn("no such package", result.stderr)
        self.assertFalse((self.folder / "out").exists())
        (self.folder / "refuse").unlink()
        self.assertEqual(self.unpack("arm64", self.folder / "out", "thing").returncode, 0)

    def test_the_sysroot_has_the_required_libraries(self):
        result = self.run_tool("sysroot", "arm64")
        self.assertEqual(result.returncode, 0, result.stderr)
        folder = pathlib.Path(result.stdout.strip())
        self.assertEqual(folder, self.folder / ".cache/fanlight/arm64/sysroot")
        self.assertTrue((folder / "usr/lib/link").exists())
        asked = self.asked()[-1].split()
        for package in ("libturbojpeg0-dev", "liburing-dev", "libgtest-dev", "libc6-dev"):
            self.assertIn(package, asked)
        self.assertNotIn("cmake", asked)


if __name__ == "__main__":
    unittest.main()
