#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang_test.py BUILD: clang finds no fault in any file that a build compiles, the annotations of
locks included (-Wthread-safety).

Clang only parses the files; nothing runs that it compiled."""
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
FILE_SECONDS = 120  # for a compiler that hangs, not for a slow machine


class Headers:
    """Precompiled headers, one for each header and set of flags. Any thread."""

    def __init__(self, folder):
        self.folder, self.lock, self.made = folder, threading.Lock(), {}

    def precompiled(self, header, flags):
        # Where headers are looked for differs from program to program, but not what is found.
        key = (header, *(flag for flag in flags if flag.startswith(("-D", "-f", "-O"))))
        with self.lock:
            if key not in self.made:
                path = f"{self.folder}/{len(self.made)}.pch"
                # CMake marks what it writes as a system's header, which clang finds odd.
                flags = [*flags, "-Wno-pragma-system-header-outside-header"]
                subprocess.run([*CLANG, *flags, "-x", "c++-header", header, "-o", path], check=True,
                               timeout=FILE_SECONDS)
                self.made[key] = path
            return self.made[key]


def flags_of(command):
    """(the flags of GCC's command, the header that it includes precompiled or None)"""
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
    """What clang says of a file, or nothing."""
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
