#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Smaller renditions of a camera: pinned, and chosen by what a line carries."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import harness
from client import fetch, jpeg_size, open_stream

# 1280x720 in rungs of 640x360 and 320x180; large enough that a slow reader shows.
CAMERA = ("--source", "pattern", "--size", "1280x720", "--fps", "10", "--quality", "95",
          "--ladder", "640x360@q70,320x180@q50")
SIZES = [(1280, 720), (640, 360), (320, 180)]


def camera_of(fanlight):
    return json.loads(fetch(fanlight.address, "/api/v1/state").body)["cameras"][0]


def viewers_of(fanlight):
    return [rung["viewers"] for rung in camera_of(fanlight)["rungs"]]


class Reader:
    """A stream that is read at a rate, bytes per second, with a small receive buffer. A context
    manager."""

    def __init__(self, address, target, rate):
        self.rate = rate
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
        self.socket.settimeout(harness.DEADLINE_SECONDS)
        self.socket.connect(address)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {address[0]}\r\n\r\n".encode())
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        due = time.monotonic()
        while not self.stopped.is_set():
            try:
                data = self.socket.recv(4096)
            except OSError:
                return
            if not data:
                return
            due = max(due, time.monotonic() - 0.2) + len(data) / self.rate
            if due > time.monotonic():
                self.stopped.wait(due - time.monotonic())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.socket.close()
        self.thread.join()


class LadderTest(unittest.TestCase):
    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it never came to that")

    def test_each_rung_has_its_size(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            for rung, size in enumerate(SIZES):
                for query in (f"rung={rung}", f"size={size[0]}x{size[1]}"):
                    answer = fetch(fanlight.address, f"/snapshot?{query}")
                    self.assertEqual((answer.status, jpeg_size(answer.body)), (200, size))
                    stream = open_stream(fanlight.address, f"/stream?{query}")
                    with stream.connection:
                        parts = stream.parts(3)
                    self.assertEqual({jpeg_size(part.jpeg) for part in parts}, {size})
                    self.assertEqual([part.slate for part in parts], [""] * 3)

    def test_players_find_the_sizes(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            for rung, (width, height) in enumerate(SIZES):
                probe = subprocess.run(
                    ["ffprobe", "-v", "error", "-f", "mpjpeg", "-show_entries",
                     "stream=width,height", "-of", "csv=p=0",
                     f"{fanlight.url}/stream?rung={rung}"],
                    capture_output=True, text=True, timeout=harness.DEADLINE_SECONDS, check=True)
                self.assertEqual(probe.stdout.split("\n")[0], f"{width},{height}")

    def test_rungs_have_the_same_numbers_and_times(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            streams = [open_stream(fanlight.address, f"/stream?rung={rung}") for rung in range(3)]
            times = [{} for _ in streams]
            while len(common := set.intersection(*map(set, times))) < 5:
                self.assertLess(len(times[0]), 300)
                for stream, known in zip(streams, times):
                    known.update((part.sequence, part.timestamp) for part in stream.parts(5))
            for stream in streams:
                stream.connection.socket.close()
            for number in common:
                self.assertEqual({known[number] for known in times}, {times[0][number]})

    def test_nothing_is_encoded_for_rungs_that_nobody_watches(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            stream = open_stream(fanlight.address, "/stream")
            with stream.connection:
                while len({part.sequence for part in stream.parts(10)}) < 10:
                    pass  # the first one may come again if there is no other for two seconds
            top, *lower = camera_of(fanlight)["rungs"]
            self.assertGreaterEqual(top["encoded"], 10)
            self.assertEqual([rung["encoded"] for rung in lower], [0, 0])
            self.assertEqual([rung["encode_seconds"] for rung in lower], [0, 0])

    def test_a_camera_with_jpegs_of_its_own(self):
        """Here another server, whose pictures are decoded in a smaller size."""
        with harness.Fanlight("--source", "pattern", "--size", "640x480", "--fps", "10") as origin:
            source = ("--source", origin.url + "/stream", "--ladder", "auto")
            with harness.Fanlight(*source) as relay:
                self.wait_for(lambda: camera_of(relay)["state"] == "live")
                stream = open_stream(relay.address, "/stream?rung=1")
                with stream.connection:
                    parts = stream.parts(5)
                self.assertEqual({jpeg_size(part.jpeg) for part in parts}, {(320, 240)})

    def test_slates_are_in_every_rung(self):
        with tempfile.TemporaryDirectory() as folder:
            with harness.Fanlight("--source", f"latest:{folder}", "--ladder",
                                  "640x360@q60") as fanlight:
                stream = open_stream(fanlight.address, "/stream?rung=1")
                with stream.connection:
                    part, = stream.parts(1)
                self.assertTrue(part.slate)

    def test_a_rung_that_there_is_not(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            for target in ("/stream", "/snapshot"):
                answer = fetch(fanlight.address, f"{target}?rung=3")
                self.assertEqual(answer.status, 404)
                self.assertIn(b"0: 1280x720, 1: 640x360, 2: 320x180", answer.body)
                self.assertEqual(fetch(fanlight.address, f"{target}?size=100x100").status, 404)
                self.assertEqual(fetch(fanlight.address, f"{target}?size=1x").status, 400)
            larger = fetch(fanlight.address, "/snapshot?size=9999x9999")
            self.assertEqual(jpeg_size(larger.body), (1280, 720))

    def test_ladders_that_enlarge_are_refused(self):
        camera = ("--source", "pattern", "--size", "640x360", "--ladder")
        code, lines = harness.run_to_exit(*camera, "1280x720@q80,640x360@q60")
        self.assertEqual(code, 64)
        self.assertIn("'1280x720@q80': larger than the pictures, which are 640x360", lines[-1])
        with tempfile.TemporaryDirectory() as folder:  # whose pictures are not known
            code, lines = harness.run_to_exit("--source", f"latest:{folder}", "--ladder",
                                              "16384x16384")
            self.assertEqual(code, 64)
            self.assertIn("of address space", lines[-1])
        for text in ("320x180,640x360", "1280", "640x360@q101", "on"):
            self.assertEqual(harness.run_to_exit(*camera, text)[0], 64, text)

    def test_a_thin_line_goes_down_and_a_fast_one_stays(self):
        with harness.Fanlight(*CAMERA) as fanlight:
            three = 3 * len(fetch(fanlight.address, "/snapshot").body)  # of 10 pictures a second
            with Reader(fanlight.address, "/stream", 1e9), \
                    Reader(fanlight.address, "/stream?rung=0", three), \
                    Reader(fanlight.address, "/stream", three):
                self.wait_for(lambda: viewers_of(fanlight)[0] == 3)
                self.wait_for(lambda: viewers_of(fanlight)[0] == 2)
                # Longer than the other two would need to move.
                stream = open_stream(fanlight.address, "/stream?rung=0&frames=50")
                with stream.connection:
                    stream.parts(50)
                self.wait_for(lambda: viewers_of(fanlight)[0] == 2)
                state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
                self.assertGreaterEqual(state["cameras"][0]["rung_moves"], 1)
                self.assertEqual(sorted(viewer["rung"] > 0 for viewer in state["viewers"]),
                                 [False, False, True])


class BusyProcessor:
    """More than a hundredth of the machine's processors is in use. A context manager."""

    def __enter__(self):
        self.programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                         for _ in range(1 + os.cpu_count() // 50)]

    def __exit__(self, *_):
        for program in self.programs:
            program.kill()
            program.wait()


class ReliefTest(unittest.TestCase):
    def test_a_busy_processor_has_no_time_for_rungs(self):
        with BusyProcessor(), harness.Fanlight(*CAMERA, "--max-cpu", "1%") as fanlight:
            stream = open_stream(fanlight.address, "/stream?rung=1")
            with stream.connection:
                self.assertEqual(jpeg_size(stream.parts(1)[0].jpeg), SIZES[1])
                fanlight.wait_for_line("in use.*giving up smaller pictures")
                end = time.monotonic() + harness.DEADLINE_SECONDS
                while jpeg_size(stream.parts(1)[0].jpeg) != SIZES[0]:
                    self.assertLess(time.monotonic(), end, "nothing is given up")
            state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
            self.assertGreaterEqual(state["relief"]["level"], 1)
            self.assertGreater(state["relief"]["cpu_share"], 0.01)
            self.assertEqual([rung["withheld"] for rung in state["cameras"][0]["rungs"]][:2],
                             [False, True])

    def test_invalid_limits_are_refused(self):
        for text in ("80", "0%", "101%", "much"):
            self.assertEqual(harness.run_to_exit("--source", "pattern", "--max-cpu", text)[0], 64)


if __name__ == "__main__":
    harness.main()
