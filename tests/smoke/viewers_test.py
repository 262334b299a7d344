#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many viewers at the same time, good ones and bad ones."""
import re
import resource
import socket
import struct
import time
import unittest

import harness
from client import Connection, fetch
from viewers import Crowd

VIEWERS = 300
FRAMES = 10


class ViewersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < 4096:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        cls.fanlight = harness.Fanlight(
            "--source", "pattern", "--fps", "10", "--size", "320x240", "--shards", "2",
            "--viewer-stall-timeout", "3s")
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.address = cls.fanlight.address

    def metric(self, name):
        """The sum of a metric over its labels."""
        text = fetch(self.address, "/metrics").body.decode()
        values = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        self.assertTrue(values, f"no {name} in /metrics")
        return sum(map(float, values))

    def stalled_viewers_closed(self):
        text = fetch(self.address, "/metrics").body.decode()
        return int(re.search(r'^fanlight_evictions_total{reason="stalled"} (\d+)$', text, re.M)[1])

    def wait_until_all_have_left(self):
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while self.metric("fanlight_viewers") > 0:
            self.assertLess(time.monotonic(), deadline, "viewers that have left are still counted")

    def test_a_crowd_sees_complete_frames_and_costs_no_copies(self):
        with Crowd(self.address, 1) as first:
            first.watch(lambda: first.viewers[0].frames >= FRAMES, 30)
        before = self.fanlight.resident_kilobytes()
        with Crowd(self.address, VIEWERS) as crowd:
            crowd.watch(lambda: all(viewer.frames >= FRAMES for viewer in crowd.viewers), 60)
            self.assertEqual(self.metric("fanlight_viewers"), VIEWERS)
            grown = self.fanlight.resident_kilobytes() - before
        # 10 KB for each; one copy of a frame would be more.
        self.assertLess(grown, VIEWERS * 10)
        self.wait_until_all_have_left()

    def test_stalled_viewers_are_closed_and_cost_the_others_nothing(self):
        stalled = []
        for _ in range(20):
            connection = Connection(self.address, receive_buffer=4096)
            connection.get("/stream")
            stalled.append(connection)
        before = self.stalled_viewers_closed()
        with Crowd(self.address, 20) as crowd:
            crowd.watch(
                lambda: self.stalled_viewers_closed() >= before + len(stalled), 60)
            crowd.watch(lambda: all(viewer.frames >= FRAMES for viewer in crowd.viewers), 60)
        for connection in stalled:
            connection.socket.close()

    def test_vanished_viewers_are_removed(self):
        for _ in range(3):
            crowd = [Connection(self.address) for _ in range(50)]
            for connection in crowd:
                connection.get("/stream")
                reset = struct.pack("ii", 1, 0)  # close() sends RST
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                connection.socket.close()
        self.wait_until_all_have_left()
        self.assertEqual(fetch(self.address, "/healthz").status, 200)


if __name__ == "__main__":
    harness.main()
