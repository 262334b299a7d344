# SPDX-License-Identifier: Apache-2.0
"""The client's side of a WebSocket (RFC 6455), with a strict reader of the server's frames."""
import json
from dataclasses import dataclass

from case import HOST, Answer, encoded
from peer import Violation, expect

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="                 # of RFC 6455 section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="          # the answer to it, from there too
MASK = b"\x37\xfa\x21\x3d"                       # of RFC 6455 section 5.7
HANDSHAKE_FIELDS = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
                    "Sec-WebSocket-Version": "13"}


def handshake(target="/ws", *more, method="GET", version="HTTP/1.1", host=HOST, **changes):
    """A request for a WebSocket. `changes`: other values of its fields by their names with '_' for
    '-'; None omits the field."""
    fields = dict(HANDSHAKE_FIELDS)
    fields.update({name.replace("_", "-"): value for name, value in changes.items()})
    lines = [f"{method} {target} {version}", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return encoded("\r\n".join([*lines, *more, "", ""]))


OPENED = Answer(101, framing="none", has={
    "Upgrade": "websocket", "Connection": "Upgrade",
    "Sec-WebSocket-Accept": ACCEPT.replace("+", r"\+")},
    lacks=("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length"))


def frame(opcode, payload=b"", final=True, reserved=0, mask=MASK, length=None):
    """A frame of a client. `length`: the bytes that state it, from the second byte on without the
    mask bit; by default the shortest."""
    size = len(payload)
    if length is None:
        length = (bytes([size]) if size < 126 else
                  b"\x7e" + size.to_bytes(2, "big") if size < 1 << 16 else
                  b"\x7f" + size.to_bytes(8, "big"))
    first = (0x80 if final else 0) | reserved << 4 | opcode
    if mask is None:
        return bytes([first]) + length + payload
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return bytes([first, length[0] | 0x80]) + length[1:] + mask + masked


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


class Frames:
    """The frames of the server; checks each as RFC 6455 section 5 requires of a server, and that
    messages are those of docs/api.md: a text that describes a frame, and then its JPEG."""

    def __init__(self, peer):
        self.peer = peer
        self.closed = False
        self.expects_binary = False

    def read(self):
        """(opcode, payload) of the next frame."""
        first, second = self.peer.exactly(2)
        expect(first & 0x70 == 0, f"reserved bits in {first:#x}")
        expect(first & 0x80, "a fragment")
        expect(second & 0x80 == 0, "a masked frame")
        opcode, size = first & 0x0f, second & 0x7f
        expect(opcode in (TEXT, BINARY, CLOSE, PING, PONG), f"opcode {opcode}")
        expect(opcode < 8 or size < 126, "a long control frame")
        if size >= 126:
            extended = size
            size = int.from_bytes(self.peer.exactly(2 if size == 126 else 8), "big")
            shortest = 126 if extended == 126 else 1 << 16
            expect(shortest <= size < 1 << 63, f"not the shortest form of {size}")
        payload = self.peer.exactly(size)
        self.check(opcode, payload)
        return opcode, payload

    def check(self, opcode, payload):
        if opcode in (TEXT, BINARY):
            expect((opcode == BINARY) == self.expects_binary, f"opcode {opcode} out of turn")
            self.expects_binary = opcode == TEXT
        if opcode == TEXT:
            try:
                keys = set(json.loads(payload.decode()))
            except ValueError as error:
                raise Violation(f"{payload!r}: {error}") from error
            expect({"camera", "sequence", "timestamp"} <= keys, f"{keys}")
        if opcode == BINARY:
            expect(payload[:2] == b"\xff\xd8" and payload[-2:] == b"\xff\xd9", "not a JPEG")
        if opcode == CLOSE:
            expect(len(payload) != 1, "half a code")
            self.closed = True

    def control(self):
        """The next control frame; pictures that come before it are read."""
        while True:
            opcode, payload = self.read()
            if opcode >= 8:
                return opcode, payload

    def probe(self):
        """The connection is open, and nothing else is due."""
        self.peer.send(frame(PING, b"probe"))
        Pong(b"probe").await_in(self)


class Awaited:
    """A step that waits for something from the server."""


@dataclass(frozen=True)
class Pong(Awaited):
    payload: bytes

    def await_in(self, frames):
        found = frames.control()
        expect(found == (PONG, self.payload), f"{found!r} instead of Pong {self.payload!r}")


@dataclass(frozen=True)
class Closed(Awaited):
    """A Close frame with this code (None: with no code), and then the end of the connection."""
    code: int | None

    def await_in(self, frames):
        opcode, payload = frames.control()
        expect(opcode == CLOSE, f"{opcode}, {payload!r} instead of a Close frame")
        code = int.from_bytes(payload[:2], "big") if payload else None
        expect(code == self.code, f"closed with {code} instead of {self.code}")


@dataclass(frozen=True)
class Pictures(Awaited):
    """So many text messages, each followed by its JPEG; with `slate` each says why it is one."""
    count: int
    slate: bool = False

    def await_in(self, frames):
        for _ in range(self.count):
            for expected in (TEXT, BINARY):
                opcode, payload = frames.read()
                expect(opcode == expected, f"opcode {opcode} instead of {expected}")
                is_slate = expected == TEXT and b'"slate"' in payload
                expect(expected != TEXT or is_slate == self.slate, f"{payload!r}")
