#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One address against all others: a thousand of its sockets, of each kind, cost nobody anything.

    shares_test.py --binary FANLIGHT --backend uring|epoll [unittest's arguments]

Needs root: it runs in a network namespace of its own, whose loopback interface has addresses that
are not this machine's own to the server, since 127.0.0.0/8 has no limit.
"""
import contextlib
import pathlib
import re
import resource
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
import own_network  # noqa: E402
from client import Connection, Stream  # noqa: E402

NETWORK = "198.51.100."
SERVER, VIEWER, NEWCOMER, GREEDY = (NETWORK + number for number in ("1", "10", "11", "66"))
SOCKETS = 1000
MAX_VIEWERS = 400
SHARE = MAX_VIEWERS // 2  # more than there are places for reports, or tables
BODIES = 16               # reports, or tables, of one address at the same time
ROWS = 100_000            # of a table that no socket's buffers hold
HEALTH_CHECKS = 20
WEB_SOCKET = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
BUSY_IN_A_HEAD = "GET /stream HTTP/1.1\r\nHost: test\r\nX-Slow: "


def request(target, *headers):
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: test", *headers, "", ""])


def get(address, target, source, *headers):
    with Connection(address, source) as connection:
        connection.get(target, *headers)
        return connection.response()


class Crowd:
    """Sockets of GREEDY that send the same bytes, and then neither read nor close. A context
    manager."""

    def __init__(self, address, opening):
        self.sockets = []
        for _ in range(SOCKETS):
            one = socket.socket()
            self.sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)  # the least (socket(7))
            one.bind((GREEDY, 0))
            one.settimeout(harness.DEADLINE_SECONDS)
            one.connect(address)
            with contextlib.suppress(ConnectionError):  # it may have been refused already
                one.sendall(opening.encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()


class Watcher:
    """A viewer that reads all the time in a thread of its own. A context manager."""

    def __init__(self, address):
        connection = Connection(address, VIEWER)
        connection.get("/stream")
        self.stream = Stream(connection)
        self.sequences = [self.stream.part().sequence]
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.ending.is_set():
            self.sequences.append(self.stream.part().sequence)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.stream.connection.socket.close()


class SharesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.database = str(pathlib.Path(folder.name) / "stock.db")
        with contextlib.closing(sqlite3.connect(cls.database)) as database, database:
            database.execute("CREATE TABLE stock(symbol TEXT, name TEXT, price REAL, "
                             "volume INTEGER)")
            database.executemany("INSERT INTO stock VALUES (?, ?, ?, ?)",
                                 ((f"S{i}", f"Name {i}", i + .5, i) for i in range(ROWS)))

    def serve(self, *flags):
        fanlight = harness.Fanlight(
            "--source", "pattern", "--size", "160x120", "--fps", "5", "--stock-db", self.database,
            "--max-viewers", str(MAX_VIEWERS), "--shards", "2", "--send-buffer", "4K",
            "--admin-listen", f"{SERVER}:0", "--viewer-stall-timeout", "60s", "--header-timeout",
            "60s", *flags, listen=(f"{SERVER}:0",))
        self.addCleanup(fanlight.__exit__)
        self.admin = harness.address_of(
            fanlight.wait_for_line(r"^listening on (\S+) for administration$")[1])
        self.address = fanlight.address
        return fanlight

    def metric(self, name):
        text = get(self.admin, "/metrics", VIEWER).body.decode()
        return int(re.search(rf"^{re.escape(name)} (\d+)$", text, re.MULTILINE)[1])

    def wait_for_refusals(self, reason, wanted):
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while (refused := self.metric(f'fanlight_refusals_total{{reason="{reason}"}}')) < wanted:
            self.assertLess(time.monotonic(), deadline, f"only {refused} of {wanted} refused")

    def check_everything_is_answered(self, source):
        for target in ("/", "/snapshot", "/metrics", "/api/v1/state", "/cameras", "/readyz",
                       "/stock-table"):
            self.assertEqual(get(self.address, target, source).status, 200, target)
        with Connection(self.address, source) as connection:
            connection.get("/ws", *WEB_SOCKET)
            self.assertEqual(connection.response_head().status, 101)
        with Connection(self.address, source) as connection:
            connection.get("/stream")
            parts = Stream(connection).parts(5)
        self.check_goes_on([part.sequence for part in parts])
        self.assertEqual(get(self.admin, "/viewers", source).status, 200)

    def check_goes_on(self, sequences):
        """In order, and nearly all: a shard that waits for a processor may pass over some."""
        self.assertEqual(sequences, sorted(sequences))
        self.assertLessEqual(sequences[-1] - sequences[0], 1.25 * len(set(sequences)) + 4)

    def check_health(self, source):
        """The fastest of some: others may use this machine."""
        took = []
        for _ in range(HEALTH_CHECKS):
            began = time.monotonic()
            self.assertEqual(get(self.address, "/healthz", source).status, 200)
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 0.1)
        print(f"/healthz from {source}: {1000 * min(took):.1f} to {1000 * max(took):.1f} ms",
              file=sys.stderr)

    @contextlib.contextmanager
    def crowded(self, opening, held=SHARE):
        """A server with the crowd, `held` of whose sockets have what they asked for. Afterwards:
        nobody else has noticed, and nothing has stayed."""
        self.serve()
        with Watcher(self.address) as watcher:
            before = self.metric("fanlight_connections")
            with Crowd(self.address, opening):
                self.check_health(NEWCOMER)
                self.check_everything_is_answered(NEWCOMER)
                self.check_health(GREEDY)
                self.assertGreaterEqual(self.metric("fanlight_connections"), held)
                yield
            deadline = time.monotonic() + harness.DEADLINE_SECONDS
            while self.metric("fanlight_connections") > before:
                self.assertLess(time.monotonic(), deadline, "connections of the crowd have stayed")
            self.check_everything_is_answered(GREEDY)
        self.check_goes_on(watcher.sequences)
        self.assertEqual(self.metric('fanlight_refusals_total{reason="full"}'), 0)

    def check_share(self, opening):
        """The crowd keeps its share of the connections, and the rest was refused."""
        with self.crowded(opening):
            refused = get(self.address, "/snapshot", GREEDY)
            self.assertEqual(refused.status, 503)
            self.assertEqual(refused.header("Retry-After"), "5")
            self.assertIn("too many connections from your address", refused.body.decode())
            # The last of them have until their patience ends to say what they want.
            self.wait_for_refusals("connections", SOCKETS - SHARE + 1)

    def check_bodies(self, opening):
        """The crowd's connections have 16 reports, or tables, at the same time."""
        with self.crowded(opening, held=BODIES):
            self.wait_for_refusals("bodies", SHARE - BODIES)

    def test_idle_sockets(self):
        self.check_share("")

    def test_slow_heads(self):
        self.check_share(BUSY_IN_A_HEAD)

    def test_slow_readers(self):
        self.check_share(request("/stream"))

    def test_web_sockets(self):
        self.check_share(request("/ws", *WEB_SOCKET))

    def test_tables(self):
        self.check_bodies(request("/stock-table"))

    def test_reports(self):
        # Several do not fit into the buffers of a socket.
        self.check_bodies(10 * request("/api/v1/state"))


if __name__ == "__main__":
    own_network.enter((SERVER, VIEWER, NEWCOMER, GREEDY))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    harness.main()
