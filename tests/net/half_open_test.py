#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients whose machine vanishes without a FIN: their connections are closed at the time limits.

    half_open_test.py --binary FANLIGHT --backend uring|epoll [unittest's arguments]

Needs root: it runs in a network namespace of its own. The machine vanishes when its address is
removed from the loopback interface: what the server sends to it goes nowhere.
"""
import json
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
import own_network  # noqa: E402
from client import Connection, Stream  # noqa: E402

SERVER, STAYS, VANISHES = ("198.51.100.1", "198.51.100.10", "198.51.100.66")
VIEWERS, IDLE = 20, 10
LIMITS = ("--viewer-stall-timeout", "2s", "--idle-timeout", "2s")
DEADLINE_SECONDS = 60


def state(address):
    with Connection(address, STAYS) as connection:
        connection.get("/api/v1/state", host=SERVER)
        return json.loads(connection.response().body)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class HalfOpenTest(unittest.TestCase):
    def watch(self, address, source):
        connection = Connection(address, source)
        connection.get("/stream", host=SERVER)
        return Stream(connection)

    def wait_until_closed(self, address):
        """The last state: only the viewer that stays, and this request."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            now = state(address)
            if sum(shard["connections"] for shard in now["shards"]) <= 2:
                return now
            self.assertLess(time.monotonic(), deadline, now["shards"])

    def test_vanished_clients_are_closed_and_the_others_keep_watching(self):
        with harness.Fanlight("--source", "pattern", "--fps", "10", *LIMITS,
                              listen=(f"{SERVER}:0",)) as fanlight:
            stays = self.watch(fanlight.address, STAYS)
            stays.parts(2)
            before = descriptors(fanlight.process.pid)
            streams = [self.watch(fanlight.address, VANISHES) for _ in range(VIEWERS)]
            for stream in streams:
                stream.parts(2)
            idle = [Connection(fanlight.address, VANISHES) for _ in range(IDLE)]
            own_network.ip("address", "del", f"{VANISHES}/32", "dev", "lo")
            try:
                now = self.wait_until_closed(fanlight.address)
            finally:
                own_network.ip("address", "add", f"{VANISHES}/32", "dev", "lo")
            self.assertEqual(now["viewer_count"], 1)
            self.assertEqual(sum(shard["evicted_stalled"] for shard in now["shards"]), VIEWERS)
            self.assertLessEqual(descriptors(fanlight.process.pid), before + 1)
            numbers = [part.sequence for part in stays.parts(5)]
            self.assertEqual(numbers, sorted(numbers))
            for connection in (*idle, *(stream.connection for stream in (stays, *streams))):
                connection.socket.close()
            self.assertEqual(fanlight.stop()[0], 0)


if __name__ == "__main__":
    own_network.enter((SERVER, STAYS, VANISHES))
    harness.main()
