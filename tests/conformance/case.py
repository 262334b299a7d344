# SPDX-License-Identifier: Apache-2.0
"""Cases: what is sent, and what must come.

A case is a list of steps on one connection. Bytes are sent as they are. An Answer is awaited, and
so are the steps of web_socket.py. At the end the connection must be closed if the last answer said
so, or else answer another request: so no byte is left over, on either side.
"""
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """A response. `has`: fields with a regular expression for their whole value. `lacks`: fields
    that must not be there. `body`: the bytes, or a function that returns what is wrong, or None.
    `framing`: as in Response; `closes`: whether the response ends the connection."""
    status: int
    has: dict = field(default_factory=dict)
    lacks: tuple = ()
    body: Any = None
    framing: str = ""
    closes: Any = None
    method: str = "GET"
    minor: Any = None


@dataclass(frozen=True)
class Finish:
    """The client sends nothing more, and goes on reading."""


@dataclass(frozen=True)
class Remember:
    """Stores a field of the last answer; <it> in the texts of later steps stands for it."""
    name: str


@dataclass(frozen=True)
class Beside:
    """A WebSocket on another connection, which is open until the case ends."""
    handshake: bytes


@dataclass(frozen=True)
class End:
    """The server closes in order, without another byte."""


@dataclass(frozen=True)
class Bytewise:
    """Each byte is sent by itself."""
    data: bytes


@dataclass(frozen=True)
class Case:
    name: str
    section: str
    steps: tuple
    server: str


def case(name, section, *steps, server="calm"):
    return Case(name, section, steps, server)


def encoded(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def request(target="/healthz", *fields, method="GET", version="HTTP/1.1", host=HOST, body=None):
    """The bytes of a request; with a body also its Content-Length."""
    lines = [encoded(f"{method} ") + encoded(target) + encoded(f" {version}")]
    if host is not None:
        lines.append(b"Host: " + encoded(host))
    lines += map(encoded, fields)
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", encoded(body or "")])


OK = Answer(200, framing="length", body=b"ok\n", closes=False)
# A request that is malformed in a way that leaves its end in doubt.
BAD = Answer(400, closes=True)


def refused(status, **more):
    return Answer(status, closes=True, **more)


def kept(status, **more):
    return Answer(status, closes=False, **more)
