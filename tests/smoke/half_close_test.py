#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that close their half of the connection after the request and continue reading."""
import json
import pathlib
import socket
import tempfile
import time
import unittest

import harness
from client import Connection, Stream, expect, fetch, is_whole_jpeg
from table_test import expected_rows, make_database, rows_of

ROWS = 20_000
STALLED = 20
DEADLINE_SECONDS = 20  # until viewers are counted


class HalfCloseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        database = pathlib.Path(folder.name, "stock.db")
        make_database(database, ROWS)
        cls.fanlight = harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "640x480",
                                        "--viewer-stall-timeout", "5m",
                                        "--stock-db", str(database))
        cls.addClassCleanup(cls.fanlight.__exit__)
        fetch(cls.fanlight.address, "/snapshot")  # waits for the first picture

    def ask(self, *targets, **how):
        connection = Connection(self.fanlight.address, **how)
        self.addCleanup(connection.socket.close)
        connection.send("".join(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"
                                for target in targets))
        connection.socket.shutdown(socket.SHUT_WR)
        return connection

    def viewers(self):
        summary = json.loads(fetch(self.fanlight.address, "/api/v1/summary").body)
        return summary["cameras"][0]["viewers"]

    def wait_for_viewers(self, count):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.viewers() != count:
            expect(time.monotonic() < deadline, f"{self.viewers()} viewers instead of {count}")

    def test_a_snapshot(self):
        connection = self.ask("/snapshot")
        self.assertTrue(is_whole_jpeg(connection.response().body))
        connection.expect_end()

    def test_pipelined_requests(self):
        connection = self.ask("/snapshot", "/healthz", "/snapshot")
        self.assertTrue(is_whole_jpeg(connection.response().body))
        self.assertEqual(connection.response().body, b"ok\n")
        self.assertTrue(is_whole_jpeg(connection.response().body))
        connection.expect_end()

    def test_a_table(self):
        connection = self.ask("/stock-table")
        self.assertEqual(rows_of(connection.response().body), expected_rows(ROWS))
        connection.expect_end()

    def test_a_stream_of_five_frames(self):
        connection = self.ask("/stream?frames=5")
        stream = Stream(connection)
        stream.parts(5)
        self.assertTrue(stream.ended)
        connection.expect_end()

    def test_an_endless_stream_until_the_client_closes(self):
        connection = self.ask("/stream")
        Stream(connection).parts(20)
        self.wait_for_viewers(1)
        connection.socket.close()
        self.wait_for_viewers(0)

    def test_stalled_viewers_cost_no_threads(self):
        """io_uring uses a separate thread for each send that waits on a half-closed socket."""
        before = self.threads()
        stalled = [self.ask("/stream", receive_buffer=4096) for _ in range(STALLED)]
        self.wait_for_viewers(STALLED)
        viewer = Stream(self.ask("/stream"))
        viewer.parts(60)
        # A send that was waiting when the FIN arrived had a thread, which the kernel keeps until it
        # has been idle for five seconds: meanwhile no other request may use it.
        deadline = time.monotonic() + DEADLINE_SECONDS
        while self.threads() > before + 2:
            expect(time.monotonic() < deadline, f"{self.threads()} threads instead of {before}")
        self.assertEqual(self.viewers(), STALLED + 1)
        for connection in [*stalled, viewer.connection]:
            connection.socket.close()
        self.wait_for_viewers(0)

    def threads(self):
        return len(list(pathlib.Path(f"/proc/{self.fanlight.process.pid}/task").iterdir()))


if __name__ == "__main__":
    harness.main()
