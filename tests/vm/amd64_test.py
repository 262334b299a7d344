#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""amd64_test.py --build BUILD [SCENE...]: all scenes with cameras (guest/main.py) in one machine.

The programs are those built on this machine. A kernel that does not start is a failure, and the
test prints its console."""
import argparse
import pathlib
import sys

from machine import HERE, Machine, run

MACHINE = Machine("amd64", modules=("vhci_hcd", "uvcvideo"), timeout_seconds=1500)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("scene", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    sys.exit(run(MACHINE, ["/usr/bin/python3", HERE / "guest/main.py", "--tools", build / "tools",
                           "--vm", build / "tests/vm", *options.scene]))


if __name__ == "__main__":
    main()
