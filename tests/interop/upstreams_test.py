#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Third-party servers as upstreams of a relay: their pictures arrive without a slate, and again
after the server was restarted.

(ustreamer is in tests/bench, servers that are scripts are in tests/smoke/relay_test.py.)
"""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import is_whole_jpeg, jpeg_size, open_stream  # noqa: E402

NOBODY = 65534
SIZE = (320, 240)
PARTS_MAX = 400  # until the pictures are back: slates, and pictures from before the restart
FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error"]
TEST_CARD = ["-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=20"]


def ffmpeg(form):
    """It serves one client and then exits, so it is restarted each time."""
    def command(port, _):
        serve = [*FFMPEG, "-re", *TEST_CARD, "-c:v", "mjpeg", "-q:v", "3", "-f", form,
                 "-listen", "1", f"http://127.0.0.1:{port}/"]
        return ["sh", "-c", 'while :; do "$@"; done', "sh", *serve]
    return command


def gstreamer(port, _):
    """It sends no HTTP, only parts."""
    return ["gst-launch-1.0", "-q", "videotestsrc", "is-live=true", "pattern=ball", "!",
            f"video/x-raw,width={SIZE[0]},height={SIZE[1]},framerate=20/1", "!", "jpegenc", "!",
            "multipartmux", "!", "tcpserversink", "host=127.0.0.1", f"port={port}"]


def vlc(port, folder):
    """It refuses to run as root."""
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*(become if os.geteuid() == 0 else []), "env", f"HOME={folder}", "vlc", "-I", "dummy",
            "--quiet", "--no-audio", "--loop", f"{folder}/card.avi", "--sout",
            f"#std{{access=http,mux=mpjpeg,dst=127.0.0.1:{port}/}}"]


class UpstreamsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        subprocess.run([*FFMPEG, *TEST_CARD, "-t", "60", "-c:v", "mjpeg", "-q:v", "3",
                        f"{cls.folder}/card.avi"], check=True, timeout=60)
        for path in (cls.folder, f"{cls.folder}/card.avi"):
            if os.geteuid() == 0:
                os.chown(path, NOBODY, NOBODY)

    @contextlib.contextmanager
    def serving(self, command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        try:
            yield
        finally:
            os.killpg(process.pid, 9)
            process.wait()

    def pictures(self, stream, count):
        """The next pictures; skips slates before the first one, and allows none after it."""
        parts = []
        for _ in range(PARTS_MAX):
            part = stream.part()
            if part.slate and not parts:
                continue
            self.assertEqual(part.slate, "")
            if not parts or part.sequence != parts[-1].sequence:
                parts.append(part)
            if len(parts) == count:
                return parts
        raise AssertionError(f"received {len(parts)} pictures")

    def relay(self, program):
        reservation = harness.reserve_port()  # none of these programs chooses one by itself
        self.addCleanup(reservation.close)
        port = reservation.getsockname()[1]
        command = program(port, self.folder)
        with harness.Fanlight("--source", f"http://127.0.0.1:{port}/") as relay:
            stream = open_stream(relay.address, "/stream")
            with stream.connection:
                for _ in range(2):
                    with self.serving(command):
                        parts = self.pictures(stream, 40)
                        for part in parts:
                            self.assertTrue(is_whole_jpeg(part.jpeg))
                            self.assertEqual(jpeg_size(part.jpeg), SIZE)
                        self.assertGreater(len({part.jpeg for part in parts}), 30)
                    # The relay shows the last picture for a while, then a slate.
                    self.assertTrue(any(stream.part().slate for _ in range(PARTS_MAX)))

    def test_ffmpeg_with_parts(self):
        self.relay(ffmpeg("mpjpeg"))

    def test_ffmpeg_with_bare_jpegs(self):
        self.relay(ffmpeg("mjpeg"))

    def test_gstreamer(self):
        self.relay(gstreamer)

    def test_vlc(self):
        self.relay(vlc)


if __name__ == "__main__":
    harness.main()
