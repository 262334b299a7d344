#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""contents_test.py --packages FOLDER [--arm64 FOLDER]: the contents of the packages, which must
meet Debian's expectations."""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from hardening import Elf
from spdx import faults_of

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGING = ROOT / "packaging"
LIBRARIES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
MACHINES = {"amd64": "Advanced Micro Devices X86-64", "arm64": "AArch64"}
# What systemd-analyze(1) says of the service, in tenths: 0 is nothing, 100 everything. The rest is
# what the server is for: cameras, and sockets of the network.
EXPOSURE_MAX = 13
EXPOSURE_MAX_WITH_ADDRESSES = 12  # when the comment about IPAddressDeny= is followed

FILES = {
    "fanlight": """
        etc/fanlight/fanlight.toml
        usr/bin/fanlight
        usr/bin/fanlight-load
        usr/lib/systemd/system/fanlight.service
        usr/lib/systemd/system/fanlight.socket
        usr/share/bash-completion/completions/fanlight
        usr/share/bash-completion/completions/fanlight-load
        usr/share/doc/fanlight/README.md
        usr/share/doc/fanlight/changelog.gz
        usr/share/doc/fanlight/copyright
        usr/share/doc/fanlight/fanlight.spdx.json
        usr/share/fish/vendor_completions.d/fanlight-load.fish
        usr/share/fish/vendor_completions.d/fanlight.fish
        usr/share/man/man1/fanlight-load.1.gz
        usr/share/man/man1/fanlight.1.gz
        usr/share/man/man5/fanlight.toml.5.gz
        usr/share/zsh/vendor-completions/_fanlight
        usr/share/zsh/vendor-completions/_fanlight-load""",
    "fanlight-libcamera": """
        usr/lib/LIBRARIES/fanlight/fanlight-libcamera.so
        usr/share/doc/fanlight-libcamera/changelog.gz
        usr/share/doc/fanlight-libcamera/copyright
        usr/share/doc/fanlight-libcamera/fanlight-libcamera.spdx.json""",
    "fanlight-nats": """
        usr/lib/LIBRARIES/fanlight/fanlight-nats.so
        usr/share/doc/fanlight-nats/changelog.gz
        usr/share/doc/fanlight-nats/copyright
        usr/share/doc/fanlight-nats/fanlight-nats.spdx.json""",
}

options = argparse.Namespace(packages=None, arm64=None)


def output_of(*command, **how):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **how).stdout


def architectures():
    own = output_of("dpkg", "--print-architecture").strip()
    folders = {own: options.packages}
    if options.arm64 and own != "arm64":
        folders["arm64"] = options.arm64
    return folders


class Package:
    def __init__(self, name, architecture):
        [self.file] = architectures()[architecture].glob(f"{name}_*_{architecture}.deb")

    def field(self, name):
        return output_of("dpkg-deb", "--field", self.file, name).strip()

    def needs(self):
        """{package: version, as ">= 2.36" or ""}"""
        found = re.findall(r"([a-z0-9.+-]+)(?: \((.*?)\))?", self.field("Depends"))
        return dict(found)

    def entries(self):
        """(mode, owner, path) of all its entries."""
        for line in output_of("dpkg-deb", "--contents", self.file).splitlines():
            mode, owner, _, _, _, path = line.split(maxsplit=5)
            yield mode, owner, path.removeprefix("./")


def every_package():
    return [(name, architecture) for architecture in architectures() for name in FILES]


class ContentsTest(unittest.TestCase):
    def test_files(self):
        for name, architecture in every_package():
            entries = list(Package(name, architecture).entries())
            files = {path for mode, _, path in entries if not mode.startswith("d")}
            expected = FILES[name].replace("LIBRARIES", LIBRARIES[architecture]).split()
            with self.subTest(name=name, architecture=architecture):
                self.assertEqual(files, set(expected) | optional_files(name))
                self.assertEqual({owner for _, owner, _ in entries}, {"root/root"})
                self.assertEqual({mode for mode, _, _ in entries},
                                 {"drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"} if name == "fanlight"
                                 else {"drwxr-xr-x", "-rw-r--r--"})

    def test_lintian_reports_no_problems(self):
        for name, architecture in every_package():
            with self.subTest(name=name, architecture=architecture):
                result = subprocess.run(["lintian", Package(name, architecture).file],
                                        capture_output=True, text=True, check=False)
                self.assertEqual((result.stdout, result.returncode), ("", 0))

    def test_dependencies(self):
        version = Package("fanlight", "amd64").field("Version")
        for architecture in architectures():
            needs = Package("fanlight", architecture).needs()
            for library in ("libc6", "libcurl4", "libjpeg62-turbo", "libssl3", "libsqlite3-0",
                            "libseccomp2", "libturbojpeg0", "liburing2", "libv4l-0", "libyuv0"):
                # In Debian 13 some have "t64" at the end of their name.
                self.assertTrue(needs.keys() & {library, f"{library}t64"}, needs)
            # Based on the symbols used, not only on the name.
            self.assertRegex(needs["libc6"], r"^>= 2\.")
            plugin = Package("fanlight-libcamera", architecture).needs()
            self.assertEqual(plugin["fanlight"], f"= {version}")
            self.assertTrue(any(re.fullmatch(r"libcamera[0-9.]+", need) for need in plugin), plugin)
            bus = Package("fanlight-nats", architecture).needs()
            self.assertEqual(bus["fanlight"], f"= {version}")
            self.assertTrue(any(re.fullmatch(r"libnats[0-9.]+(t64)?", need) for need in bus), bus)
            # It drives the sensors; Debian's library only suggests it.
            self.assertEqual(Package("fanlight-libcamera", architecture).field("Recommends"),
                             "libcamera-ipa")

    def test_arm64_has_the_dependencies_of_amd64(self):
        if "arm64" not in architectures() or len(architectures()) == 1:
            self.skipTest("built for one architecture only")
        for name in FILES:
            both = [set(Package(name, architecture).needs()) for architecture in architectures()]
            self.assertEqual(both[0], both[1])

    def test_versions_agree(self):
        changelog = output_of("dpkg-parsechangelog", "-l", PACKAGING / "debian/changelog", "-S",
                              "Version").strip()
        for name, architecture in every_package():
            self.assertEqual(Package(name, architecture).field("Version"), changelog)
        for page in (PACKAGING / "man").iterdir():
            self.assertIn(f'"Fanlight {changelog}"', page.read_text())

    def test_programs_have_the_right_architecture_and_are_hardened(self):
        for name, architecture in every_package():
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["dpkg-deb", "--extract", Package(name, architecture).file, folder],
                               check=True)
                programs = [*pathlib.Path(folder, "usr/bin").glob("*"),
                            *pathlib.Path(folder, "usr/lib").rglob("*.so")]
                self.assertEqual(len(programs), 2 if name == "fanlight" else 1)
                for program in programs:
                    with self.subTest(program.name, architecture=architecture):
                        self.check_program(program, architecture)

    def test_the_bill_of_materials_is_valid_and_of_these_programs(self):
        for name, architecture in every_package():
            with (tempfile.TemporaryDirectory() as folder,
                  self.subTest(name=name, architecture=architecture)):
                package = Package(name, architecture)
                subprocess.run(["dpkg-deb", "--extract", package.file, folder], check=True)
                file = pathlib.Path(folder, f"usr/share/doc/{name}/{name}.spdx.json")
                document = json.loads(file.read_text())
                self.assertEqual(faults_of(document), [])
                for each in document["files"]:
                    content = pathlib.Path(folder, each["fileName"]).read_bytes()
                    self.assertIn(hashlib.sha256(content).hexdigest(),
                                  [one["checksumValue"] for one in each["checksums"]])
                self.assertEqual(len(document["files"]), 2 if name == "fanlight" else 1)
                listed = {each["name"]: each["versionInfo"] for each in document["packages"]}
                self.assertEqual(listed[name], package.field("Version"))
                if name == "fanlight":
                    # dpkg-shlibdeps leaves out those that others depend on.
                    self.assertLessEqual(package.needs().keys(), listed.keys())

    def check_program(self, program, architecture):
        elf = Elf(program, f"{LIBRARIES[architecture]}-objdump")
        self.assertEqual(elf.machine, MACHINES[architecture])
        self.assertEqual(elf.faults(), [])
        self.assertNotIn(os.fsencode(ROOT), program.read_bytes())

    def test_packages_are_reproducible(self):
        """At another time, in another folder."""
        epoch = output_of("dpkg-parsechangelog", "-l", PACKAGING / "debian/changelog", "-S",
                          "Timestamp").strip()
        packages = list(options.packages.glob("*.deb"))
        self.assertEqual(len(packages), len(FILES))
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cpack", "--config", options.packages / "CPackConfig.cmake", "-B",
                            folder], check=True, stdout=subprocess.DEVNULL, umask=0o022,
                           env={**os.environ, "SOURCE_DATE_EPOCH": epoch, "TZ": "Asia/Tokyo"})
            for package in packages:
                again = pathlib.Path(folder, package.name)
                self.assertEqual(package.read_bytes(), again.read_bytes(), package.name)


def optional_files(name):
    """Files from other parts of the tree: documents, dashboards, and files for other programs."""
    if name != "fanlight":
        return set()
    pages = {f"usr/share/doc/fanlight/docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    boards = {f"usr/share/fanlight/grafana/{board.name}"
              for board in (PACKAGING / "grafana").glob("*.json")}
    others = {f"usr/share/fanlight/{folder}/{file.name}"
              for folder in ("balancers", "caches", "kubernetes")
              for file in (PACKAGING / folder).iterdir()}
    return pages | boards | others


class PiecesTest(unittest.TestCase):
    """The sources of the packages, checked by the programs that will read them."""

    def test_the_service_is_sandboxed(self):
        service = PACKAGING / "systemd/fanlight.service"
        self.assert_exposed_at_most(EXPOSURE_MAX, service)
        text, lines = re.subn(r"^#(IPAddress(?:Deny|Allow)=)", r"\1", service.read_text(),
                              flags=re.MULTILINE)
        self.assertEqual(lines, 2)
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder, service.name)
            other.write_text(text)
            self.assert_exposed_at_most(EXPOSURE_MAX_WITH_ADDRESSES, other)

    def assert_exposed_at_most(self, tenths, service):
        result = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                                 f"--threshold={tenths}", service], check=False,
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_shells_can_parse_the_completions(self):
        for program in ("fanlight", "fanlight-load"):
            completions = PACKAGING / "completions"
            for command in (["bash", "-n", completions / f"{program}.bash"],
                            ["zsh", "-n", completions / f"_{program}"],
                            ["fish", "--no-execute", completions / f"{program}.fish"]):
                result = subprocess.run(command, capture_output=True, text=True, check=False)
                self.assertEqual((result.returncode, result.stderr), (0, ""), command)

    def test_zsh_finds_completions_and_fish_offers_values(self):
        script = "fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[fanlight]"
        self.assertEqual(output_of("zsh", "-fc", script, "zsh", PACKAGING / "completions").strip(),
                         "_fanlight")
        script = f"source {PACKAGING}/completions/fanlight.fish; complete -C 'fanlight --backend '"
        offered = {line.split("\t")[0] for line in output_of("fish", "-c", script).splitlines()}
        self.assertEqual(offered, {"auto", "uring", "epoll"})

    def test_manual_pages_have_no_errors(self):
        for page in (PACKAGING / "man").iterdir():
            command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page]
            result = subprocess.run(command, capture_output=True, text=True, check=False,
                                    env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": ""})
            self.assertEqual((result.returncode, result.stderr), (0, ""), page)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    parser.add_argument("--arm64", type=pathlib.Path)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
