# SPDX-License-Identifier: Apache-2.0
"""Prepares a benchmark: packages, programs, and root."""
import os
import shutil
import subprocess
import sys

from servers import ROOT

PACKAGES = ("run", "test", "bench")  # groups of tools/packages.txt
TARGETS = ("fanlight", "fanlight-load", "floor", "fake_camera")


def install_and_build(targets=TARGETS):
    """As the user who ran sudo, so that the files in the tree still belong to that user."""
    prefix = ["sudo", "-H", "-u", f"#{os.environ['SUDO_UID']}"] if "SUDO_UID" in os.environ else []
    for command in (["tools/install-packages", *PACKAGES], ["tools/build", "release", *targets]):
        code = subprocess.run([*prefix, ROOT / command[0], *command[1:]], check=False).returncode
        if code:
            sys.exit(code)


def become_root(name):
    """Restarts the program with sudo, or exits."""
    if not shutil.which("sudo"):
        print(f"{name}: needs root for network namespaces, and there is no sudo", file=sys.stderr)
        sys.exit(77)
    os.execvp("sudo", ["sudo", *sys.orig_argv])
