#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bare server sends Fanlight's bytes, whichever way it sends them.

    floor_test.py --floor FLOOR --fanlight FANLIGHT [unittest's arguments]
"""
import argparse
import contextlib
import faulthandler
import pathlib
import re
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "smoke"))
import harness  # noqa: E402
from client import Connection, Stream, set_receive_buffer  # noqa: E402
from pictures import make_pictures  # noqa: E402

DEADLINE_SECONDS = 20
WAYS = {
    "send": ["--method", "send"],
    "sendfile": ["--method", "sendfile"],
    "uring": ["--method", "uring"],
    "uring, direct": ["--method", "uring", "--direct"],
    "uring, no waitall": ["--method", "uring", "--waitall", "off"],
    "uring, bundle": ["--method", "uring", "--bundle", "--direct"],
    "uring, zero-copy": ["--method", "uring", "--zero-copy"],
    "uring, zero-copy, registered": ["--method", "uring", "--zero-copy", "--registered",
                                     "--direct", "--waitall", "off"],
}
# Older kernels return EINVAL for unknown requests. SEND_ZC exists since Linux 6.0 and its report
# since 6.2, bundles since 6.10.
NEEDS = {"bundle": (6, 10), "zero-copy": (6, 2)}

options = argparse.Namespace()


class Floor:
    """One run of the bare server. A context manager: leaving it ends the process."""

    def __init__(self, *flags):
        self.process = subprocess.Popen([options.floor, *flags], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+/)\n", line)
        if not match:
            self.__exit__()
            raise AssertionError(f"unexpected: {line}")
        self.address = harness.address_of(match[1])
        self.congestion = re.fullmatch(r"congestion control (\w+)\n",
                                       self.process.stderr.readline())[1]

    def stop(self):
        """The figures that it prints when it ends."""
        self.process.terminate()
        _, text = self.process.communicate(timeout=DEADLINE_SECONDS)
        assert self.process.returncode == 0, text
        return [tuple(map(int, line)) for line in
                re.findall(r"^frames (\d+) of (\d+), copied (\d+)$", text, re.MULTILINE)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def kernel():
    with open("/proc/sys/kernel/osrelease") as file:
        return tuple(map(int, re.match(r"(\d+)\.(\d+)", file.read()).groups()))


def is_supported(way):
    return kernel() >= max((NEEDS[word] for word in NEEDS if word in way), default=(0, 0))


class FloorCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.pictures = make_pictures(cls)

    def start(self, *flags):
        floor = Floor(*flags, "--frames", str(self.folder))
        self.addCleanup(floor.__exit__)
        return floor

    def open_stream(self, floor, stack=None, receive_buffer=0):
        viewer = socket.socket()
        if stack:
            stack.enter_context(contextlib.closing(viewer))
        else:
            self.addCleanup(viewer.close)
        if receive_buffer:
            set_receive_buffer(viewer, receive_buffer)
        viewer.settimeout(DEADLINE_SECONDS)
        viewer.connect(floor.address)
        connection = Connection.__new__(Connection)
        connection.socket, connection.pending = viewer, b""
        connection.get("/stream")
        return Stream(connection)

    def check(self, parts):
        """Each part has the picture that belongs to its number, and the numbers increase."""
        numbers = [part.sequence for part in parts]
        self.assertEqual(numbers, sorted(set(numbers)))
        for part in parts:
            self.assertTrue(part.jpeg == self.pictures[(part.sequence - 1) % 5],
                            f"part {part.sequence} has the wrong picture")
        return numbers


class EveryWay:
    """Tests that apply to each of the WAYS."""

    def test_viewers_get_complete_pictures(self):
        floor = self.start(*WAYS[self.way], "--fps", "max")
        streams = [self.open_stream(floor) for _ in range(3)]
        for stream in streams:
            self.check(stream.parts(20))

    # The slow viewer's frame does not change, while other frames are written and released.
    def test_a_slow_viewer_gets_complete_frames_and_then_a_newer_one(self):
        floor = self.start(*WAYS[self.way], "--fps", "max")
        slow = self.open_stream(floor, receive_buffer=16384)
        first = slow.part()
        newest = self.check(self.open_stream(floor).parts(300))[-1]
        numbers = self.check([first, *slow.parts(4)])
        self.assertGreaterEqual(numbers[-1], newest)

    def test_viewers_that_leave_hold_no_frames(self):
        floor = self.start(*WAYS[self.way], "--fps", "max")
        for _ in range(3):
            with contextlib.ExitStack() as stack:
                # Half of them leave in the middle of a frame, which does not fit into their
                # window. The others have large windows: with a small one, a frame may take
                # longer than we wait.
                for _ in range(10):
                    self.open_stream(floor, stack, 16384)
                readers = [self.open_stream(floor, stack) for _ in range(10)]
                for reader in readers:
                    reader.part()
        self.check(self.open_stream(floor).parts(300))
        [(sent, made, copied)] = floor.stop()
        self.assertGreater(sent, 300)
        self.assertGreaterEqual(made, 300)
        self.assertEqual(copied > 0, "zero-copy" in self.way, "loopback always copies")


def load_tests(loader, tests, _):
    for way in filter(is_supported, WAYS):
        case = type(f"EveryWay({way})", (EveryWay, FloorCase), {"way": way})
        tests.addTests(loader.loadTestsFromTestCase(case))
    return tests


class FloorTest(FloorCase):
    def test_frames_are_paced(self):
        for method in ("send", "sendfile", "uring"):
            with self.subTest(method):
                began = time.time()
                parts = self.open_stream(self.start("--method", method, "--fps", "100")).parts(6)
                self.check(parts)
                for part in parts:
                    # At whole intervals from the first: possibly late, never early.
                    self.assertGreaterEqual(part.timestamp - began, 0.01 * (part.sequence - 1))

    def test_two_processes_share_the_port(self):
        floor = self.start("--method", "uring", "--processes", "2", "--fps", "max")
        for _ in range(40):
            self.open_stream(floor).part()
        figures = floor.stop()
        self.assertEqual(len(figures), 2)
        for sent, _, _ in figures:
            self.assertGreater(sent, 0)

    def test_the_head_matches_fanlights(self):
        def head(address):
            with Connection(address) as connection:
                connection.get("/stream")
                text = connection.read_until(b"--boundarydonotcross\r\n")
            return re.sub(rb"(?m)^Date: .*$", b"Date:", text)

        harness.options = argparse.Namespace(binary=options.fanlight, backend="epoll")
        with harness.Fanlight("--source", f"files:{self.folder}") as fanlight, \
                self.start() as floor:
            self.assertEqual(head(floor.address), head(fanlight.address))

    def test_the_congestion_control_is_set(self):
        for name in ("reno", ""):
            flags = ["--congestion", name] if name else []
            default = pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text()
            self.assertEqual(self.start(*flags).congestion, name or default.strip())

    def test_invalid_arguments_are_refused(self):
        for code, flags in ((64, []), (64, ["--frames", "x", "--fps", "0"]),
                            (66, ["--frames", "/nonexistent"]),
                            (71, ["--frames", str(self.folder), "--congestion", "none"])):
            result = subprocess.run([options.floor, *flags], capture_output=True, text=True,
                                    timeout=DEADLINE_SECONDS)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (code, 1), result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--floor", required=True)
    parser.add_argument("--fanlight", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    faulthandler.dump_traceback_later(270, exit=True)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
