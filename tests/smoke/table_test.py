#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The streamed table: a million rows in constant memory, and every kind of database failure."""
import contextlib
import os
import pathlib
import re
import selectors
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from client import Connection, expect, fetch, set_receive_buffer
from viewers import Crowd

MILLION = 1_000_000
CLIENTS = 50
WHOLE_READERS = 2  # of the million rows; the others stop reading and stay connected
PREFIX_BYTES = 1 << 20
GROWTH_KILOBYTES = 2048
VIEWERS = 20
ROWS_BEGIN = b"<tbody>\n"
TABLE_END = b"</table>\n"


def make_database(path, rows):
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE stock(symbol TEXT, name TEXT, price REAL, volume INTEGER)")
        database.executemany("INSERT INTO stock VALUES (?, ?, ?, ?)",
                             ((f"S{i}", f"Name {i}", i + .5, 3 * i) for i in range(rows)))
    database.close()


def expected_rows(rows):
    body = "".join(f"<tr><td>S{i}<td>Name {i}<td>{i}.5<td>{3 * i}\n" for i in range(rows))
    return (f"{body}<tfoot>\n<tr><td colspan=\"4\">{rows} rows\n</table>\n").encode()


def rows_of(html):
    """From the first row to the end of the table; the rest of the page must be complete."""
    rows, end, rest = html[html.index(ROWS_BEGIN) + len(ROWS_BEGIN):].partition(TABLE_END)
    if end:
        expect_page_end(rest)
    return rows + end


def expect_page_end(rest):
    expect(rest.startswith(b"</main>\n<footer>\n") and rest.endswith(b"</html>\n"), rest)


def open_files(process_id):
    for descriptor in pathlib.Path(f"/proc/{process_id}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it has been closed in the meantime
            yield os.readlink(descriptor)


class Reader:
    """One client that reads the table as it arrives and compares it with the expected text."""

    def __init__(self, address, expected):
        self.expected = expected
        self.pending = bytearray()
        self.position = 0  # in `expected`
        self.rest = b""  # of the page, after the table
        self.in_rows = False
        self.complete = False
        self.socket = socket.socket()
        set_receive_buffer(self.socket, 64 << 10)
        self.socket.settimeout(10)
        self.socket.connect(address)
        self.socket.sendall(b"GET /stock-table HTTP/1.1\r\nHost: test\r\n\r\n")
        self.socket.setblocking(False)

    def read(self):
        data = self.socket.recv(1 << 18)
        expect(data, f"the table ended after {self.position} bytes")
        self.pending += data
        if not self.in_rows:
            end = self.pending.find(b"\r\n\r\n")
            if end < 0:
                return
            expect(self.pending.startswith(b"HTTP/1.1 200 OK\r\n"), bytes(self.pending[:80]))
            del self.pending[:end + 4]
            self.head = b""
            self.in_rows = True
        self.take_chunks()

    def take_chunks(self):
        at = 0
        while (line := self.pending.find(b"\r\n", at, at + 10)) >= 0:
            size = int(self.pending[at:line], 16)
            end = line + 2 + size
            if len(self.pending) < end + 2:
                break
            self.take(bytes(self.pending[line + 2:end]))
            at = end + 2
            if size == 0:
                expect(self.position == len(self.expected), "the table is too short")
                expect_page_end(self.rest)
                self.complete = True
        del self.pending[:at]

    def take(self, data):
        if self.head is not None:
            self.head += data
            begin = self.head.find(ROWS_BEGIN)
            if begin < 0:
                return
            data, self.head = self.head[begin + len(ROWS_BEGIN):], None
        left = len(self.expected) - self.position
        data, self.rest = data[:left], self.rest + data[left:]
        end = self.position + len(data)
        expect(self.expected[self.position:end] == data, f"wrong bytes at {self.position}")
        self.position = end


class TableTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = pathlib.Path(folder.name) / "stock.db"

    def serve(self, *flags):
        fanlight = harness.Fanlight("--source", "pattern", "--fps", "2", "--size", "320x240",
                                    "--stock-db", str(self.path), "--viewer-stall-timeout", "60s",
                                    *flags)
        self.addCleanup(fanlight.__exit__)
        return fanlight

    def readers(self, fanlight, expected):
        readers = [Reader(fanlight.address, expected) for _ in range(CLIENTS)]
        for reader in readers:
            self.addCleanup(reader.socket.close)
        return readers

    def rows_read(self, fanlight):
        text = fetch(fanlight.address, "/metrics").body.decode()
        return int(re.search(r"^fanlight_table_rows_read_total (\d+)$", text, re.M)[1])

    def wait_until_closed(self, fanlight):
        """A request that follows another one closely would use the file that is still open."""
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while any(name.startswith(str(self.path)) for name in open_files(fanlight.process.pid)):
            expect(time.monotonic() < deadline, "the database was not closed")

    def read_all(self, fanlight, readers, enough):
        """Reads until every reader is complete or has `enough`; returns the server's peak RSS."""
        most = 0
        deadline = time.monotonic() + 80
        with selectors.DefaultSelector() as selector:
            for reader in readers:
                selector.register(reader.socket, selectors.EVENT_READ, reader)
            while selector.get_map():
                expect(time.monotonic() < deadline,
                       f"not read in time: {sorted(reader.position for reader in readers)}")
                for key, _ in selector.select(0.1):
                    key.data.read()
                    if key.data.complete or enough(key.data):
                        selector.unregister(key.fileobj)
                most = max(most, fanlight.resident_kilobytes())
        return most

    def test_a_million_rows_cost_no_memory_and_no_frame(self):
        make_database(self.path, MILLION)
        fanlight = self.serve("--shards", "2")
        with Crowd(fanlight.address, VIEWERS) as crowd:
            crowd.watch(lambda: all(viewer.frames > 1 for viewer in crowd.viewers), 30)
            ended = threading.Event()
            watching = threading.Thread(target=crowd.watch, args=(ended.is_set, 90))
            before = fanlight.resident_kilobytes()
            watching.start()
            expected = expected_rows(MILLION)
            readers = self.readers(fanlight, expected)
            whole = readers[:WHOLE_READERS]
            try:
                most = self.read_all(
                    fanlight, readers,
                    lambda reader: reader not in whole and reader.position > PREFIX_BYTES)
            finally:
                ended.set()
                watching.join()
            # At two frames a second, a shard that waits for a processor may pass over some.
            self.assertLessEqual(max(viewer.skipped() for viewer in crowd.viewers), 6)
        self.assertLess(most - before, GROWTH_KILOBYTES)
        # The queries of the readers that stopped have stopped too.
        self.assertLess(self.rows_read(fanlight), MILLION * (WHOLE_READERS + 4))

    def test_fifty_concurrent_tables_are_identical(self):
        make_database(self.path, 20_000)
        fanlight = self.serve()
        expected = expected_rows(20_000)
        readers = self.readers(fanlight, expected)
        self.read_all(fanlight, readers, lambda reader: False)
        self.assertEqual(self.rows_read(fanlight), CLIENTS * 20_000)

    def test_a_client_that_stops_reading_stops_the_query(self):
        rows = 100_000
        make_database(self.path, rows)
        fanlight = self.serve()
        with Connection(fanlight.address, receive_buffer=16 << 10) as stalled:
            stalled.get("/stock-table")
            read = self.rows_read(fanlight)
            deadline = time.monotonic() + 60
            while True:
                response = fetch(fanlight.address, "/stock-table")
                self.assertIn(b"100000 rows\n</table>\n", response.body)
                read, before = self.rows_read(fanlight), read
                # All rows read in the meantime were read for the other client.
                if read - before == rows:
                    break
                self.assertLess(time.monotonic(), deadline, "the query continues")
            self.assertLess(read % rows, rows // 2)
            # It is still connected, and gets the rest when it continues reading. A buffer may grow
            # at any time.
            stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            response = stalled.response()
            self.assertEqual(rows_of(response.body), expected_rows(rows))

    def test_values_are_escaped(self):
        make_database(self.path, 0)
        evil = "</td><script>alert('1')</script>&\"\x00\x1b\ud7ff"
        with sqlite3.connect(self.path) as database:
            database.execute("INSERT INTO stock VALUES (?, ?, ?, ?)", (evil, b"\xff<i>", None, "<"))
        body = fetch(self.serve().address, "/stock-table").body
        self.assertEqual(rows_of(body), (
            "<tr><td>&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"
            "\ufffd\ufffd\ud7ff<td>(4 bytes)<td><td>&lt;\n"
            "<tfoot>\n<tr><td colspan=\"4\">1 row\n</table>\n").encode())

    def test_a_locked_database_is_503_until_it_is_free(self):
        make_database(self.path, 3)
        fanlight = self.serve()
        writer = sqlite3.connect(self.path, isolation_level=None)
        writer.execute("BEGIN EXCLUSIVE")
        response = fetch(fanlight.address, "/stock-table")
        self.assertEqual(response.status, 503)
        self.assertEqual(response.header("Retry-After"), "5")
        self.assertIn(b"locked; try again", response.body)
        fanlight.wait_for_line(rf"^stock table: {self.path}: database is locked")
        writer.execute("COMMIT")
        writer.close()
        response = fetch(fanlight.address, "/stock-table")
        self.assertEqual(response.status, 200, response.body)
        self.assertEqual(rows_of(response.body), expected_rows(3))

    def test_a_dropped_table_is_500_until_it_is_back(self):
        make_database(self.path, 3)
        fanlight = self.serve()
        self.assertEqual(fetch(fanlight.address, "/stock-table").status, 200)
        self.wait_until_closed(fanlight)
        for spoil in (lambda: self.path.unlink(), lambda: self.path.write_bytes(b"x" * 5000),
                      lambda: sqlite3.connect(self.path).close()):
            self.path.unlink(missing_ok=True)
            self.path.write_bytes(b"")
            spoil()
            response = fetch(fanlight.address, "/stock-table")
            self.assertEqual(response.status, 500)
            self.assertNotIn(str(self.path).encode(), response.body)
        make_database(self.path, 5)
        self.assertEqual(rows_of(fetch(fanlight.address, "/stock-table").body), expected_rows(5))

    def test_damage_in_the_middle_truncates_the_answer(self):
        make_database(self.path, 50_000)
        fanlight = self.serve()
        with open(self.path, "r+b") as file:
            file.seek(self.path.stat().st_size // 2 & ~4095)
            file.write(b"\xff" * 16384)
        for version, exit_code in (("--http1.1", 18), ("--http1.0", 56)):
            result = subprocess.run(
                ["curl", "-sS", version, f"{fanlight.url}/stock-table"], capture_output=True,
                timeout=harness.DEADLINE_SECONDS)
            self.assertEqual(result.returncode, exit_code, result.stderr)
            self.assertNotIn(b"</table>", result.stdout)
            if version == "--http1.1":  # all rows before the damaged one arrive
                rows = rows_of(result.stdout)
                self.assertGreater(len(rows), 100_000)
                self.assertTrue(expected_rows(50_000).startswith(rows))
        fanlight.wait_for_line(rf"^stock table: {self.path}: .*malformed, after \d+ rows")

    def test_problems_at_start_are_reported(self):
        code, lines = harness.run_to_exit("--source", "pattern", "--stock-db", "/nowhere/x.db")
        self.assertEqual(code, 66)
        self.assertIn("--stock-db /nowhere/x.db: No such file or directory", lines[-1])
        self.path.write_bytes(b"x" * 5000)
        self.serve().wait_for_line(rf"--stock-db {self.path}: file is not a database; /stock-table")

    def test_without_a_file_the_emulator_has_a_sample_and_others_have_none(self):
        with harness.Fanlight() as fanlight:
            response = fetch(fanlight.address, "/stock-table")
            self.assertEqual(response.status, 200)
            self.assertIn(b"<td>Birch &amp; Bark<td>17.2<td>89000\n", response.body)
            self.assertEqual(fetch(fanlight.address, "/stock-table", method="HEAD").status, 200)
        with harness.Fanlight("--source", "pattern") as fanlight:
            self.assertEqual(fetch(fanlight.address, "/stock-table").status, 404)

    def test_a_stop_does_not_wait_for_a_locked_database(self):
        make_database(self.path, 3)
        fanlight = self.serve()
        writer = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN EXCLUSIVE")
        with Connection(fanlight.address) as waiting:
            waiting.get("/stock-table")
            fetch(fanlight.address, "/healthz")
            self.assertEqual(fanlight.stop()[0], 0)  # while it is still locked


if __name__ == "__main__":
    harness.main()
