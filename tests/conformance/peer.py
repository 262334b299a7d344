# SPDX-License-Identifier: Apache-2.0
"""Peer: one connection to the server, which remembers all that was sent and received."""
import socket
import time

TIMEOUT_SECONDS = 15


class Violation(AssertionError):
    """The server sent something that it must not send."""


def expect(condition, what):
    if not condition:
        raise Violation(what)


class Peer:
    """All of its reads together have a deadline, since a server that sends pictures is never silent
    for long; a reset is a violation. A context manager."""

    def __init__(self, address, transport):
        self.address = address
        self.transport = transport
        self.deadline = time.monotonic() + TIMEOUT_SECONDS
        self.socket = socket.create_connection(address, TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = transport.ready(self.socket)
        self.pending = b""
        self.sent = b""
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.sent += data
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Violation(f"the connection broke while the request was sent: {error}") from error

    def finish(self):
        self.transport.finish(self.socket)

    def receive(self):
        """More bytes into `pending`; False at the end."""
        left = self.deadline - time.monotonic()
        expect(left > 0, f"not complete after {TIMEOUT_SECONDS} seconds")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 16)
        except socket.timeout as error:
            raise Violation(f"nothing more came within {TIMEOUT_SECONDS} seconds") from error
        except ConnectionResetError as error:
            raise Violation("the connection was reset") from error
        self.received += data
        self.pending += data
        return bool(data)

    def exactly(self, count):
        while len(self.pending) < count:
            expect(self.receive(), f"the connection ended {count - len(self.pending)} bytes early")
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def line(self):
        """Up to the next CRLF, without it. Neither CR nor LF may stand alone."""
        while (end := self.pending.find(b"\n")) < 0:
            expect(len(self.pending) < 1 << 16, "a line without an end")
            expect(self.receive(), f"the connection ended within the line {self.pending!r}")
        text = self.exactly(end + 1)
        expect(text.endswith(b"\r\n"), f"a line that ends in a bare LF: {text!r}")
        expect(b"\r" not in text[:-2], f"a bare CR in a line: {text!r}")
        return text[:-2]

    def to_end(self):
        while self.receive():
            pass
        data, self.pending = self.pending, b""
        return data

    def expect_end(self):
        """FIN, and not a byte before it."""
        rest = self.to_end()
        expect(rest == b"", f"more came than was due: {rest[:200]!r}")
