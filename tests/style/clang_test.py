#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang_test.py BUILD: clang has no complaint about any file that a build compiles, including the
lock annotations (-Wthread-safety).

Clang only parses the files; none of its output is run."""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import threading

CLANG = ["clang++", "-Wthread-safety", "-Wno-unknown-warning-option"]
FILE_SECONDS = 120  # to detect a compiler that hangs, not a slow machine


class Headers:
    """Precompiled headers, one for each header and set of flags. Thread-safe."""

    def __init__(self, folder):
        self.folder, self.lock, self.made = folder, threading.Lock(), {}

    def precompiled(self, header, flags):
        # Include paths differ between programs, but the headers found do not; and these macros are
        # used by no header.
        flags = [flag for flag in flags if not flag.startswith("-DFANLIGHT_")]
        key = (header, *(flag for flag in flags if flag.startswith(("-D", "-f", "-O"))))
        with self.lock:
            if key not in self.made:
                path = f"{self.folder}/{len(self.made)}.pch"
                # CMake marks its generated header as a system header, about which clang warns.
                flags = [*flags, "-Wno-pragma-system-header-outside-header"]
                subprocess.run([*CLANG, *flags, "-x", "c++-header", header, "-o", path], check=True,
                               timeout=FILE_SECONDS)
                self.made[key] = path
            return self.made[key]


def flags_of(command):
    """(the flags of GCC's command, its precompiled header or None)"""
    flags, header = [], None
    words = iter(shlex.split(command)[1:])
    for word in words:
        if word in ("-o", "-c", "-MF", "-MT"):
            next(words)
        elif word == "-include":
            header = next(words)
        elif word not in ("-MD", "-Winvalid-pch"):
            flags.append(word)
    return flags, header


def fault_in(entry, headers):
    """Clang's output for a file, or nothing."""
    flags, header = flags_of(entry["command"])
    if header:
        flags += ["-include-pch", headers.precompiled(header, flags)]
    run = subprocess.run([*CLANG, *flags, "-fsyntax-only", entry["file"]], cwd=entry["directory"],
                         capture_output=True, text=True, errors="replace", timeout=FILE_SECONDS)
    return run.stderr or (f"{entry['file']}: clang ended with {run.returncode}" if run.returncode
                          else "")


def main(build):
    commands = pathlib.Path(build, "compile_commands.json").read_text()
    entries = [entry for entry in json.loads(commands)
               if not entry["file"].endswith("cmake_pch.hxx.cxx")]
    if not entries:
        sys.exit(f"{build} compiles nothing")
    with tempfile.TemporaryDirectory(prefix="fanlight-clang-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        headers = Headers(folder)
        faults = list(filter(None, pool.map(lambda entry: fault_in(entry, headers), entries)))
    print("\n".join(faults))
    print(f"{len(entries)} files, {len(faults)} with faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
