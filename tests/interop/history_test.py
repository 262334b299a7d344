#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The last seconds again: snapshots, replays and clips, by real clients and players."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import fetch, is_whole_jpeg, open_stream  # noqa: E402

DEADLINE_SECONDS = 30
NOBODY = 65534


def run(*command):
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def camera_of(fanlight):
    state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
    return state["cameras"][0]


def wait_for_history(fanlight, key, least):
    """Until that figure of it is so large; asks again when there is a newer frame."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    stream = open_stream(fanlight.address, "/stream")
    with stream.connection:
        while camera_of(fanlight)[key] < least:
            if time.monotonic() > deadline:
                raise AssertionError(f"the history stays short: {camera_of(fanlight)}")
            stream.part()


class HistoryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--camera", "front=pattern,size=320x240,fps=10",
                                        "--history", "20s", "--history-memory", "32M",
                                        "--capture-idle", "1s")
        cls.addClassCleanup(cls.fanlight.__exit__)
        wait_for_history(cls.fanlight, "history_seconds", 5)

    def get(self, target, status=200):
        answer = fetch(self.fanlight.address, target)
        self.assertEqual(answer.status, status, answer.body[:200])
        return answer

    def time_of(self, target):
        return float(self.get(target).header("X-Timestamp"))

    def test_nobody_needs_to_watch(self):
        harness.wait_until(lambda: camera_of(self.fanlight)["viewers"] == 0, "viewers have left")
        camera = camera_of(self.fanlight)
        self.assertEqual(camera["watchers"], 1, "the history itself")
        self.assertFalse(camera["idle"])
        self.assertGreater(camera["history_frames"], 40)
        self.assertGreater(camera["history_bytes"], 0)
        self.assertEqual(camera["history_limit_bytes"], 32 << 20)
        self.assertEqual(camera["history_skipped"], 0)

    def test_a_snapshot_is_as_old_as_it_should_be(self):
        for target in ("/snapshot?at=-2.5s", "/cameras/front/snapshot?at=-2.5"):
            before = self.time_of("/snapshot")
            answer = self.get(target)
            after = time.time()
            self.assertTrue(is_whole_jpeg(answer.body))
            captured = float(answer.header("X-Timestamp"))
            # It is the newest frame of that time, of a camera that makes ten a second.
            self.assertLess(before - 4, captured)
            self.assertLessEqual(captured, after - 2.4)

    def test_a_replay_keeps_its_pace_and_becomes_live(self):
        began = time.monotonic()
        stream = open_stream(self.fanlight.address, "/stream?from=-3s")
        self.addCleanup(stream.connection.socket.close)
        newest = int(self.get("/snapshot").header("X-Sequence"))
        parts = [stream.part()]
        while parts[-1].sequence <= newest + 5:
            parts.append(stream.part())
            self.assertTrue(is_whole_jpeg(parts[-1].jpeg))
        self.assertGreater(time.monotonic() - began, 2)
        self.assertLess(parts[0].sequence, newest - 15)
        numbers = [part.sequence for part in parts]
        self.assertEqual(numbers, sorted(numbers))
        self.assertGreater(max(b - a for a, b in zip(numbers, numbers[1:])), 10, "one jump")

    def test_what_is_older_is_not_there(self):
        answer = self.get("/snapshot?at=-1000s", 404)
        self.assertRegex(answer.body.decode(), r"before the history, which reaches from -\d")
        self.get("/stream?from=-1000s", 404)
        self.get("/clip.mjpeg?from=-1000s", 404)
        for query in ("at=5s", "at=x", "at=-1s&at=-1s"):
            self.get(f"/snapshot?{query}", 400)
        self.get("/clip.mjpeg?from=-1s&to=-2s", 400)

    def test_players_open_a_clip(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, NOBODY, NOBODY)
            self.assertEqual(run("curl", "--silent", "--show-error", "--fail", "--remote-name",
                                 "--remote-header-name", "--output-dir", folder,
                                 f"{self.fanlight.url}/clip.mjpeg?from=-4s&to=-1s").returncode, 0)
            [path] = pathlib.Path(folder).iterdir()
            self.assertRegex(path.name, r"^front-\d{8}T\d{6}Z\.mjpeg$")
            clip = path.read_bytes()
            numbers = [int(number) for number in re.findall(rb"X-Sequence: (\d+)\r\n", clip)]
            self.assertEqual(numbers, list(range(numbers[0], numbers[-1] + 1)))
            self.assertGreater(len(numbers), 10)
            self.assertTrue(clip.endswith(b"\r\n--boundarydonotcross--\r\n"))
            for open_clip in (self.open_in_ffmpeg, self.open_in_gstreamer, self.open_in_vlc):
                with self.subTest(open_clip.__name__):
                    self.assertLessEqual(abs(open_clip(path, folder) - len(numbers)), 1)

    def open_in_ffmpeg(self, path, folder):
        """It complains about the line end behind the last delimiter, as of any stream that ends."""
        result = run("ffmpeg", "-nostdin", "-v", "fatal", "-r", "10", "-i", path, "-c:v", "mjpeg",
                     "-q:v", "3", f"{folder}/clip.avi")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        shown = run("ffprobe", "-v", "error", "-count_frames", "-show_entries",
                    "stream=codec_name,width,r_frame_rate,nb_read_frames", "-of", "csv=p=0",
                    f"{folder}/clip.avi")
        codec, width, rate, count = shown.stdout.decode().strip().rstrip(",").split(",")
        self.assertEqual((codec, width, rate), ("mjpeg", "320", "10/1"))
        return int(count)

    def open_in_gstreamer(self, path, folder):
        """Not by decodebin: that of 1.22 loses the end of short files now and then."""
        result = run("gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "multipartdemux",
                     "!", "jpegdec", "!", "videoconvert", "!", "video/x-raw,format=GRAY8", "!",
                     "filesink", f"location={folder}/raw")
        self.assertEqual(result.returncode, 0, result.stderr)
        return pathlib.Path(f"{folder}/raw").stat().st_size // (320 * 240)

    def open_in_vlc(self, path, folder):
        """It refuses to run as root."""
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        path.chmod(0o644)
        subprocess.run([*(command if os.geteuid() == 0 else []), "vlc", "-I", "dummy", "--quiet",
                        "--no-audio", "--sout", f"#std{{access=file,mux=mpjpeg,dst={folder}/vlc}}",
                        path, "vlc://quit"], env={**os.environ, "HOME": folder},
                       stderr=subprocess.DEVNULL, timeout=60, check=False)
        pictures = pathlib.Path(f"{folder}/vlc").read_bytes()
        return pictures.lower().count(b"content-type: image/jpeg")

    def test_metrics(self):
        text = self.get("/metrics").body.decode()
        self.assertRegex(text, r'fanlight_history_seconds\{camera="front"\} \d+\.\d{3}')
        self.assertRegex(text, r'fanlight_history_frames\{camera="front"\} [1-9]')
        self.assertRegex(text, r'fanlight_history_bytes\{camera="front"\} [1-9]')
        self.assertIn('fanlight_history_skipped_frames_total{camera="front"} 0', text)


class NoHistoryTest(unittest.TestCase):
    def test_without_the_flag_there_is_none(self):
        with harness.Fanlight("--source", "pattern", "--fps", "10") as fanlight:
            for target in ("/snapshot?at=0s", "/stream?from=0s", "/clip.mjpeg"):
                answer = fetch(fanlight.address, target)
                self.assertEqual(answer.status, 404)
                self.assertIn(b"no history", answer.body)

    def test_memory_limits_what_is_kept(self):
        with harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "640x480",
                              "--history", "60s", "--history-memory", "1M") as fanlight:
            wait_for_history(fanlight, "history_bytes", 900_000)
            stream = open_stream(fanlight.address, "/stream")
            with stream.connection:
                for _ in range(30):
                    stream.part()
                    self.assertLessEqual(camera_of(fanlight)["history_bytes"], 1 << 20)
                    self.assertEqual(fetch(fanlight.address, "/snapshot?at=0s").status, 200)


if __name__ == "__main__":
    harness.main()
