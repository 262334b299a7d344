#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The readers of responses and frames, and the end of a case: what they take, and that they raise
for everything that a server must not send."""
import email.utils
import socket
import threading
import unittest

from case import OK, Answer, Case, request
from message import read_response
from peer import Peer, Violation
from runner import run
from transport import Plain
from web_socket import ACCEPT, PING, PONG, Closed, Frames, Pictures, Pong, handshake

DATE = "Date: " + email.utils.formatdate(usegmt=True)
LENGTH = ("Content-Type: text/plain", "Content-Length: 3")
CHUNKED = ("Content-Type: text/plain", "Transfer-Encoding: chunked")


def response(*fields, status="200 OK", version="HTTP/1.1", body=b"ok\n", date=DATE):
    return "\r\n".join([f"{version} {status}", *([date] if date else []), *fields, "", ""]
                       ).encode("latin-1") + body


class Script:
    """A server that answers the first bytes of its only connection with `answer`, and ends."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(self.answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()


def read(answer, method="GET"):
    with Script(answer) as server, Peer(server.address, Plain()) as peer:
        peer.send(b"x")
        found = read_response(peer, method)
        peer.expect_end()
        return found


class ReaderTest(unittest.TestCase):
    def test_takes_every_framing(self):
        for answer, framing in (
                (response(*LENGTH), "length"),
                (response(*CHUNKED, body=b"1\r\no\r\n2\r\nk\n\r\n0\r\n\r\n"), "chunked"),
                (response("Content-Type: a/b", "Connection: close"), "close")):
            found = read(answer)
            self.assertEqual((found.framing, found.body), (framing, b"ok\n"))
        self.assertEqual(read(response(*LENGTH, body=b""), "HEAD").framing, "none")
        empty = response("Allow: GET", status="204 No Content", body=b"")
        self.assertEqual(read(empty).framing, "none")

    def test_refuses_what_no_server_may_send(self):
        for what, answer in {
                "status line": response(*LENGTH, version="HTTP/2.0"),
                "no reason": response(*LENGTH, status="200 "),
                "status": response(*LENGTH, status="20 OK"),
                "bare LF": response(*LENGTH).replace(b"OK\r\n", b"OK\n"),
                "bare CR": response(*LENGTH, "X: a\rb"),
                "folded line": response(*LENGTH, "X: a", " b"),
                "blank before a colon": response(*LENGTH, "X : a"),
                "NUL": response(*LENGTH, "X: a\0b"),
                "twice": response(*LENGTH, "X: a", "x: a"),
                "both framings": response(*LENGTH, "Transfer-Encoding: chunked"),
                "length": response("Content-Type: a/b", "Content-Length: +3"),
                "short body": response(*LENGTH, body=b"ok"),
                "bytes behind the body": response(*LENGTH, body=b"ok\n!"),
                "no framing": response("Content-Type: a/b"),
                "no type": response("Content-Length: 3"),
                "no date": response(*LENGTH, date=None),
                "another date": response(*LENGTH, date="Date: Sun, 06 Nov 1994 08:49:37 GMT"),
                "form of date": response(*LENGTH, date=DATE.replace("GMT", "+0000")),
                "chunks in 1.0": response(*CHUNKED, version="HTTP/1.0", body=b"0\r\n\r\n"),
                "chunk size": response(*CHUNKED, body=b"x\r\n0\r\n\r\n"),
                "chunk extension": response(*CHUNKED, body=b"1;a\r\no\r\n0\r\n\r\n"),
                "chunk too long": response(*CHUNKED, body=b"1\r\nok\r\n0\r\n\r\n"),
                "trailer": response(*CHUNKED, body=b"0\r\nX: a\r\n\r\n"),
                "no last chunk": response(*CHUNKED, body=b"1\r\no\r\n"),
                "length in 204": response("Content-Length: 0", status="204 No Content", body=b""),
                "body in 304": response('ETag: "a"', status="304 Not Modified"),
                "no ETag in 304": response(status="304 Not Modified", body=b""),
                "ETag": response(*LENGTH, "ETag: a"),
                "405 without Allow": response(*LENGTH, status="405 No"),
                "503 without Retry-After": response(*LENGTH, status="503 No"),
                "301 without Location": response(*LENGTH, status="301 No"),
                "Upgrade alone": response(*LENGTH, "Upgrade: websocket"),
        }.items():
            with self.subTest(what):
                self.assertRaises(Violation, read, answer)
        self.assertRaises(Violation, read, response(*LENGTH), "HEAD")


def websocket_case(*steps):
    head = response("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}",
                    status="101 Switching", body=b"")
    return head, Case("a", "b", (handshake(), Answer(101), *steps), "calm")


DESCRIPTION = b'{"camera": "a", "sequence": 1, "timestamp": 1.5}'
TEXT = b"\x81%c%b" % (len(DESCRIPTION), DESCRIPTION)
JPEG = b"\x82\x04\xff\xd8\xff\xd9"


class FramesTest(unittest.TestCase):
    def run_with(self, frames, *steps):
        head, one = websocket_case(*steps)
        with Script(head + frames) as server:
            return run(one, server.address, Plain())

    def test_takes_pictures_and_control_frames(self):
        self.assertIsNone(self.run_with(TEXT + JPEG + b"\x8a\x01p" + b"\x88\x02\x03\xe8",
                                        Pictures(1), Pong(b"p"), Closed(1000)))
        self.assertIsNone(self.run_with(b"\x88\x00", Closed(None)))

    def test_refuses_what_no_server_may_send(self):
        close = b"\x88\x02\x03\xe8"
        for what, frames in {
                "reserved bit": b"\xc1\x00" + close, "fragment": b"\x01\x00" + close,
                "masked": b"\x8a\x80\x00\x00\x00\x00" + close, "opcode": b"\x83\x00" + close,
                "long control frame": b"\x8a\x7e\x00\x80" + b"p" * 128 + close,
                "length": b"\x82\x7e\x00\x04\xff\xd8\xff\xd9" + close, "JPEG first": JPEG + close,
                "text twice": TEXT + TEXT + close, "not a JPEG": TEXT + b"\x82\x01x" + close,
                "not JSON": b"\x81\x01{" + JPEG + close, "not UTF-8": b"\x81\x01\xff" + close,
                "no key": b"\x81\x02{}" + close, "half a code": b"\x88\x01\x03",
                "another code": b"\x88\x02\x03\xe9",
                "no close": b"", "bytes behind": close + b"\x8a\x00"}.items():
            with self.subTest(what):
                self.assertTrue(self.run_with(frames, Closed(1000)))
        self.assertTrue(self.run_with(b"\x8a\x01q" + close, Pong(b"p"), Closed(1000)))

    def test_opcodes_are_those_of_the_rfc(self):
        self.assertEqual((PING, PONG), (9, 10))
        self.assertTrue(Frames(None).closed is False)


class RunTest(unittest.TestCase):
    """How a case ends: run() returns what is wrong."""

    def run_with(self, answer, *steps):
        with Script(answer) as server:
            return run(Case("the name", "RFC 1 2.3", (request(), *steps), "calm"), server.address,
                       Plain())

    def test_tells_the_case_and_all_bytes(self):
        told = self.run_with(response(*LENGTH), Answer(404))
        for part in ("RFC 1 2.3", "the name", "200 OK instead of 404", "GET /healthz", "ok\\n"):
            self.assertIn(part, told)

    def test_compares_the_answer(self):
        closing = response(*LENGTH, "Connection: close", "X: a")
        self.assertIsNone(self.run_with(closing, Answer(200, closes=True, has={"X": "a"}, minor=1,
                                                        body=b"ok\n", framing="length")))
        for answer in (Answer(200, closes=False), Answer(200, has={"X": "b"}),
                       Answer(200, has={"Y": "a"}), Answer(200, lacks=("X",)),
                       Answer(200, body=b"no"), Answer(200, body=lambda body: "wrong"),
                       Answer(200, framing="chunked"), Answer(200, minor=0)):
            with self.subTest(answer):
                self.assertTrue(self.run_with(closing, answer))

    def test_the_connection_must_be_kept_or_closed_as_it_was_said(self):
        kept, closing = response(*LENGTH), response(*LENGTH, "Connection: close")
        self.assertIsNone(self.run_with(kept + closing, OK))
        self.assertIn("ended", self.run_with(kept, OK))
        self.assertIn("more came", self.run_with(closing + kept, Answer(200)))
        self.assertIn("further request", self.run_with(kept + response(
            *LENGTH, "Connection: close", body=b"no\n"), OK))


if __name__ == "__main__":
    unittest.main()
