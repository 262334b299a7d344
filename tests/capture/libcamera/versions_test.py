#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plugin compiles against every libcamera in a Debian release.

    versions_test.py [--compiler g++] [--suite SUITE]...

Only the headers are needed: each suite's libcamera-dev is downloaded, by an apt with separate
state, verified with the host's Debian keys, and unpacked into the user's cache, where it stays.
sid is included only on request, because it may change on any day.
"""
import argparse
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLUGIN = ROOT / "capture/libcamera/libcamera_source.cpp"
SUITES = ["bookworm", "bookworm-backports", "trixie"]  # 0.0.3, 0.3.2, 0.4.0
MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wnon-virtual-dtor", "-Werror"]


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "fanlight" / "libcamera-headers"


def apt_options(work, suite):
    for folder in ("lists/partial", "sources"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources/debian.sources").write_text(
        f"Types: deb\nURIs: {MIRROR}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n")
    settings = {"Dir::State": work, "Dir::State::status": work / "status",
                "Dir::State::lists": work / "lists", "Dir::Cache": work,
                "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": work / "sources",
                "APT::Sandbox::User": "root", "Debug::NoLocking": "true",
                "Acquire::Languages": "none", "Acquire::Retries": "3"}
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def unpack(suite, folder):
    """Puts the headers of a suite's libcamera-dev into `folder`, all or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = pathlib.Path(name)
        apt = ["apt-get", "-qq", *apt_options(work, suite)]
        subprocess.run([*apt, "update"], check=True)
        subprocess.run([*apt, "download", "libcamera-dev"], check=True, cwd=work)
        package, = glob.glob(f"{work}/libcamera-dev_*.deb")
        subprocess.run(["dpkg-deb", "--extract", package, work / "root"], check=True)
        shutil.rmtree(folder, ignore_errors=True)
        (work / "root").rename(folder)


def version_of(headers):
    text = (headers / "libcamera/version.h").read_text()
    return ".".join(re.findall(r"LIBCAMERA_VERSION_(?:MAJOR|MINOR|PATCH)\s+(\d+)", text))


def compile_against(headers, compiler):
    command = [*compiler.split(), "-std=c++20", "-fsyntax-only", *WARNINGS,
               '-DFANLIGHT_VERSION="test"', f"-I{ROOT}", "-isystem", str(headers), str(PLUGIN)]
    return subprocess.run(command, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--suite", action="append", help="default: " + ", ".join(SUITES))
    options = parser.parse_args()
    failed = []
    for suite in options.suite or SUITES:
        folder = cache_folder() / suite
        if not folder.exists():
            unpack(suite, folder)
        headers = folder / "usr/include/libcamera"
        compiles = compile_against(headers, options.compiler)
        print(f"{suite}: libcamera {version_of(headers)}: {'compiles' if compiles else 'FAILED'}")
        if not compiles:
            failed.append(suite)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
