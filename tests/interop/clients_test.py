#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Players and libraries that people use for streams: each reads ten pictures.

(curl and ffmpeg are in tests/smoke, Chromium and Firefox in tests/browser.)
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402

TARGETS = ("/stream", "/video_feed", "/?action=stream")
SECONDS = 60
NOBODY = 65534

OPENCV = """
import cv2, sys
capture = cv2.VideoCapture(sys.argv[1], getattr(cv2, sys.argv[2]))
pictures = [capture.read() for _ in range(10)] if capture.isOpened() else []
sizes = {picture.shape for ok, picture in pictures if ok}
sys.exit(0 if sizes == {(480, 640, 3)} and all(ok for ok, _ in pictures) else 1)
"""


def run(*command, **options):
    return subprocess.run(command, capture_output=True, timeout=SECONDS, **options)


class ClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "640x480")
        cls.addClassCleanup(cls.fanlight.__exit__)

    def for_each_target(self, read):
        for target in TARGETS:
            with self.subTest(target):
                done = read(self.fanlight.url + target)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_opencv(self):
        environment = {**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rw_timeout;5000000"}
        self.for_each_target(lambda url: run("/usr/bin/python3", "-c", OPENCV, url, "CAP_FFMPEG",
                                             env=environment))

    def test_gstreamer(self):
        self.for_each_target(lambda url: run(
            "gst-launch-1.0", "-q", "souphttpsrc", f"location={url}", "timeout=5", "is-live=true",
            "!", "multipartdemux", "single-stream=true", "!", "image/jpeg", "!", "jpegdec",
            "!", "identity", "eos-after=10", "!", "fakesink", "sync=false"))

    def test_wget(self):
        def read(url):
            limited = url + ("&" if "?" in url else "?") + "frames=10"
            return run("wget", "--quiet", "--tries=1", "--timeout=10", "-O", "-", limited)
        self.for_each_target(read)
        pictures = read(f"{self.fanlight.url}/stream").stdout
        self.assertEqual(pictures.count(b"Content-Type: image/jpeg"), 10)

    def test_vlc(self):
        """It does not end by itself, and refuses to run as root; its output is what counts."""
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, NOBODY, NOBODY)
            output = f"{folder}/out.bin"
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            player = subprocess.Popen(
                [*(command if os.geteuid() == 0 else []), "vlc", "-I", "dummy", "--quiet",
                 "--no-audio", f"{self.fanlight.url}/stream", "--sout",
                 f"#std{{access=file,mux=mpjpeg,dst={output}}}", "vlc://quit"],
                env={**os.environ, "HOME": folder}, stderr=subprocess.DEVNULL)
            try:
                self.wait_for_pictures(player, pathlib.Path(output))
            finally:
                player.kill()
                player.wait()

    def wait_for_pictures(self, player, output):
        pictures = 0
        for _ in range(SECONDS * 10):
            if output.exists():
                pictures = output.read_bytes().lower().count(b"content-type: image/jpeg")
            if pictures >= 10:
                return
            try:
                player.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                pass
        self.fail(f"VLC wrote {pictures} pictures")


if __name__ == "__main__":
    harness.main()
