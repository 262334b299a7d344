# SPDX-License-Identifier: Apache-2.0
"""A service from which another process takes over, for the tests."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "smoke"))
import harness
import manager
from client import fetch

CAMERA = ["--source", "pattern", "--size", "160x120", "--fps", "5"]
TRIES = 3
EX_NOINPUT, EX_UNAVAILABLE, EX_OSERR, EX_CONFIG = 66, 69, 71, 78


class TakeoverCase(unittest.TestCase):
    """A service, and the commands that take over from it."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = f"{self.folder}/takeover.sock"
        self.flags = ["--takeover-socket", self.path, "--listen", "127.0.0.1:0", *CAMERA]

    def serve(self, *flags, **arguments):
        self.service = self.enterContext(manager.Service(*self.flags, *flags, **arguments))
        self.addCleanup(self.end_successors)
        self.service.wait_until_ready()
        line = self.service.wait_for(self.service.lines, "listening on")
        return harness.address_of(line.split()[2])

    def wait_for_state(self, found, count=1):
        """As Service.wait_for(), but the end of the first process is not that of the service."""
        states = self.service.states
        with self.service.changed:
            if not self.service.changed.wait_for(
                    lambda: sum(found in state for state in states) >= count,
                    harness.DEADLINE_SECONDS):
                self.fail(f"no {found!r}: {states}")

    def end_successors(self):
        """Also those that the manager knows nothing of yet: left alone, one would keep this test's
        output open. They are in sessions of their own; all have the socket among their flags."""
        for arguments in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            process = int(arguments.parent.name)
            try:
                if (process != self.service.process.pid
                        and os.fsencode(self.path) in arguments.read_bytes().split(b"\0")):
                    os.kill(process, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass

    def successors(self):
        with self.service.changed:
            states = "\n".join(self.service.states)
        return [int(each) for each in re.findall(r"^MAINPID=(\d+)$", states, re.MULTILINE)]

    def run_command(self, *flags, binary=None, backend=None, own=None):
        """A start with the flags of the service, or its own, which returns: its exit code and its
        log."""
        command = [binary or harness.options.binary, "--backend",
                   backend or harness.options.backend, *(own or self.flags), *flags]
        log = pathlib.Path(self.folder, "command.log")
        with log.open("w") as errors:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=errors,
                                  timeout=3 * harness.DEADLINE_SECONDS).returncode
        return code, log.read_text()

    def take_over(self, *flags, **arguments):
        count = len(self.successors())
        # Whoever has viewers in its hands waits for the other side for a second, and a busy machine
        # may let it wait for longer. Nobody has lost anything then.
        for _ in range(TRIES):
            code, log = self.run_command("--take-over", *flags, **arguments)
            if code != EX_UNAVAILABLE or "the running server goes on" not in log:
                break
        self.assertEqual(code, 0, log)
        self.wait_for_state("MAINPID=", count + 1)
        return self.successors()[-1]

    def summary(self, address):
        return json.loads(fetch(address, "/api/v1/summary").body)

    def expect_continues(self, crowd, frames=5):
        """Every viewer gets so many more frames."""
        before = [viewer.frames for viewer in crowd.viewers]
        crowd.watch(lambda: all(viewer.frames >= count + frames
                                for viewer, count in zip(crowd.viewers, before)), 60)

    def expect_nothing_happened(self, address, crowd, instance):
        self.expect_continues(crowd)
        self.assertEqual(self.summary(address)["instance_id"], instance)
        self.assertIsNone(self.service.process.poll())
        self.assertEqual(self.successors(), [])
