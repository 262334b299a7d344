#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fanlight-load against the real server, and against servers with all kinds of errors.

Also takes `--load FANLIGHT-LOAD`, the generator's binary.
"""
import argparse
import json
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import harness

LOAD = ""
JPEG = b"\xff\xd8 a picture, by its ends \xff\xd9"
HEAD = (b"HTTP/1.0 200 OK\r\n"
        b"Content-Type: multipart/x-mixed-replace; boundary=boundarydonotcross\r\n\r\n"
        b"--boundarydonotcross\r\n")
DELIMITER = b"\r\n--boundarydonotcross\r\n"


def part(sequence, jpeg=JPEG, length=None):
    head = (f"Content-Type: image/jpeg\r\nContent-Length: {length or len(jpeg)}\r\n"
            f"X-Timestamp: 1700000000.000000\r\nX-Sequence: {sequence}\r\n\r\n")
    return head.encode() + jpeg + DELIMITER


def command(url, *flags, settle="10s"):
    return [LOAD, "--settle", settle, *flags, url]


def run(url, *flags, **options):
    """Runs the generator to its end; returns the exit code, the JSON, and standard error."""
    arguments = command(url, "--json", "-", "--quiet", *flags, **options)
    result = subprocess.run(arguments, capture_output=True,
                            text=True, timeout=harness.DEADLINE_SECONDS * 2)
    return result.returncode, json.loads(result.stdout or "null"), result.stderr


class Scripted:
    """A server that sends the same bytes to every client, and then waits until the client leaves.

    With `then="close"` it closes instead; with "reset" the client gets a reset; with "repeat" it
    sends the last piece repeatedly.
    """

    def __init__(self, *pieces, then="wait"):
        self.pieces = pieces
        self.then = then
        self.requests = []
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/stream"
        self.threads = []
        self.acceptor = threading.Thread(target=self.accept)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.threads.append(threading.Thread(target=self.serve, args=(connection,)))
            self.threads[-1].start()

    def serve(self, connection):
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass  # the client left

    def talk(self, connection):
        request = b""
        while b"\r\n\r\n" not in request:
            data = connection.recv(4096)
            if not data:
                return
            request += data
        self.requests.append(request)
        for piece in self.pieces:
            connection.sendall(piece)
        while self.then == "repeat" and not self.over.wait(0.02):
            connection.sendall(self.pieces[-1])
        if self.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self.then == "wait":
            connection.recv(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.acceptor.join()
        for thread in self.threads:
            thread.join()


class RealServerTest(unittest.TestCase):
    def setUp(self):
        self.fanlight = harness.Fanlight("--source", "pattern", "--fps", "20", "--size", "320x240",
                                         "--shards", "2")
        self.addCleanup(self.fanlight.__exit__)
        self.url = self.fanlight.url + "/stream"
        self.pid = str(self.fanlight.process.pid)

    def test_every_kind_of_viewer_is_counted_and_nothing_is_broken(self):
        code, result, errors = run(
            self.url, "--viewers", "50", "--duration", "2s", "--threads", "2", "--slow", "10%",
            "--stalled", "5", "--resetting", "4", "--vanishing", "6", "--check-every", "2",
            "--pid", self.pid)
        self.assertEqual(code, 0, errors)
        self.assertEqual(errors, "")
        self.assertEqual(result["connected"], 50)
        self.assertEqual(result["refused"], {"503": 0, "503_with_retry_after": 0,
                                             "other_status": 0, "not_multipart": 0})
        for name in ("connect_errors", "disconnected", "torn", "falling"):
            self.assertEqual(result[name], 0, name)
        self.assertEqual(result["first_frame_ms"]["never"], 0)
        self.assertEqual(result["stalled"]["viewers"], 5)
        self.assertEqual(result["fast"]["viewers"], 30)
        self.assertEqual(result["slow"]["viewers"], 5)
        self.assertGreater(result["reconnects"], 0)
        self.assertGreater(result["checked"], 0)
        self.assertGreater(result["fast"]["frames"]["min"], 0)
        # At most what the rate of the slow viewers allows, plus partial frames at both ends.
        frame_bytes = result["bytes"] / result["frames"]
        allowed = 50 * 1024 * (result["duration_s"] + 0.1) / frame_bytes
        self.assertLess(result["slow"]["frames"]["max"], allowed + 2)
        self.assertGreaterEqual(result["frames"], 30 * result["fast"]["frames"]["min"])
        self.assertGreater(result["bytes"], 1000 * result["frames"])
        for numbers in (result["fast"]["age_ms"], result["slow"]["age_ms"], result["skew_ms"],
                        result["rank"], result["server"], result["load"]):
            self.assertNotIn(None, numbers.values())
        self.assertGreater(result["server"]["cpu_s"], 0)
        self.assertGreater(result["server"]["rss_end_kb"], 1000)

    def test_updates_fit_and_join_to_whole_pictures(self):
        code, result, errors = run(
            self.url, "--segments", "--viewers", "20", "--duration", "2s", "--slow", "2",
            "--vanishing", "2", "--resetting", "2", "--stalled", "1", "--check-every", "4")
        self.assertEqual(code, 0, errors)
        segments = result["segments"]
        self.assertEqual((segments["broken"], segments["problem"]), (0, None))
        self.assertGreater(segments["updates"], 100)
        self.assertGreaterEqual(segments["whole_frames"], 1)
        self.assertLess(segments["update_bytes"] / segments["updates"],
                        segments["whole_bytes"] / segments["whole_frames"] / 2)
        self.assertGreaterEqual(result["bytes"],
                                segments["update_bytes"] + segments["whole_bytes"])
        self.assertGreater(result["checked"], 0)
        self.assertLessEqual(sum(segments["last_pictures"].values()), 5)
        self.assertGreater(result["fast"]["frames"]["min"], 5)

    def test_the_tutorials_stream_without_sequences_is_read(self):
        code, result, errors = run(self.fanlight.url + "/video_feed", "--viewers", "3",
                                   "--duration", "3s", "--header", "Accept: image/jpeg")
        self.assertEqual(code, 0, errors)
        self.assertEqual(result["torn"], 0)
        self.assertGreater(result["fast"]["frames"]["min"], 0)

    def test_without_quiet_there_are_lines_and_a_table(self):
        result = subprocess.run(command(self.url, "--viewers", "5", "--duration", "1100ms"),
                                capture_output=True, text=True, timeout=harness.DEADLINE_SECONDS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"\d s +5 connected +\d+ frames/s")
        self.assertRegex(result.stdout, r"(?m)^fast +5 ")
        self.assertRegex(result.stdout, r"(?m)^viewers +5 connected, 0 disconnected")

    def test_an_interrupt_ends_the_run_with_its_result(self):
        process = subprocess.Popen(command(self.url, "--viewers", "5", "--duration", "1h"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        self.assertIn("connected", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=harness.DEADLINE_SECONDS)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(output, r"(?m)^fast +5 ")

    def test_json_goes_to_a_file_in_addition_to_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "result.json")
            arguments = command(self.url, "--viewers", "2", "--duration", "100ms", "--quiet",
                                "--json", str(path))
            result = subprocess.run(arguments, capture_output=True, text=True,
                                    timeout=harness.DEADLINE_SECONDS)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(path.read_text())["viewers"], 2)
            self.assertRegex(result.stdout, r"(?m)^fast +2 ")


class BrokenServerTest(unittest.TestCase):
    def check(self, server, *flags, viewers=3, duration="100ms", code=1):
        found, result, errors = run(server.url, "--viewers", str(viewers), "--duration", duration,
                                    *flags)
        self.assertEqual(found, code, errors)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        return result, errors

    def test_a_wrong_length_is_torn(self):
        for length in (len(JPEG) - 1, len(JPEG) + 1):
            with self.subTest(length=length), \
                    Scripted(HEAD + part(1) + part(2, length=length) + part(3) * 9) as server:
                result, errors = self.check(server)
                self.assertGreaterEqual(result["torn"], 3)
                self.assertIn("torn frames", errors)

    def test_a_picture_without_its_end_is_torn(self):
        with Scripted(HEAD + part(1) + part(2, jpeg=JPEG[:-1])) as server:
            result, _ = self.check(server, "--check-every", "1")
            self.assertEqual(result["torn"], 3)

    def test_a_falling_sequence_is_reported(self):
        with Scripted(HEAD + part(5) + part(4)) as server:
            result, errors = self.check(server)
            self.assertEqual(result["falling"], 3)
            self.assertIn("3 falling sequences", errors)

    def test_a_broken_update_is_reported(self):
        text = b'{"camera":"a","sequence":1,"timestamp":1,"update":7}'
        with Scripted(b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81"
                      + bytes([len(text)]) + text) as server:
            result, errors = self.check(server, "--segments")
            self.assertEqual(result["segments"]["broken"], 3)
            self.assertIn("3 broken updates (update: not an object)", errors)
        with Scripted(HEAD + part(1)) as server:
            _, errors = self.check(server, "--segments", code=69)
            self.assertIn("3 viewers without a frame", errors)

    def test_a_full_server_is_reported(self):
        answer = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\nfull\n"
        with Scripted(answer, then="close") as server:
            result, errors = self.check(server, code=69)
            self.assertEqual(result["refused"]["503"], 3)
            self.assertEqual(result["statuses"], {"503": 3})
            self.assertEqual(result["refused"]["503_with_retry_after"], 3)
            self.assertEqual(result["first_frame_ms"]["never"], 3)
            self.assertEqual(result["fast"]["viewers"], 0)
            self.assertIn("3 answers 503 Service Unavailable", errors)

    def test_another_status_is_reported(self):
        with Scripted(b"HTTP/1.1 404 Not Found\r\n\r\n", then="close") as server:
            result, errors = self.check(server, code=69)
            self.assertEqual(result["refused"]["other_status"], 3)
            self.assertIn("3 answers 404 Not Found (is the path right?)", errors)

    def test_without_a_viewer_admitted_the_ramp_ends_early(self):
        with Scripted(b"HTTP/1.1 404 Not Found\r\n\r\n", then="close") as server:
            self.check(server, "--ramp", "1h", code=69)
            code, result, _ = run(server.url, "--viewers", "1", "--tolerate")
            self.assertEqual((code, result["statuses"]), (0, {"404": 1}))

    def test_the_table_names_a_status(self):
        answer = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\nfull\n"
        with Scripted(answer, then="close") as server:
            result = subprocess.run(command(server.url, "-c", "2", "--tolerate", "--quiet"),
                                    capture_output=True, text=True,
                                    timeout=harness.DEADLINE_SECONDS)
            self.assertRegex(result.stdout, r"(?m)^refused +503 Service Unavailable, 2 times "
                                            r"\(2 with Retry-After\)$")

    def test_a_page_is_not_a_stream(self):
        page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"
        with Scripted(page, then="close") as server:
            result, errors = self.check(server, code=69)
            self.assertEqual(result["refused"]["not_multipart"], 3)
            self.assertIn("is the path right?", errors)

    def test_disconnected_viewers_are_reported(self):
        for then in ("close", "reset"):
            with self.subTest(then), Scripted(HEAD + part(1), then=then) as server:
                result, _ = self.check(server, duration="1h")  # ends when no viewer is left
                self.assertEqual(result["disconnected"], 3)

    def test_tolerate_and_the_request_sent(self):
        with Scripted(HEAD + part(1), then="close") as server:
            code, result, _ = run(server.url, "--viewers", "1", "--duration", "1h", "--tolerate",
                                  "--header", "X-Test: yes")
            self.assertEqual(code, 0)
            self.assertEqual(result["disconnected"], 1)
            self.assertTrue(server.requests[0].startswith(b"GET /stream HTTP/1.0\r\nHost: 127."))
            self.assertIn(b"\r\nX-Test: yes\r\n", server.requests[0])

    def test_closing_stalled_viewers_is_not_an_error(self):
        with Scripted(HEAD + part(1), then="close") as server:
            code, result, errors = run(server.url, "--viewers", "3", "--stalled", "3",
                                       "--duration", "1h")
            self.assertEqual(code, 0, errors)
            self.assertEqual(result["stalled"]["closed"], 3)
            self.assertEqual(result["frames"], 0)

    def test_parts_without_lengths_and_sequences(self):
        head = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
        frame = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n"
        with Scripted(head + frame, frame, then="repeat") as server:
            code, result, errors = run(server.url, "--viewers", "2", "--duration", "3s")
            self.assertEqual(code, 0, errors)
            self.assertGreater(result["fast"]["frames"]["min"], 0)
            for value in (result["falling"], result["gaps"], result["skew_ms"]["p50"],
                          result["rank"]["min"], result["fast"]["age_ms"]["p50"]):
                self.assertIsNone(value)


class NoServerTest(unittest.TestCase):
    def test_a_port_without_a_listener(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # but does not listen
            code, result, errors = run(f"http://127.0.0.1:{taken.getsockname()[1]}/stream")
        self.assertEqual(code, 69)
        self.assertIsNone(result)
        self.assertRegex(errors, r"^fanlight-load: http://.*: Connection refused; [^\n]*\n$")

    def test_an_unresponsive_server(self):
        with Scripted() as server:
            code, _, errors = run(server.url, "--viewers", "2", settle="200ms")
        self.assertEqual(code, 69)
        self.assertIn("no answer within --settle 0.2s", errors)

    def test_a_failing_run_does_not_wait_for_the_ramp(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            code, _, errors = run(f"http://127.0.0.1:{taken.getsockname()[1]}/", "--ramp", "1h")
        self.assertEqual(code, 69)
        self.assertIn("Connection refused", errors)

    def test_a_name_that_does_not_resolve(self):
        code, result, errors = run("http://no-such-host.invalid/stream")
        self.assertEqual((code, result), (69, None))
        self.assertRegex(errors, r"^fanlight-load: no-such-host\.invalid: [^\n]*\n$")

    def test_invalid_command_lines(self):
        self.assertEqual(run("http://127.0.0.1:1/", "--viewers", "none")[0], 64)
        self.assertEqual(run("http://127.0.0.1:1/", "--pid", str(2**31 - 1))[0], 64)
        self.assertEqual(run("http://127.0.0.1:1/", "--cpus", "1023")[0], 64)

    def test_an_unwritable_file_is_reported_before_the_run(self):
        with Scripted() as server:
            result = subprocess.run(command(server.url, "--json", "/nowhere/result.json"),
                                    capture_output=True, text=True,
                                    timeout=harness.DEADLINE_SECONDS)
            self.assertEqual(server.requests, [])
        self.assertEqual(result.returncode, 71)
        self.assertRegex(result.stderr, r"^fanlight-load: --json /nowhere/result.json: No such")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--load", required=True)
    mine, sys.argv[1:] = parser.parse_known_args()
    LOAD = mine.load
    harness.main()
