#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The servers that Fanlight is compared with play the same pictures, byte for byte.

    peers_test.py --fake-camera LIBRARY [unittest's arguments]
"""
import argparse
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/smoke"))
from client import Connection, Stream, fetch  # noqa: E402
from pictures import make_pictures  # noqa: E402

SEED = ROOT / "bench/seed/app.py"
DEADLINE_SECONDS = 20

options = argparse.Namespace()


class PeersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.pictures = make_pictures(cls)

    def start(self, command, **environment):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, **environment})

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def wait_for(self, process, pattern):
        """Standard error up to the line that matches. Bounded by the test's time limit."""
        seen = []
        for line in process.stderr:
            seen.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"{pattern!r} was not printed: {seen}")

    def check(self, pictures):
        """Each picture is one of ours, and the camera shows all of them."""
        numbers = [self.pictures.index(picture) for picture in pictures]
        self.assertEqual(set(numbers), set(range(5)), numbers)

    def test_ustreamer_plays_the_fake_camera(self):
        listener = socket.create_server(("127.0.0.1", 0))  # ustreamer cannot choose a port
        port = listener.getsockname()[1]
        listener.close()
        process = self.start(
            ["ustreamer", "--device", "/dev/video-fake", "--format", "MJPEG", "--encoder", "HW",
             "--host", "127.0.0.1", "--port", str(port)],
            LD_PRELOAD=options.fake_camera, FAKE_CAMERA_DIR=str(self.folder),
            FAKE_CAMERA_FPS="50")
        self.wait_for(process, r"Capturing \.\.\.")
        with Connection(("127.0.0.1", port)) as connection:
            connection.get("/stream")
            connection.read_until(b"\r\n\r\n")
            pictures = []
            while len(pictures) < 40:
                head = connection.read_until(b"\r\n\r\n")
                length = int(re.search(rb"Content-Length: (\d+)", head)[1])
                pictures.append(connection.read_exactly(length))
        # Until the camera's first picture, ustreamer sends its own, NO SIGNAL.
        ours = [picture for picture in pictures if picture in self.pictures]
        self.assertGreater(len(ours), 30)
        self.check(ours)
        self.assertIn(fetch(("127.0.0.1", port), "/snapshot").body, self.pictures)
        # With the library the program can end as it does with a real camera.
        process.send_signal(signal.SIGTERM)
        _, text = process.communicate(timeout=DEADLINE_SECONDS)
        self.assertIn("Bye-bye", text)
        self.assertEqual(process.returncode, 0)

    def test_without_pictures_the_fake_camera_does_not_exist(self):
        process = self.start(["cat", "/dev/video-fake"], LD_PRELOAD=options.fake_camera,
                             FAKE_CAMERA_DIR="/nonexistent", LC_ALL="C")
        self.wait_for(process, "/dev/video-fake: No such device")

    def test_the_seed_streams_the_pictures(self):
        process = self.start([str(SEED), "--frames", str(self.folder), "--fps", "50"])
        port = int(self.wait_for(process, r"listening on http://127\.0\.0\.1:(\d+)/")[1])
        with Connection(("127.0.0.1", port)) as connection:
            connection.get("/video_feed", version="1.0")
            stream = Stream.__new__(Stream)
            stream.head = connection.response_head()
            self.assertEqual(stream.head.header("Content-Type"),
                             "multipart/x-mixed-replace; boundary=frame")
            connection.expect_bytes(b"--frame\r\n")
            pictures = []
            for _ in range(40):
                connection.expect_bytes(b"Content-Type: image/jpeg\r\n\r\n")
                end = b"\r\n--frame\r\n"
                pictures.append(connection.read_until(end)[:-len(end)])
        self.check(pictures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fake-camera", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
