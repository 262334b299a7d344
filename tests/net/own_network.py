# SPDX-License-Identifier: Apache-2.0
"""A network namespace of a test's own, whose loopback interface has addresses that are not this
machine's own to the server."""
import os
import subprocess
import sys

INSIDE = "--inside"  # added to the arguments of the program that runs in the namespace


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def enter(addresses):
    """Returns in the namespace; the program is started again for that. Exits with 77, which ctest
    counts as skipped, unless root runs it."""
    if os.geteuid() != 0:
        print(f"{sys.argv[0]}: needs root for a network namespace", file=sys.stderr)
        sys.exit(77)
    if INSIDE not in sys.argv:
        sys.exit(subprocess.run(["unshare", "--net", sys.executable, *sys.argv, INSIDE],
                                check=False).returncode)
    sys.argv.remove(INSIDE)
    ip("link", "set", "lo", "up")
    for address in addresses:
        ip("address", "add", f"{address}/32", "dev", "lo")
