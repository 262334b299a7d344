# SPDX-License-Identifier: Apache-2.0
"""The clients of a soak: each kind connects, checks every byte that it gets, and leaves in one of
the ways in which clients leave. All run in one thread (asyncio)."""
import asyncio
import base64
import hashlib
import json
import os
import re
import socket
import ssl
import struct
import time

TIMEOUT_SECONDS = 30
BOUNDARY = b"--boundarydonotcross"
HEAD_FIELD = re.compile(rb"([A-Za-z-]+): ([^\r\n]*)\r\n")
MARKER_NEXT = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
ANSWERS_TO_STRANGERS = (401, 429, 503)  # docs/access.md
STRANGERS = "127.0.0.66"  # an address of their own: wrong passwords delay the logins of an address


class Torn(Exception):
    """The server sent something that is not whole."""


class Left(Exception):
    """The server ended the connection, as it may."""


def is_whole_jpeg(jpeg):
    """Whether it is one JPEG, from SOI to EOI, with entropy-coded data that ends there."""
    if jpeg[:2] != b"\xff\xd8" or jpeg[-2:] != b"\xff\xd9":
        return False
    position = 2
    while position + 4 <= len(jpeg) and jpeg[position] == 0xFF:
        marker, size = jpeg[position + 1], int.from_bytes(jpeg[position + 2:position + 4], "big")
        position += 2 + size
        if marker == 0xDA:
            end = MARKER_NEXT.search(jpeg, position)
            return end is not None and end.start() == len(jpeg) - 2
    return False


def basic(login):
    """The field of HTTP Basic (RFC 7617) for USER:PASSWORD."""
    return "Authorization: Basic " + base64.b64encode(login.encode()).decode()


def trust_all():
    """A context of a client that looks at the certificate afterwards."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Tally:
    """What all clients saw. Ages in seconds, from capture to receipt."""

    def __init__(self):
        self.frames = self.slates = self.updates = self.replies = self.refused = 0
        self.connections = self.handshakes = self.renewals = self.strangers = 0
        self.lost = self.ended_early = self.bytes = 0
        self.torn = []
        self.ages = []  # of the current sample
        self.worst_age = 0.0
        self.kinds = {}

    def take_ages(self):
        ages, self.ages = sorted(self.ages), []
        return ages


class Client:
    """One connection. `random`: seeded. `pair`: the server's certificate (soak_server.Pair) if the
    address is that of its TLS listener. `login`: USER:PASSWORD."""
    source = None  # the local address, where it matters

    def __init__(self, address, tally, random, login, pair=None):
        self.address, self.tally, self.random = address, tally, random
        self.login, self.pair = login, pair
        self.last = 0  # sequence
        self.pending = bytearray()  # received, but not taken yet
        self.socket = self.reader = self.writer = None

    async def connect(self):
        # A small buffer, so that a client that stops reading is noticed as it is on a network.
        unconnected = socket.socket()
        unconnected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        unconnected.setblocking(False)
        self.socket = unconnected
        if self.source:
            unconnected.bind((self.source, 0))
        try:
            await asyncio.get_running_loop().sock_connect(unconnected, self.address)
        except BaseException:
            unconnected.close()
            raise
        self.tally.connections += 1
        if self.pair is None:
            self.reader, self.writer = await asyncio.open_connection(sock=unconnected,
                                                                     limit=1 << 16)
        else:
            await self.shake_hands(unconnected)

    async def shake_hands(self, connected):
        before = self.pair.accepted
        self.reader, self.writer = await asyncio.open_connection(
            sock=connected, limit=1 << 16, ssl=TRUST_ALL, server_hostname="localhost")
        certificate = self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        found = hashlib.sha256(certificate).hexdigest()
        if found not in before | self.pair.accepted:
            self.writer.transport.abort()
            raise Torn(f"{type(self).__name__}: the certificate {found} is not in force")
        self.tally.handshakes += 1

    def send(self, target, *fields, method="GET"):
        head = [f"{method} {target} HTTP/1.1", "Host: localhost", basic(self.login), *fields, "",
                ""]
        self.writer.write("\r\n".join(head).encode())

    async def exactly(self, count):
        while len(self.pending) < count:
            await self.receive()
        return self.take(count)

    async def until(self, end):
        """Up to and including `end`."""
        searched = 0
        while (found := self.pending.find(end, searched)) < 0:
            searched = max(0, len(self.pending) - len(end))
            await self.receive()
        return self.take(found + len(end))

    def take(self, count):
        data = bytes(self.pending[:count])
        del self.pending[:count]
        return data

    async def receive(self):
        """A server that sends nothing for long is at fault; it may end the connection."""
        try:
            data = await asyncio.wait_for(self.reader.read(1 << 16), TIMEOUT_SECONDS)
        except asyncio.TimeoutError:
            raise Torn(f"{type(self).__name__}: silent for {TIMEOUT_SECONDS} s") from None
        except OSError as error:
            raise Left(str(error)) from None
        if not data:
            raise Left("FIN")
        self.pending += data
        self.tally.bytes += len(data)

    async def answer_head(self, wanted=200):
        head = await self.until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status != wanted:
            self.tally.refused += 1
            if status != 503:
                raise Torn(f"{type(self).__name__}: status {status}")
            raise Left("503")
        return {name.lower(): value for name, value in HEAD_FIELD.findall(head)}

    def note_frame(self, jpeg, sequence=0, timestamp=0.0, slate=False):
        if not is_whole_jpeg(jpeg):
            raise Torn(f"{type(self).__name__}: frame {sequence}, {len(jpeg)} bytes")
        self.tally.frames += 1
        self.tally.slates += slate
        if not sequence:
            return
        if sequence < self.last:
            raise Torn(f"{type(self).__name__}: frame {sequence} after {self.last}")
        if self.last:
            self.tally.lost += max(0, sequence - self.last - 1)
        if sequence != self.last and not slate:
            self.tally.ages.append(time.time() - timestamp)
        self.last = sequence

    async def run(self, seconds):
        """Watches for so long, then leaves in a way of its own."""
        await self.connect()
        try:
            await self.begin()
            end = time.monotonic() + seconds
            while time.monotonic() < end and await self.step():
                pass
            await self.leave()
        finally:
            self.abort()

    def abort(self):
        if self.writer is not None:
            self.writer.transport.abort()

    async def leave(self):
        way = self.random.choice(["close", "reset", "half-close", "stall"])
        if way == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif way == "half-close" and self.writer.can_write_eof():  # TLS has none here
            self.writer.write_eof()
            await asyncio.sleep(self.random.random())
        elif way == "stall":
            self.writer.transport.pause_reading()
            await asyncio.sleep(self.random.uniform(1, 15))

    async def begin(self):
        raise NotImplementedError

    async def step(self):
        """Takes the next thing; False: there is nothing more."""
        raise NotImplementedError


class Plain(Client):
    """A stream, its parts by Content-Length."""
    target = "{camera}/stream"

    async def begin(self):
        self.send(self.target.format(camera=self.camera))
        await self.answer_head()
        if await self.exactly(len(BOUNDARY) + 2) != BOUNDARY + b"\r\n":
            raise Torn("no first delimiter")

    async def step(self):
        head = await self.until(b"\r\n\r\n")
        fields = dict(HEAD_FIELD.findall(head))
        jpeg = await self.exactly(int(fields[b"Content-Length"]))
        self.note_frame(jpeg, int(fields.get(b"X-Sequence", 0)),
                        float(fields.get(b"X-Timestamp", 0)), b"X-Slate" in fields)
        end = await self.exactly(len(BOUNDARY) + 4)
        if not end.startswith(b"\r\n" + BOUNDARY):
            raise Torn(f"{end!r} instead of a delimiter")
        return end.endswith(b"\r\n")


class Ustreamer(Plain):
    """The same with ustreamer's fields."""
    target = "{camera}/stream?extra_headers=1"


class Advance(Client):
    """The form for Chromium, without lengths."""

    async def begin(self):
        self.send(f"{self.camera}/stream?advance_headers=1")
        await self.answer_head()
        await self.until(b"\r\n\r\n")

    async def step(self):
        delimiter = b"\r\n" + BOUNDARY
        self.note_frame((await self.until(delimiter))[:-len(delimiter)])
        if await self.exactly(2) == b"--":
            return False
        await self.until(b"\r\n\r\n")
        return True


class Socket(Client):
    """A WebSocket: for each frame a description and the picture."""
    target = "{camera}/ws"

    async def begin(self):
        self.description = None
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(self.target.format(camera=self.camera), "Connection: Upgrade",
                  "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
        await self.answer_head(101)

    async def step(self):
        first, size = await self.exactly(2)
        if size > 125:
            size = int.from_bytes(await self.exactly(2 if size == 126 else 8), "big")
        payload = await self.exactly(size)
        if first == 0x88:
            return False
        if first == 0x81:
            self.take_description(json.loads(payload))
        elif first == 0x82:
            self.take_picture(payload)
        return True

    def take_description(self, description):
        if self.description is not None:
            raise Torn("a description without a picture")
        if description.get("update", {}).get("runs") != []:
            self.description = description

    def take_picture(self, jpeg):
        description, self.description = self.description, None
        if description is None:
            raise Torn("a picture without a description")
        self.tally.updates += "update" in description
        slate = bool(description.get("slate"))
        # Frames that show the same are left out, so gaps of updates are no losses.
        sequence = 0 if "segments" in self.target else description["sequence"]
        self.note_frame(jpeg, sequence, float(description["timestamp"]), slate)


class Updates(Socket):
    """Only what changed."""
    target = "{camera}/ws?segments=1"


class Replies(Client):
    """Requests one after another on one connection."""
    targets = ("{camera}/snapshot", "{camera}/snapshot?max_delay=0")

    async def begin(self):
        pass

    async def step(self):
        target = self.random.choice(self.targets).format(camera=self.camera)
        self.send(target)
        head = await self.until(b"\r\n\r\n")
        fields = {name.lower(): value for name, value in HEAD_FIELD.findall(head)}
        if b"content-length" in fields:
            body = await self.exactly(int(fields[b"content-length"]))
        else:
            body = await self.chunks()
        self.tally.replies += 1
        if fields.get(b"content-type") == b"image/jpeg" and body and not is_whole_jpeg(body):
            raise Torn(f"{target}: {len(body)} bytes")
        await asyncio.sleep(self.random.uniform(0.05, 0.5))
        return fields.get(b"connection") != b"close"

    async def chunks(self):
        body = b""
        while size := int(await self.until(b"\r\n"), 16):
            body += (await self.exactly(size + 2))[:-2]
        await self.exactly(2)
        return body


class Reports(Replies):
    """State, metrics and pages."""
    targets = ("/api/v1/state", "/api/v1/summary", "/metrics", "/state", "/viewers", "/cameras",
               "/healthz", "/readyz", "/", "/nothing")


class Table(Client):
    """The streamed table, read slowly, and left at any row."""

    async def begin(self):
        self.send("/stock-table")
        await self.answer_head()

    async def step(self):
        size = int(await self.until(b"\r\n"), 16)
        await self.exactly(size + 2)
        await asyncio.sleep(self.random.uniform(0, 0.05))
        self.tally.replies += size == 0
        return size > 0


class Rude(Client):
    """No HTTP, half a head, or none."""

    async def begin(self):
        self.writer.write(self.random.choice([
            b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET /stream HTTP/1.1\r\nHost:",
            b"x" * 9000, b"GET / HTTP/1.1\r\n\r\n", os.urandom(200)]))

    async def step(self):
        await asyncio.sleep(self.random.uniform(0, 2))
        return False


class RudeToTls(Rude):
    """The same to a TLS listener, which takes it for a handshake."""

    async def connect(self):
        self.pair = None
        await super().connect()


class Stranger(Client):
    """A wrong password. It may not get in."""
    source = STRANGERS

    async def begin(self):
        self.login = "anna:wrong"
        self.send(f"{self.camera}/stream")

    async def step(self):
        status = int((await self.until(b"\r\n\r\n")).split(b" ", 2)[1])
        if status not in ANSWERS_TO_STRANGERS:
            raise Torn(f"{status} for a wrong password")
        self.tally.strangers += 1
        return False


TRUST_ALL = trust_all()
KINDS = (Plain, Plain, Plain, Ustreamer, Advance, Socket, Updates, Replies, Reports, Table, Rude,
         RudeToTls, Stranger)
