#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""changed_rooms.py [COMMIT]: the tests that a change can break, for `tools/test --changed`.

The change is the difference between COMMIT (default: HEAD) and the working tree, including new
files. Prints four lines: rooms whose test programs must run, labels of other tests and names of
fuzz targets, both in ctest's syntax, and the targets to build.
"""
import pathlib
import subprocess
import sys

import tidy_rooms

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A change in this room is tested by running the program; rooms below it would always run it.
PROGRAM_ROOM = "tools/server"
# The simulation runs this room, and with it all rooms that it uses.
SIMULATED_ROOM = "http/shard"
# Files that the tests of every room depend on.
EVERYTHING = ("CMakeLists.txt", "CMakePresets.json", "tests/CMakeLists.txt", "tools/packages.txt")
# Folders of tests with a label of the same name.
LABELLED = ("browser", "interop", "net", "package", "sim", "smoke", "style", "vm")
# Other folders of tests that are no room's, with the labels that they have.
OTHER_LABELS = {"conformance": {"interop", "smoke"}}

# Files that every fuzz target depends on.
EVERY_FUZZ_TARGET = {"tests/fuzz/CMakeLists.txt", "tests/fuzz/corpus_main.cpp"}


def changed_files(commit, folder="."):
    def git(*arguments):
        return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True,
                              text=True).stdout.split("\n")
    return {path for path in git("diff", "--name-only", commit)
            + git("ls-files", "--others", "--exclude-standard") if path}


def rooms_above(room):
    """The room and all rooms that may include it."""
    return {other for other in tidy_rooms.ROOMS if room in tidy_rooms.rooms_below(other)}


def rooms_in(folder):
    """The folder itself, if it is a room, and the rooms in it."""
    return {room for room in tidy_rooms.ROOMS
            if room == folder or room.startswith(folder + "/")}


def affected(paths):
    """(rooms whose tests must run, other labels)"""
    rooms, labels = set(), {"style"}
    for path in paths:
        folder = str(pathlib.PurePosixPath(path).parent)
        if path in EVERYTHING:
            return set(tidy_rooms.ROOMS), {"sim", "smoke", "style"}
        if folder.startswith("tests/"):
            kind = folder.split("/")[1]
            rooms |= rooms_in(folder.removeprefix("tests/"))
            labels |= OTHER_LABELS.get(kind, {kind} & set(LABELLED))
            if kind == "sim":
                rooms |= rooms_in("http")
        elif folder in tidy_rooms.ROOMS or path.endswith("CMakeLists.txt"):
            for room in rooms_in(folder):
                rooms |= rooms_above(room)
                labels |= {"smoke"} if room == PROGRAM_ROOM else set()
                labels |= {"sim"} if SIMULATED_ROOM in rooms_above(room) else set()
    return rooms, labels


def included_by(path, found=None):
    """The file, what it includes, and what headers of tests/ include in turn."""
    found = set() if found is None else found
    if path not in found:
        found.add(path)
        if path.startswith("tests/") and (ROOT / path).exists():
            for name in tidy_rooms.INCLUDE.findall((ROOT / path).read_text()):
                included_by(name, found)
    return found


def fuzz_targets(paths, rooms):
    """Programs of tests/fuzz that use one of the rooms, or whose own files have changed."""
    folders = {str(pathlib.PurePosixPath(path).parent) for path in paths}
    targets = set()
    for source in (ROOT / "tests/fuzz").glob("*_fuzz.cpp"):
        name = source.stem.removesuffix("_fuzz")
        files = included_by(f"tests/fuzz/{source.name}")
        inputs = {f"tests/fuzz/{folder}/{name}" for folder in ("corpus", "crashes")}
        if ((files | EVERY_FUZZ_TARGET) & paths or inputs & folders
                or rooms & {tidy_rooms.room_of(file) for file in files}):
            targets.add(source.stem)
    return targets


def main(commit="HEAD"):
    paths = changed_files(commit)
    rooms, labels = affected(paths)
    fuzzed = fuzz_targets(paths, rooms)
    targets = [f"tests/{room}/all" for room in sorted(rooms)] + sorted(fuzzed)
    if "sim" in labels:
        targets.append("tests/sim/all")
    if "smoke" in labels:
        targets = ["all"]  # those tests run programs of bench/ too
    print(" ".join(sorted(rooms)))
    print("|".join(sorted(labels)))
    print("|".join(sorted(fuzzed)))
    print(" ".join(targets))


if __name__ == "__main__":
    main(*sys.argv[1:])
