# SPDX-License-Identifier: Apache-2.0
"""Starts and stops the real binary for the smoke tests.

Each smoke test is run as
    x_test.py --binary FANLIGHT --backend uring|epoll [--load FANLIGHT-LOAD] [unittest's arguments]
"""
import argparse
import faulthandler
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

DEADLINE_SECONDS = 20
RESTRICT = [sys.executable, str(pathlib.Path(__file__).with_name("restrict.py"))]

options = argparse.Namespace(binary="", backend="epoll", load="")


def command_line(restrict, backend):
    """The binary on the backend under test (or another), with fewer resources (restrict.py)."""
    wrapper = [*RESTRICT, *restrict, "--"] if restrict else []
    return [*wrapper, options.binary, "--backend", backend or options.backend]


class Fanlight:
    """One run of the serving binary. A context manager: leaving it ends the process.

    Thread: a reader of standard error adds to `lines`; all else runs in the test's thread.
    """

    def __init__(self, *flags, listen=("127.0.0.1:0",), restrict=(), backend=None):
        command = command_line(restrict, backend)
        for address in listen:
            command += ["--listen", address]
        self.process = subprocess.Popen([*command, *flags], stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read_lines, daemon=True)
        self.reader.start()
        try:
            self.urls = [self.wait_for_line(rf"^listening on (\S+)$", nth)[1]
                         for nth in range(len(listen))]
        except BaseException:
            self.__exit__()
            raise
        self.address = address_of(self.urls[0])
        self.url = self.urls[0].rstrip("/")

    def read_lines(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)  # the end
            self.changed.notify_all()

    def wait_for_line(self, pattern, nth=0):
        """The match of the nth matching line on standard error."""
        def matches():
            return [m for m in (re.search(pattern, line) for line in self.lines if line) if m]
        with self.changed:
            self.changed.wait_for(lambda: len(matches()) > nth or None in self.lines,
                                  DEADLINE_SECONDS)
            if len(matches()) <= nth:
                raise AssertionError(f"no line {pattern!r} on standard error: {self.lines}")
            return matches()[nth]

    def says(self, pattern):
        """Whether a matching line is there by now."""
        with self.changed:
            return any(re.search(pattern, line) for line in self.lines if line)

    def stop(self, signal_number=signal.SIGTERM):
        """Sends the signal; returns the exit code and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal_number)
        return self.process.wait(DEADLINE_SECONDS), time.monotonic() - began

    def resident_kilobytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()


def wait_until(holds, what):
    """What holds() returns when that is true: for figures that a server, or another of its shards,
    has a moment after what its clients see."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (value := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(what)
        threading.Event().wait(0.01)
    return value


def reserve_port(host="127.0.0.1"):
    """A socket bound to a port of that address. While it is open, the kernel assigns that port to
    no other program, but a server that sets SO_REUSEADDR, as servers do, can listen there (ip(7),
    socket(7))."""
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.bind((host, 0))
    return reservation


def address_of(url):
    """The argument for Connection(), from the URL that the server printed."""
    if url.startswith("unix:"):
        return url[len("unix:"):]
    host, port = re.fullmatch(r"https?://(.+):(\d+)/", url).groups()
    return (host, int(port))


def run_to_exit(*flags, restrict=(), backend=None):
    """Runs the binary where it must not serve; returns the exit code and the lines on stderr. Ports
    are opened before most of what may be wrong is looked at, so it gets one that is free."""
    listen = () if any("listen" in flag or flag.startswith("--port") for flag in flags) \
        else ("--listen", "127.0.0.1:0")
    result = subprocess.run([*command_line(restrict, backend), *flags, *listen],
                            capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    return result.returncode, result.stderr.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--backend", choices=["uring", "epoll"], required=True)
    parser.add_argument("--load", help="fanlight-load, for tests that need it")
    _, rest = parser.parse_known_args(namespace=options)
    # ctest kills a test that hangs; this prints where it hung before that.
    faulthandler.dump_traceback_later(270, exit=True)
    unittest.main(module="__main__", argv=[sys.argv[0], *rest], verbosity=2)
