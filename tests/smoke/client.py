# SPDX-License-Identifier: Apache-2.0
"""A strict HTTP client: it reads byte by byte, and raises on anything that the contract does not
specify. Every read has a deadline."""
import email.utils
import re
import socket
import time
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 10
PART_TYPE = b"Content-Type: image/jpeg\r\n"
PART_HEAD = re.compile(rb"Content-Type: image/jpeg\r\nContent-Length: (\d+)\r\n"
                       rb"X-Timestamp: (\d+\.\d{6})\r\nX-Sequence: (\d+)\r\n"
                       rb"(?:X-Slate: ([ -~]+)\r\n)?\r\n\Z")


class ProtocolError(AssertionError):
    """The server sent something that the contract does not allow."""


def expect(condition, what):
    if not condition:
        raise ProtocolError(what)


@dataclass
class Response:
    version: str
    status: int
    reason: str
    headers: dict
    body: bytes = b""

    def header(self, name):
        return self.headers.get(name.lower())


@dataclass
class Part:
    jpeg: bytes
    raw: bytes = field(repr=False, default=b"")  # head and JPEG, as received
    sequence: int = 0     # 0 in the advance form, which does not state it
    timestamp: float = 0  # likewise
    slate: str = ""


def set_receive_buffer(unconnected, size):
    """Limits what the kernel accepts for a client that does not read. Only before connect(): later
    the announced window is larger than the buffer, the kernel drops data that fills the window, and
    the sender's retransmission timer grows to many seconds (tcp(7), RFC 9293 3.8.6)."""
    unconnected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


class Connection:
    """One socket. Reads time out with socket.timeout; a reset raises ConnectionResetError."""

    def __init__(self, address, source=None, receive_buffer=0):
        """`source`: the local address, where it matters. `receive_buffer`: bytes, for a client that
        reads slowly (set_receive_buffer())."""
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT_SECONDS)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            set_receive_buffer(self.socket, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(address)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def get(self, target, *headers, method="GET", version="1.1", host="localhost"):
        """Sends a request; read the answer with response()."""
        lines = [f"{method} {target} HTTP/{version}", f"Host: {host}", *headers, "", ""]
        self.send("\r\n".join(lines))

    def receive_more(self):
        data = self.socket.recv(1 << 16)
        expect(data, f"the connection ended after {self.pending[-80:]!r}")
        self.pending += data

    def read_exactly(self, count):
        while len(self.pending) < count:
            self.receive_more()
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read_until(self, *ends):
        """Up to and including the first of `ends`."""
        scanned = 0
        while True:
            found = [self.pending.find(end, scanned) + len(end) for end in ends
                     if self.pending.find(end, scanned) >= 0]
            if found:
                return self.read_exactly(min(found))
            scanned = max(0, len(self.pending) - max(map(len, ends)))
            self.receive_more()

    def expect_bytes(self, expected):
        found = self.read_exactly(len(expected))
        expect(found == expected, f"expected {expected!r}, got {found!r}")

    def expect_end(self):
        """Nothing but FIN may follow."""
        data = self.pending or self.socket.recv(1 << 16)
        expect(data == b"", f"expected the end, got {data[:200]!r}")

    def response_head(self):
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        status = re.fullmatch(r"(HTTP/1\.[01]) (\d{3}) ([A-Z][ A-Za-z]*)", lines[0])
        expect(status, f"malformed status line {lines[0]!r}")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(": ")
            expect(colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name), f"header line {line!r}")
            expect(name.lower() not in headers, f"duplicate {name}")
            headers[name.lower()] = value
        response = Response(status[1], int(status[2]), status[3], headers)
        if response.status >= 200:
            date = email.utils.parsedate_to_datetime(headers.get("date", ""))
            expect(abs(date.timestamp() - time.time()) < 60, f"Date {headers['date']} is wrong")
        return response

    def response(self, head_only=False):
        """A complete answer, delimited by its own framing (RFC 9112 section 6.3)."""
        response = self.response_head()
        if head_only or response.status in (204, 304) or response.status < 200:
            return response
        if response.header("Transfer-Encoding") == "chunked":
            expect("content-length" not in response.headers, "Content-Length in addition to chunks")
            response.body = self.chunks()
        elif "content-length" in response.headers:
            response.body = self.read_exactly(int(response.header("Content-Length")))
        else:
            expect(response.header("Connection") == "close",
                   "neither Content-Length nor Connection: close")
            response.body = self.read_to_end()
        return response

    def chunks(self):
        body = b""
        while True:
            size = int(self.read_until(b"\r\n").rstrip(), 16)
            if size == 0:
                self.expect_bytes(b"\r\n")
                return body
            body += self.read_exactly(size)
            self.expect_bytes(b"\r\n")

    def read_to_end(self):
        data, self.pending = self.pending, b""
        while chunk := self.socket.recv(1 << 16):
            data += chunk
        return data


class Stream:
    """Reads the parts of a stream whose request has just been sent."""

    def __init__(self, connection, boundary="boundarydonotcross", advance=False):
        self.connection = connection
        self.boundary = boundary.encode()
        self.advance = advance
        self.ended = False  # true once the closing delimiter has arrived
        self.head = connection.response_head()
        expect(self.head.status == 200, f"{self.head.status} instead of a stream")
        connection.expect_bytes(b"--" + self.boundary + b"\r\n" + self.next_head())

    def next_head(self):
        return PART_TYPE + b"\r\n" if self.advance else b""

    def part(self):
        part = self.advance_part() if self.advance else self.plain_part()
        expect(is_whole_jpeg(part.jpeg), f"part {part.sequence} is not a complete JPEG")
        return part

    def plain_part(self):
        head = self.connection.read_until(b"\r\n\r\n")
        match = PART_HEAD.match(head)
        expect(match, f"malformed head of a part: {head!r}")
        length, timestamp, sequence, slate = match.groups()
        jpeg = self.connection.read_exactly(int(length))
        self.connection.expect_bytes(b"\r\n--" + self.boundary)
        self.end_of_delimiter()
        return Part(jpeg, head + jpeg, int(sequence), float(timestamp), (slate or b"").decode())

    def advance_part(self):
        delimiter = b"\r\n--" + self.boundary
        jpeg = self.connection.read_until(delimiter)[:-len(delimiter)]
        self.end_of_delimiter()
        return Part(jpeg, jpeg)

    def end_of_delimiter(self):
        first = self.connection.read_exactly(2)
        if first == b"--":
            self.connection.expect_bytes(b"\r\n")
            self.ended = True
        else:
            expect(first == b"\r\n", f"{first!r} after a delimiter")
            self.connection.expect_bytes(self.next_head())

    def parts(self, count):
        return [self.part() for _ in range(count)]


def fetch(address, target, *headers, method="GET"):
    """One request on a new connection."""
    with Connection(address) as connection:
        connection.get(target, *headers, method=method)
        return connection.response(head_only=method == "HEAD")


def wait_for_picture(address, target="/snapshot"):
    """The answer, once it is a picture of the camera. A start waits two seconds for an upstream; if
    that has to wait for a processor, a slate is shown until the next attempt."""
    deadline = time.monotonic() + 2 * TIMEOUT_SECONDS
    while True:
        answer = fetch(address, target)
        if answer.status == 200 and not answer.header("X-Slate"):
            return answer
        expect(time.monotonic() < deadline, f"no picture: {answer.status} {answer.body[:100]!r}")


def open_stream(address, target, *headers, **form):
    """A Stream on a new connection; close it with `stream.connection.socket.close()`."""
    connection = Connection(address)
    connection.get(target, *headers)
    return Stream(connection, **form)


def jpeg_size(jpeg):
    """(width, height), or None unless it is a JPEG from its first to its last byte."""
    if jpeg[:2] != b"\xff\xd8" or jpeg[-2:] != b"\xff\xd9":
        return None
    position, size = 2, None
    while position + 4 <= len(jpeg) and jpeg[position] == 0xFF:
        marker, length = jpeg[position + 1], int.from_bytes(jpeg[position + 2:position + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = jpeg[position + 5:position + 7], jpeg[position + 7:position + 9]
            size = (int.from_bytes(width, "big"), int.from_bytes(height, "big"))
        position += 2 + length
        if marker == 0xDA:
            # In entropy-coded segments 0xFF is followed by 0, a restart marker, or the end.
            end = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])").search(jpeg, position)
            return size if end and end.start() == len(jpeg) - 2 else None
    return None


def is_whole_jpeg(jpeg):
    return jpeg_size(jpeg) is not None
