#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP caches that fan out frames by number, configured as in packaging/caches."""
import collections
import json
import pathlib
import re
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import fetch  # noqa: E402
from proxies import NginxCache, VarnishCache  # noqa: E402

FRAMES = "/cameras/camera/frames/"
POLLERS = 30


class Poller(threading.Thread):
    """Follows the camera from frame to frame, until it has seen `count` of them."""

    def __init__(self, proxy, count):
        super().__init__()
        self.proxy, self.count = proxy, count
        self.seen = {}  # number: JPEG
        self.error = None

    def run(self):
        try:
            self.poll()
        except Exception as error:  # reported by the test
            self.error = error

    def poll(self):
        number = 0
        with self.proxy.connect() as client:
            while len(self.seen) < self.count:
                client.get(f"{FRAMES}next?after={number}")
                redirect = client.response()
                if redirect.status != 302:
                    raise AssertionError(f"{redirect.status}: {redirect.body}")
                location = redirect.header("Location")
                number = int(re.match(r"(\d+)\.jpg\?v=[0-9a-f]+$", location)[1])
                client.get(FRAMES + location)
                frame = client.response()
                if frame.status == 404:  # this poller was too slow for it
                    continue
                if (frame.status, frame.header("X-Sequence")) != (200, str(number)):
                    raise AssertionError(f"{location}: {frame.status}")
                if self.seen and number <= max(self.seen):
                    raise AssertionError(f"{number} after {max(self.seen)}")
                self.seen[number] = frame.body


class CachesTest(unittest.TestCase):
    def follow(self, cache, fps, count):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "access.log")
            with harness.Fanlight("--source", "pattern", "--size", "320x240", "--fps", str(fps),
                                  "--access-log", str(log)) as fanlight:
                with cache(fanlight.address) as proxy:
                    pollers = [Poller(proxy, count) for _ in range(POLLERS)]
                    for poller in pollers:
                        poller.start()
                    for poller in pollers:
                        poller.join()
                self.assertEqual(fanlight.stop()[0], 0)  # its log is whole now
            rows = [json.loads(line) for line in log.read_text().splitlines()]
        for poller in pollers:
            self.assertIsNone(poller.error)
        self.judge(pollers, [row for row in rows if row["target"].startswith(FRAMES)])

    def judge(self, pollers, rows):
        pictures = collections.defaultdict(set)
        for poller in pollers:
            for number, jpeg in poller.seen.items():
                pictures[number].add(jpeg)
        self.assertEqual({len(same) for same in pictures.values()}, {1}, "one number, one picture")
        sent = collections.Counter(row["target"].split("?")[0] for row in rows
                                   if row["status"] == 200)
        self.assertEqual(set(sent.values()), {1}, "each frame leaves the camera once")
        self.assertLessEqual(set(pictures), {int(re.search(r"(\d+)\.jpg", target)[1])
                                             for target in sent})
        asked = sum(len(poller.seen) for poller in pollers)
        redirects = sum(row["status"] == 302 for row in rows)
        print(f"{asked} frames seen, {len(sent)} sent, {redirects} redirects", file=sys.stderr)
        self.assertLess(redirects, asked / 3, "they are shared")

    def test_nginx(self):
        self.follow(NginxCache, fps=1, count=6)

    def test_varnish(self):
        self.follow(VarnishCache, fps=10, count=30)

    def test_varnish_passes_streams_on(self):
        with harness.Fanlight() as fanlight, VarnishCache(fanlight.address) as proxy:
            with proxy.connect() as client:
                client.get("/stream")
                client.read_until(b"X-Sequence: ")
                number = int(client.read_until(b"\r\n"))
            self.assertEqual(fetch(proxy.address, FRAMES + f"{number}.jpg").status, 200)
            self.assertEqual(fetch(proxy.address, FRAMES + "9999.jpg").status, 404)


if __name__ == "__main__":
    harness.main()
