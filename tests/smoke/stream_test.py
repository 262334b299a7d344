#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stream, byte for byte."""
import queue
import time
import unittest

import harness
from client import Connection, fetch, jpeg_size, open_stream
from pictures import make_pictures
from upstream import Upstream, one_by_one

IMAGE = "Accept: image/avif,image/webp,image/apng,image/*,*/*;q=0.8"  # an <img>
ANYTHING = "Accept: */*"  # fetch(), ffmpeg, dashboards


class PatternTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "320x240",
                                        "--cors-origin", "https://dashboard.example")
        cls.addClassCleanup(cls.fanlight.__exit__)

    def stream(self, target, *headers, **form):
        stream = open_stream(self.fanlight.address, target, *headers, **form)
        self.addCleanup(stream.connection.socket.close)
        return stream

    def test_response_head(self):
        head = self.stream("/stream", ANYTHING).head
        self.assertEqual((head.version, head.status, head.reason), ("HTTP/1.1", 200, "OK"))
        del head.headers["date"]
        self.assertEqual(head.headers, {
            "content-type": "multipart/x-mixed-replace; boundary=boundarydonotcross",
            "cache-control": "no-store, no-cache, must-revalidate, max-age=0",
            "pragma": "no-cache", "x-accel-buffering": "no", "connection": "close",
            "access-control-allow-origin": "https://dashboard.example",
            "access-control-allow-credentials": "true", "vary": "Origin",
            "access-control-expose-headers": "X-Timestamp, X-Sequence, X-Slate, ETag"})

    def test_http_1_0_is_answered_with_http_1_0(self):
        with Connection(self.fanlight.address) as connection:
            connection.send("GET /stream?frames=1 HTTP/1.0\r\n\r\n")
            answer = connection.read_to_end()
        self.assertTrue(answer.startswith(b"HTTP/1.0 200 OK\r\n"), answer[:40])

    def test_every_address_of_the_stream(self):
        for target in ("/stream", "/stream.mjpg", "/stream.mjpeg", "/?action=stream",
                       "/?action=stream_0", "/?action=stream?x=1", "/?action=stream&x=1",
                       "/stream?timestamp=1&unknown"):
            with self.subTest(target):
                self.stream(target).part()
        self.stream("/video_feed", boundary="frame").part()

    def test_plain_form(self):
        for target, boundary in (("/stream", "boundarydonotcross"), ("/video_feed", "frame")):
            parts = self.stream(target, ANYTHING, boundary=boundary).parts(30)
            for before, after in zip(parts, parts[1:]):
                self.assertGreaterEqual(after.sequence, before.sequence)
                self.assertGreaterEqual(after.timestamp, before.timestamp)
                if after.sequence == before.sequence:
                    self.assertEqual(after.raw, before.raw)
            self.assertLess(abs(parts[-1].timestamp - time.time()), 60)
            self.assertEqual({jpeg_size(part.jpeg) for part in parts}, {(320, 240)})
            self.assertEqual({part.slate for part in parts}, {""})

    def test_advance_form_for_an_img_and_on_demand(self):
        for target, boundary in (("/stream", "boundarydonotcross"), ("/video_feed", "frame")):
            self.stream(target, IMAGE, boundary=boundary, advance=True).parts(10)
            self.stream(f"{target}?advance_headers=1", ANYTHING, boundary=boundary,
                        advance=True).parts(10)

    def test_plain_form_for_all_others_and_on_demand(self):
        self.stream("/stream?advance_headers=0", IMAGE).parts(3)
        self.stream("/stream", "Accept: text/html,image/*").parts(3)
        self.stream("/stream").parts(3)  # without an Accept field

    def test_frames_end_with_the_closing_delimiter_and_fin(self):
        for target, form in (("/stream?", {}), ("/video_feed?", {"boundary": "frame"}),
                             ("/stream?advance_headers=1&", {"advance": True}),
                             ("/video_feed?advance_headers=1&",
                              {"boundary": "frame", "advance": True})):
            for count in (1, 4):
                with self.subTest(target, count=count):
                    stream = self.stream(f"{target}frames={count}", **form)
                    stream.parts(count - 1)
                    self.assertFalse(stream.ended)
                    stream.part()
                    self.assertTrue(stream.ended)
                    stream.connection.expect_end()

    def test_fps_limits_the_rate(self):
        parts = self.stream("/stream?fps=5").parts(6)
        # Without the cap the five intervals of a 30 fps camera are 0.17 s; with it, nominally 1 s.
        self.assertGreater(parts[-1].timestamp - parts[0].timestamp, 0.75)
        self.stream("/stream?fps=0.5").part()

    def test_data_from_a_viewer_is_ignored(self):
        stream = self.stream("/stream")
        stream.part()
        stream.connection.send(b"GET / HTTP/1.1\r\n\r\n" * 1000)
        stream.parts(20)

    def test_snapshot_and_stream_deliver_the_same_frames(self):
        """The stream may skip a frame that a snapshot has shown, so it takes several of them."""
        stream = self.stream("/stream")
        streamed, snapshots = {}, {}
        while not streamed.keys() & snapshots.keys():
            self.assertLess(len(streamed), 600)
            snapshot = fetch(self.fanlight.address, "/snapshot")
            snapshots[int(snapshot.header("X-Sequence"))] = snapshot.body
            for part in stream.parts(5):
                streamed[part.sequence] = part.jpeg
        for sequence in streamed.keys() & snapshots.keys():
            self.assertEqual(streamed[sequence], snapshots[sequence])


class SlowCameraTest(unittest.TestCase):
    """A camera that delivers its next picture when the test supplies one."""

    def test_a_new_viewer_gets_the_newest_frame_and_then_repeats_of_it(self):
        _, pictures = make_pictures(type(self), size="320x240")
        shown = queue.SimpleQueue()
        shown.put(pictures[0])
        self.addCleanup(shown.put, None)
        with Upstream(one_by_one(shown)) as camera, \
                harness.Fanlight("--source", camera.url(),
                                 "--camera-stall-timeout", "60s") as fanlight:
            newest = fetch(fanlight.address, "/snapshot")
            stream = open_stream(fanlight.address, "/stream")
            with stream.connection:
                first, again = stream.parts(2)
                shown.put(pictures[1])
                while (following := stream.part()).raw == first.raw:
                    pass
        self.assertEqual(first.sequence, int(newest.header("X-Sequence")))
        self.assertTrue(first.jpeg == newest.body == pictures[0])
        # No viewer waits longer than 2 s for a byte: the picture is repeated before the next one.
        self.assertTrue(again.raw == first.raw)
        self.assertEqual(following.sequence, first.sequence + 1)
        self.assertTrue(following.jpeg == pictures[1])


class FilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.pictures = make_pictures(cls, size="320x240")
        # Between the good ones: a file that is no JPEG, and a truncated JPEG.
        (cls.folder / "02a.jpg").write_bytes(b"this is no picture")
        (cls.folder / "03a.jpg").write_bytes(cls.pictures[3][:-100])
        (cls.folder / "03b.jpg").write_bytes(b"")
        (cls.folder / "notes.txt").write_text("not meant to be shown")
        cls.fanlight = harness.Fanlight("--source", f"files:{cls.folder}", "--fps", "20")
        cls.addClassCleanup(cls.fanlight.__exit__)

    def test_pictures_are_sent_byte_for_byte_in_the_order_of_their_names(self):
        stream = open_stream(self.fanlight.address, "/stream")
        with stream.connection:
            parts = stream.parts(12)
        numbers = [self.pictures.index(part.jpeg) for part in parts]
        for before, after in zip(zip(parts, numbers), zip(parts[1:], numbers[1:])):
            step = after[0].sequence - before[0].sequence  # frames that this viewer skipped
            self.assertEqual(after[1], (before[1] + step) % 5, numbers)

    def test_invalid_files_are_logged_in_one_line_each(self):
        for name in ("02a.jpg", "03a.jpg", "03b.jpg"):
            self.fanlight.wait_for_line(name.replace(".", r"\."))


if __name__ == "__main__":
    harness.main()
