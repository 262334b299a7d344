#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands in README.md and docs/, and checks the files that they show.

    docs_test.py --binary FANLIGHT --load FANLIGHT-LOAD [unittest's arguments]

Needs root: the commands contain ports and addresses, so they run in a separate network namespace.
The test card is substituted for cameras; tests/vm has the cameras.
"""
import argparse
import configparser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

from typed import (COMMAND_SECONDS, Server, Shell, Typist, blocks_of, commands_of,
                   with_the_test_card)

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
INSIDE = "FANLIGHT_DOCS_TEST_INSIDE"

# Commands that are not run here: (beginning of the command, where it is run instead).
ELSEWHERE = [
    ("tools/test", "it is what runs this"),
    ("tools/install-packages ", "tests/package types README's in a fresh Debian"),
    ("bench/compare", "tests/bench runs it, briefly, and tests/package as it stands"),
    ("sudo ", "tests/package installs the package and runs these there"),
    ("tools/package", "tests/package makes the packages"),
]
options = argparse.Namespace()


class DocsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fanlight-docs-")
        cls.path = pathlib.Path(cls.folder.name)
        programs = cls.path / "bin"
        programs.mkdir()
        (programs / "fanlight").symlink_to(os.path.abspath(options.binary))
        (programs / "fanlight-load").symlink_to(os.path.abspath(options.load))
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
        # The programs under the names that they have in a checkout.
        for name, target in (("tools/run", "fanlight"),
                             ("build/release/tools/fanlight", "fanlight"),
                             ("build/release/tools/fanlight-load", "fanlight-load")):
            (cls.path / name).parent.mkdir(parents=True, exist_ok=True)
            (cls.path / name).symlink_to(programs / target)
        pictures = cls.path / "holidays"
        pictures.mkdir()
        subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i",
                        "testsrc=size=320x240:rate=1", "-frames:v", "3",
                        str(pictures / "%d.jpg")], check=True)
        (cls.path / "fanlight.toml").write_text('source = "pattern"\n')
        for page in PAGES:
            for language, text, _ in blocks_of(page):
                if language == "python":
                    (cls.path / name_of_program(text)).write_text(text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_commands_run(self):
        for page in PAGES:
            for language, text, line in blocks_of(page):
                if language == "sh":
                    with self.subTest(f"{page.name}:{line}"):
                        self.run_block(text)

    def run_block(self, text):
        with Typist(self, Shell(self.path)) as typist:
            for command in commands_of(text):
                if not any(command.startswith(prefix) for prefix, _ in ELSEWHERE):
                    typist.type(with_the_test_card(command))

    def test_configuration_is_valid(self):
        for page in PAGES:
            for language, text, line in blocks_of(page):
                check = getattr(self, f"check_{language}", None)
                if check:
                    with self.subTest(f"{page.name}:{line}"):
                        check(text)

    def test_every_block_has_a_kind_that_is_checked(self):
        # tests/browser/viewer_test.mjs opens the pages in HTML.
        known = {"sh", "toml", "yaml", "nginx", "ini", "dockerfile", "cpp", "json", "js", "html",
                 "text", "python"}
        for page in PAGES:
            for language, _, line in blocks_of(page):
                self.assertIn(language, known, f"{page.name}:{line}")

    def check_toml(self, text):
        file = self.path / "page.toml"
        file.write_text(text)
        done = subprocess.run(["fanlight", "--config", str(file), "--check-config"],
                              capture_output=True, text=True, timeout=COMMAND_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check_yaml(self, text):
        content = yaml.safe_load(text)
        file = self.path / "page.yaml"
        file.write_text(text)
        kind = {"scrape_configs": "config", "groups": "rules"}.get(next(iter(content)))
        if kind:
            subprocess.run(["promtool", "check", kind, str(file)], check=True, timeout=60,
                           stdout=subprocess.DEVNULL)

    def check_ini(self, text):
        """The kernel knows the names of its limits, and systemd the sections of units."""
        if "[" in text:
            parser = configparser.ConfigParser(strict=False)
            parser.read_string(text)
            self.assertLessEqual(set(parser.sections()), {"Unit", "Service", "Socket"})
            return
        for line in commands_of(text):
            name = line.split("=")[0].strip()
            self.assertTrue(pathlib.Path("/proc/sys", *name.split(".")).exists(), name)

    def check_nginx(self, text):
        key, certificate = self.path / "cam.key", self.path / "cam.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                        "/CN=cam", "-keyout", str(key), "-out", str(certificate)],
                       check=True, capture_output=True, timeout=60)
        text = text.replace("/etc/ssl/cam.pem", str(certificate))
        text = text.replace("/etc/ssl/cam.key", str(key))
        file = self.path / "nginx.conf"
        file.write_text(f"pid {self.path}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
                        f"http {{\naccess_log off;\n{text}\n}}\n")
        done = subprocess.run(["nginx", "-t", "-c", str(file)], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def run_updates(self, source, count):
        """Runs updates.py of api.md; returns how frames came and the pixels of what it wrote."""
        server = Server(f"fanlight --source {source} --listen 127.0.0.1:0", Shell(self.path))
        try:
            url = re.search(r"listening on (http://\S+)", server.text())[1]
            with tempfile.TemporaryDirectory(dir=self.path) as folder:
                done = subprocess.run([sys.executable, "updates.py", f"{url}ws?segments=1", folder,
                                       str(count)], cwd=self.path, capture_output=True, text=True,
                                      timeout=COMMAND_SECONDS)
                self.assertEqual(done.returncode, 0, done.stderr)
                frames = [line.split() for line in done.stdout.splitlines()]
                self.assertEqual(len(frames), count)
                return [(kind, pixels_of(f"{folder}/{camera}-{number}.jpg"))
                        for camera, number, kind, _ in frames]
        finally:
            self.assertEqual(server.end(), 0, server.text())

    def test_the_client_of_updates_joins_whole_pictures(self):
        frames = self.run_updates("pattern --fps 20", 20)
        self.assertEqual(frames[0][0], "whole")
        self.assertIn("update", {kind for kind, _ in frames})

    def test_the_client_of_updates_shows_what_the_camera_delivered(self):
        """Two pictures in turn that differ in a rectangle: what was joined is one of them."""
        pictures = self.path / "blink"
        pictures.mkdir()
        subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i",
                        "smptebars=size=320x240:rate=1,drawbox=x=130:y=70:w=40:h=40:color=red:"
                        "t=fill:enable='eq(n,1)'", "-frames:v", "2", "-q:v", "3",
                        str(pictures / "%d.jpg")], check=True)
        originals = {pixels_of(picture) for picture in pictures.glob("*.jpg")}
        frames = self.run_updates("files:blink --fps 20", 20)
        self.assertEqual({pixels for kind, pixels in frames if kind == "update"}, originals)
        self.assertLessEqual({pixels for _, pixels in frames}, originals)

    def test_links_have_existing_targets(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
                if "://" not in target:
                    self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_every_page_is_reachable_from_the_readme(self):
        text = (ROOT / "README.md").read_text()
        for page in PAGES[1:]:
            self.assertIn(f"(docs/{page.name})", text)


def name_of_program(text):
    """The first line of a program begins with its name, in three quotes."""
    return re.match(r'"""(\w+\.py) ', text)[1]


def pixels_of(jpeg):
    """Decoded by djpeg, to which a warning is an error here."""
    return subprocess.run(["djpeg", "-strict", jpeg], check=True, capture_output=True).stdout


def enter_network():
    """Restarts itself without other processes, and with no network but the machine's own."""
    addresses = "ip link set lo up && ip address add 10.0.0.7/32 dev lo && exec \"$@\""
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--pid", "--fork", "--mount-proc",
                          "sh", "-c", addresses, "sh", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--load", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    if os.geteuid() != 0:
        print("needs root to create its own network")
        sys.exit(77)
    if INSIDE not in os.environ:
        enter_network()
    for program in ("ffmpeg", "nginx", "openssl", "promtool", "djpeg"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: tools/install-packages all")
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
