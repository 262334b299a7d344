#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fanlight relays ustreamer, which plays bench's fake camera.

    relay_peers_test.py --fake-camera LIBRARY --fanlight BINARY [unittest's arguments]
"""
import argparse
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/smoke"))
import harness  # noqa: E402
from client import fetch, open_stream  # noqa: E402

options = argparse.Namespace()


class RelayPeersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        subprocess.run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-f", "lavfi",
                        "-i", "testsrc2=size=640x480:rate=5", "-frames:v", "5", "-q:v", "3",
                        str(cls.folder / "%d.jpg")], check=True, timeout=60)
        cls.pictures = [path.read_bytes() for path in sorted(cls.folder.iterdir())]

    def start_ustreamer(self, *flags, pictures=None, fps=50):
        with socket.create_server(("127.0.0.1", 0)) as listener:  # ustreamer cannot choose a port
            port = listener.getsockname()[1]
        process = subprocess.Popen(
            ["ustreamer", "--device", "/dev/video-fake", "--format", "MJPEG", "--encoder", "HW",
             "--host", "127.0.0.1", "--port", str(port), "--user", "admin", "--passwd", "s3cret",
             *flags],
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LD_PRELOAD": options.fake_camera,
                 "FAKE_CAMERA_DIR": str(pictures or self.folder), "FAKE_CAMERA_FPS": str(fps)})

        def end():
            process.kill()
            process.communicate()
        self.addCleanup(end)
        for line in process.stderr:
            if re.search(r"Capturing \.\.\.", line):
                return port
        raise AssertionError("ustreamer did not start")

    def test_a_relay_of_ustreamer_shows_its_pictures_byte_for_byte(self):
        port = self.start_ustreamer()
        url = f"http://admin:s3cret@127.0.0.1:{port}"
        for path in ("/stream", "/stream?advance_headers=1", "/snapshot"):
            with self.subTest(path), harness.Fanlight("--source", url + path, "--fps", "30",
                                                      backend="epoll") as relay:
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    seen = set()
                    # Until the camera's first picture, ustreamer sends its own: NO SIGNAL.
                    while len(seen & set(self.pictures)) < len(self.pictures):
                        part = stream.part()
                        self.assertEqual(part.slate, "")
                        seen.add(part.jpeg)
                self.assertLessEqual(len(seen - set(self.pictures)), 1)
                self.assertIn(fetch(relay.address, "/snapshot").body, self.pictures)

    def test_a_camera_with_a_static_picture_is_not_lost(self):
        """All pictures are the same, and ustreamer sends one every four seconds: longer than a
        camera may be silent."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "1.jpg").write_bytes(self.pictures[0])
            port = self.start_ustreamer("--drop-same-frames", "120", pictures=folder, fps=30)
            url = f"http://admin:s3cret@127.0.0.1:{port}/stream"
            with harness.Fanlight("--source", url, backend="epoll") as relay:
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    sequences = set()
                    while len(sequences) < 3:
                        part = stream.part()
                        self.assertEqual(part.slate, "")
                        if part.jpeg == self.pictures[0]:
                            sequences.add(part.sequence)
                self.assertFalse([line for line in relay.lines if line and "lost" in line])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--fake-camera", required=True)
    parser.add_argument("--fanlight", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    harness.options.binary = options.fanlight
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
