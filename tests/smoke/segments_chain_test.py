#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Relays of updates under stress: each segment that the last one serves is, byte for byte, of a
frame of the first camera that is not older than --refresh, whatever happens in between."""
import contextlib
import json
import socket
import threading
import unittest

import harness
from client import fetch, jpeg_size, open_stream, wait_for_picture
from pictures import make_noisy_pictures
from segments_relay_test import camera_of, relay_of
from upstream import Upstream

FPS = 10
REFRESH_SECONDS = 2
PICTURES = 4 * REFRESH_SECONDS * FPS  # in which no bytes recur


def segments_of(jpeg):
    """The entropy-coded bytes of each segment (docs/api.md)."""
    end, marker = 2, None
    while marker != 0xda:
        marker = jpeg[end + 1]
        end += 2 + int.from_bytes(jpeg[end + 2:end + 4], "big")
    found, begin, at = [], end, end
    while (at := jpeg.index(b"\xff", at)) >= 0:
        if jpeg[at + 1] != 0:
            found.append(jpeg[begin:at])
            begin = at + 2
        if jpeg[at + 1] == 0xd9:
            return found
        at += 2


class Recorder:
    """Keeps all frames of a camera, by their time. A context manager."""

    def __init__(self, fanlight):
        self.frames = {}
        self.changed = threading.Condition()
        self.stream = open_stream(fanlight.address, "/stream")
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        with contextlib.suppress(OSError, AssertionError):
            while True:
                part = self.stream.part()
                with self.changed:
                    self.frames[part.timestamp] = part.jpeg
                    self.changed.notify_all()

    def up_to(self, timestamp):
        """The frames of the last --refresh before this time, the one of it included."""
        with self.changed:
            if not self.changed.wait_for(lambda: max(self.frames, default=0) >= timestamp, 20):
                raise AssertionError("the camera's frames end too early")
            return [jpeg for time, jpeg in self.frames.items()
                    if timestamp - REFRESH_SECONDS - 0.001 <= time <= timestamp]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.connection.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.stream.connection.socket.close()


class Throttle:
    """A script of an upstream that is a slow proxy in front of a server. For each release of `cuts`
    it ends a connection where it is, mostly within a message."""
    PIECE_BYTES = 1500
    SECONDS_PER_PIECE = 0.06

    def __init__(self, address):
        self.address = address
        self.cuts = threading.Semaphore(0)

    def __call__(self, client, head):
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            server.settimeout(harness.DEADLINE_SECONDS)
            server.connect(self.address)
            server.sendall(head.encode("latin-1"))
            while data := server.recv(self.PIECE_BYTES):
                client.send(data)
                client.pause(self.SECONDS_PER_PIECE)
                if self.cuts.acquire(blocking=False):
                    return


class SegmentsChainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = make_noisy_pictures(cls, PICTURES)

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.camera = self.stack.enter_context(harness.Fanlight(
            "--source", f"files:{self.folder}", "--fps", str(FPS), "--refresh",
            f"{REFRESH_SECONDS}s"))

    def relay(self, fanlight_or_url, *flags, **options):
        url = getattr(fanlight_or_url, "url", fanlight_or_url) + "/stream"
        return self.stack.enter_context(relay_of(url, *flags, **options))

    def watch(self, fanlight):
        stream = open_stream(fanlight.address, "/stream")
        self.stack.callback(stream.connection.socket.close)
        return stream

    def record(self):
        return self.stack.enter_context(Recorder(self.camera))

    def pictures(self, stream, count):
        """The next parts that are no slates."""
        parts = []
        while len(parts) < count:
            part = stream.part()
            if not part.slate:
                parts.append(part)
        return parts

    def check(self, parts, recorder):
        """What is promised at the top. Frames before the first one recorded do not count."""
        first = min(recorder.frames)
        checked = 0
        for part in parts:
            if part.timestamp < first + REFRESH_SECONDS:
                continue
            checked += 1
            frames = [segments_of(jpeg) for jpeg in recorder.up_to(part.timestamp)]
            for number, segment in enumerate(segments_of(part.jpeg)):
                self.assertTrue(any(frame[number:number + 1] == [segment] for frame in frames),
                                f"segment {number} of {part.timestamp} is older")
        self.assertGreater(checked, 0)

    def wait_for_updates(self, recorder, stream):
        """Until all frames that count are recorded."""
        begin = min(recorder.frames) if recorder.frames else stream.part().timestamp
        while stream.part().timestamp < begin + REFRESH_SECONDS + 0.5:
            pass

    def test_a_chain_of_three_adds_no_age(self):
        relays = [self.camera]
        for _ in range(3):
            relays.append(self.relay(relays[-1]))
        wait_for_picture(relays[-1].address)
        before = {relay: camera_of(relay)["source_failures"] for relay in relays[1:]}
        stream = self.watch(relays[-1])
        stream.part()
        recorder = self.record()
        self.wait_for_updates(recorder, stream)
        self.check(stream.parts(40), recorder)
        for relay in relays[1:]:
            self.assertEqual(camera_of(relay)["damaged_by_device"], 0)
            self.assertEqual(camera_of(relay)["source_failures"], before[relay])

    def test_the_middle_of_a_chain_may_be_restarted(self):
        first = self.relay(self.camera)
        port = harness.reserve_port()
        self.stack.callback(port.close)
        address = f"127.0.0.1:{port.getsockname()[1]}"

        def start_middle():
            return relay_of(first.url + "/stream", listen=(address,))
        middle = start_middle()
        last = self.relay(middle)
        stream = self.watch(last)
        stream.part()
        recorder = self.record()
        self.wait_for_updates(recorder, stream)
        for _ in range(2):
            middle.__exit__()
            while not stream.part().slate:
                pass
            middle = start_middle()
            self.stack.callback(middle.__exit__)
            self.check(self.pictures(stream, 15), recorder)
        self.assertGreater(camera_of(last)["updates_sent"] + camera_of(middle)["updates_sent"], 0)

    def test_a_relay_on_a_slow_line_skips_frames_and_tears_none(self):
        proxy = self.stack.enter_context(Upstream(Throttle(self.camera.address)))
        slow = self.relay(proxy.url("").rstrip("/"))
        stream = self.watch(slow)
        stream.part()
        recorder = self.record()
        self.wait_for_updates(recorder, stream)
        parts = stream.parts(20)
        self.check(parts, recorder)
        self.assertEqual(camera_of(slow)["damaged_by_device"], 0)
        viewers = json.loads(fetch(self.camera.address, "/api/v1/state").body)["viewers"]
        skipped = [each["skipped"] for each in viewers if each["transport"] == "websocket"]
        self.assertGreater(skipped[0], 0, "numbers with gaps")

    def test_a_connection_that_breaks_within_a_message_is_made_again(self):
        throttle = Throttle(self.camera.address)
        throttle.PIECE_BYTES, throttle.SECONDS_PER_PIECE = 1000, 0.001
        proxy = self.stack.enter_context(Upstream(throttle))
        relay = self.relay(proxy.url("").rstrip("/"))
        stream = self.watch(relay)
        stream.part()
        recorder = self.record()
        self.wait_for_updates(recorder, stream)
        for again in range(3):
            throttle.cuts.release()
            relay.wait_for_line("yard: back", again)
            self.check(self.pictures(stream, 15), recorder)
        self.assertEqual(len(proxy.requests), 4)
        self.assertTrue(camera_of(relay)["format"].startswith("changed segments of"))
        self.assertEqual(camera_of(relay)["damaged_by_device"], 0)

    def test_another_size_of_the_camera_is_followed(self):
        port = harness.reserve_port()
        self.stack.callback(port.close)
        address = f"127.0.0.1:{port.getsockname()[1]}"

        def start_camera(size):
            return harness.Fanlight("--source", "pattern", "--fps", "10", "--size", size,
                                    listen=(address,))
        camera = start_camera("320x240")
        last = self.relay(self.relay(camera))
        stream = self.watch(last)
        self.assertEqual(jpeg_size(self.pictures(stream, 5)[-1].jpeg), (320, 240))
        camera.__exit__()
        while not stream.part().slate:
            pass
        camera = start_camera("400x300")
        self.stack.callback(camera.__exit__)
        self.assertEqual({jpeg_size(part.jpeg) for part in self.pictures(stream, 10)},
                         {(400, 300)})


if __name__ == "__main__":
    harness.main()
