#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py [--arch ARCHITECTURE] [--modules "vivid n_devs=2;uvcvideo"] -- COMMAND...

Runs COMMAND, in this folder and as root, in a virtual machine that has cameras; its exit status is
COMMAND's, 124 after --timeout, 125 when the machine died. See machine.py.
"""
import argparse
import sys

from machine import PROCESSORS, Machine, run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", default="amd64", choices=sorted(PROCESSORS))
    parser.add_argument("--suite", default="", help="the Debian release of the kernel")
    parser.add_argument("--flavour", default="", help="the kernel's flavour, such as arm64-16k")
    parser.add_argument("--modules", default="vivid",
                        help="modules with parameters, separated by ';'")
    parser.add_argument("--folder", action="append", default=[],
                        help="a folder of the host to mount in the machine; repeatable")
    parser.add_argument("--timeout", type=float, default=120, help="time limit in seconds")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    machine = Machine(options.arch, options.suite, options.flavour,
                      tuple(options.modules.split(";")), tuple(options.folder), options.timeout)
    sys.exit(run(machine, options.command))


if __name__ == "__main__":
    main()
