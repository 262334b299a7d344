#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The access log: one line of JSON for each request, written by a thread of its own."""
import calendar
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from client import Connection, fetch, open_stream

PATTERN = ["--source", "pattern", "--size", "160x120", "--fps", "20"]
KEYS = ["time", "client", "method", "target", "status", "bytes", "duration", "user_agent"]


class AccessLogTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, "access.log")

    def serve(self):
        return self.enterContext(harness.Fanlight(*PATTERN, "--access-log", str(self.file)))

    def await_lines(self, count, file=None):
        """Polls: another thread writes them, after the answer."""
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        text = ""
        while text.count("\n") < count and time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):  # it is opened by that thread too
                text = (file or self.file).read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(len(lines), count, text)
        return lines

    def test_requests_of_all_kinds(self):
        server = self.serve()
        before = time.time()
        self.assertEqual(fetch(server.address, "/snapshot?a=1").status, 200)
        self.assertEqual(fetch(server.address, "/none").status, 404)
        stream = open_stream(server.address, "/stream")
        part = stream.part()
        stream.connection.socket.close()
        # In any order: a client may have its answer before its shard knows that it was sent.
        lines = {line["target"]: line for line in self.await_lines(3)}
        first, second, third = (lines[name] for name in ("/snapshot?a=1", "/none", "/stream"))
        self.assertEqual(list(first), KEYS)
        self.assertEqual((first["client"], first["method"], first["target"], first["status"]),
                         ("127.0.0.1", "GET", "/snapshot?a=1", 200))
        self.assertEqual((second["status"], third["status"]), (404, 200))
        self.assertGreater(third["bytes"], len(part.jpeg))
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        logged = calendar.timegm(time.strptime(first["time"][:19], "%Y-%m-%dT%H:%M:%S"))
        self.assertLessEqual(int(before), logged)

    def test_hostile_text_is_one_printable_line(self):
        server = self.serve()
        with Connection(server.address) as connection:
            connection.socket.sendall(b"GET /a%0a\"\\ HTTP/1.1\r\nHost: x\r\n"
                                      b"User-Agent: \xff\xfe\xe2\x80\xae\t\"\\ end\r\n\r\n")
            connection.response()
        [line] = self.await_lines(1)
        self.assertEqual(line["target"], "/a%0a\"\\")
        self.assertTrue(line["user_agent"].endswith("\"\\ end"), line)
        self.assertNotIn("\u202e", line["user_agent"])

    def test_a_rotated_file(self):
        server = self.serve()
        fetch(server.address, "/healthz")
        self.await_lines(1)
        old = self.file.with_suffix(".1")
        os.rename(self.file, old)
        server.process.send_signal(signal.SIGHUP)
        # The line that reports the reload is written after the request to reopen.
        server.wait_for_line("SIGHUP")
        fetch(server.address, "/readyz")
        self.assertEqual(self.await_lines(1)[0]["target"], "/readyz")
        self.assertEqual(self.await_lines(1, old)[0]["target"], "/healthz")

    def test_standard_output(self):
        command = harness.command_line((), None)
        with contextlib.ExitStack() as stack:
            process = stack.enter_context(subprocess.Popen(
                [*command, "--listen", "127.0.0.1:0", *PATTERN, "--access-log", "-"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            address = None
            while address is None:
                line = process.stderr.readline()
                if line.startswith("listening on "):
                    address = harness.address_of(line.split()[-1])
            fetch(address, "/healthz")
            self.assertEqual(json.loads(process.stdout.readline())["target"], "/healthz")
            process.terminate()
            process.communicate(timeout=harness.DEADLINE_SECONDS)
            self.assertEqual(process.returncode, 0)

    def test_a_pipe_that_no_one_reads_holds_up_nothing(self):
        os.mkfifo(self.file)
        reader = os.open(self.file, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        server = self.serve()
        with Connection(server.address) as connection:
            # Of about 600 bytes each: more than the pipe holds.
            for _ in range(300):
                connection.get("/" + 500 * "x")
                self.assertEqual(connection.response().status, 404)
        code, seconds = server.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 10)

    def test_a_file_that_cannot_be_opened(self):
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", *PATTERN, "--access-log",
                                          "/nonexistent/access.log")
        self.assertEqual(code, 71)
        self.assertIn("--access-log /nonexistent/access.log: No such file or directory", lines[-1])


if __name__ == "__main__":
    harness.main()
