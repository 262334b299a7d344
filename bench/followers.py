# SPDX-License-Identifier: Apache-2.0
"""Simulated viewers of a tree of servers: of streams, which go to the next server when theirs is
silent, and of frames by number. Each frame is noted: who showed it, and what its bytes were."""
import asyncio
import collections
import hashlib
import re
import statistics
import time
from dataclasses import dataclass

FRAMES = "/cameras/camera/frames/"
HEAD_FIELD = re.compile(rb"\r\n([^:\r]+): *([^\r]*)")
PART_HEAD = re.compile(rb"Content-Length: (\d+)\r\nX-Timestamp: (\d+)\.(\d{6})\r\n"
                       rb"X-Sequence: (\d+)\r\n(X-Slate: [^\r]*\r\n)?\r\n")
SILENCE_SECONDS = 1.5
RETRY_SECONDS = 0.2
CONNECT_SECONDS = 2


@dataclass
class Seen:
    captured: int  # microseconds
    digest: bytes
    jpeg: bytes = b""  # of the servers whose pictures are kept


class Sightings:
    """Which server showed which frame; of those in `kept`, with its bytes. Thread: one."""

    def __init__(self, kept=()):
        self.kept = kept
        self.frames = collections.defaultdict(dict)  # server: {number: Seen}
        self.contradictions = []  # one number with two pictures, at one server
        self.newest = 0
        self.ages = None  # server: seconds, between begin() and end()

    def of(self, server):
        return self.frames[server]

    def note(self, server, number, captured, jpeg):
        digest = hashlib.blake2b(jpeg, digest_size=16).digest()
        known = self.frames[server].get(number)
        if known is None:
            known = Seen(captured, digest, bytes(jpeg) if server in self.kept else b"")
            self.frames[server][number] = known
        if (known.captured, known.digest) != (captured, digest):
            self.contradictions.append((server, number))
        self.newest = max(self.newest, number)
        if self.ages is not None:
            self.ages[server].append(time.time() - captured / 1e6)

    def note_poller(self, cache):
        def note(_poller, number, captured, jpeg):
            self.note(cache, number, captured, jpeg)
        return note

    def begin(self):
        self.ages = collections.defaultdict(list)

    def end(self, interval):
        ages, self.ages = self.ages, None
        return {"frames": {server: len(each) for server, each in ages.items()},
                "age_median_intervals": {server: statistics.median(each) / interval
                                         for server, each in ages.items()}}

    def compare(self, same, other):
        """How many frames the servers in `same` showed, by how many of them, with equal bytes and
        time; `other` shows frames of these numbers and times."""
        origin = self.frames[same[0]]
        shown, differing, foreign = collections.Counter(), [], []
        for server in (*same[1:], other):
            for number, seen in self.frames[server].items():
                if number not in origin:
                    foreign.append((server, number))
                    continue
                shown[server] += 1
                if seen.captured != origin[number].captured:
                    differing.append((server, number, "time"))
                elif server != other and seen.digest != origin[number].digest:
                    differing.append((server, number, "bytes"))
        return {"origin": len(origin), **shown, "differing": differing, "not_of_origin": foreign,
                "contradictions": len(self.contradictions)}


class Stream(asyncio.Protocol):
    """The answer to one GET /stream. Thread: one (asyncio)."""

    def __init__(self, note):
        self.note = note  # (number, captured, jpeg, is_slate)
        self.received = bytearray()
        self.ended = asyncio.get_running_loop().create_future()
        self.heard_at = time.monotonic()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def data_received(self, data):
        self.heard_at = time.monotonic()
        self.received += data
        while head := PART_HEAD.search(self.received):
            size, seconds, micros, number = map(int, head.groups()[:4])
            end = head.end() + size
            if len(self.received) < end:
                return
            jpeg, is_slate = self.received[head.end():end], head[5] is not None
            del self.received[:end]
            self.note(number, seconds * 1_000_000 + micros, jpeg, is_slate)

    def connection_lost(self, _error):
        if not self.ended.done():
            self.ended.set_result(None)


class Follower:
    """A viewer of a stream, that prefers the first of its `servers`: (name, address). It leaves one
    that is silent, ends, or shows a slate. Thread: one (asyncio).
    """

    def __init__(self, servers, make_socket, sightings):
        self.servers, self.make_socket, self.sightings = servers, make_socket, sightings
        self.position = 0
        self.newest = 0  # number
        self.switches = 0
        self.longest_gap = 0  # between two pictures, seconds
        self.picture_at = None
        self.shows_slate = False
        self.task = None

    @property
    def at(self):
        return self.servers[self.position][0]

    def start(self):
        self.task = asyncio.get_running_loop().create_task(self.run())

    def stop(self):
        if self.task is not None:
            self.task.cancel()

    async def run(self):
        while True:
            await self.watch(self.servers[self.position][1])
            if len(self.servers) > 1:
                self.position = (self.position + 1) % len(self.servers)
                self.switches += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def watch(self, address):
        self.shows_slate = False
        loop = asyncio.get_running_loop()
        sock = self.make_socket()
        try:
            await asyncio.wait_for(loop.sock_connect(sock, address), CONNECT_SECONDS)
            transport, stream = await loop.create_connection(lambda: Stream(self.note), sock=sock)
        except (OSError, asyncio.TimeoutError):
            return sock.close()
        try:
            while not stream.ended.done() and not self.is_in_vain(stream):
                await asyncio.wait((stream.ended,), timeout=SILENCE_SECONDS / 4)
        finally:
            transport.abort()

    def is_in_vain(self, stream):
        return self.shows_slate or time.monotonic() - stream.heard_at > SILENCE_SECONDS

    def note(self, number, captured, jpeg, is_slate):
        self.shows_slate = is_slate and len(self.servers) > 1
        if is_slate:
            return
        now = time.monotonic()
        if self.picture_at is not None:
            self.longest_gap = max(self.longest_gap, now - self.picture_at)
        self.picture_at = now
        self.newest = max(self.newest, number)
        self.sightings.note(self.at, number, captured, jpeg)


class Poller(asyncio.Protocol):
    """Follows a camera from frame to frame on one connection. Thread: one (asyncio)."""

    def __init__(self, leaf, note):
        self.leaf, self.note = leaf, note
        self.received = bytearray()
        self.location = ""  # of the last frame
        self.seen = self.failures = 0
        self.transport = None

    async def run(self, address, sock=None):
        loop = asyncio.get_running_loop()
        if sock is None:
            await loop.create_connection(lambda: self, *address)
        else:
            await loop.sock_connect(sock, address)
            await loop.create_connection(lambda: self, sock=sock)

    def stop(self):
        self.transport.abort()

    def connection_made(self, transport):
        self.transport = transport
        self.ask(self.leaf)

    def ask(self, leaf):
        self.transport.write(f"GET {FRAMES}{leaf} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def data_received(self, data):
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end])
        fields = {name.lower(): value for name, value in HEAD_FIELD.findall(head)}
        whole = end + 4 + int(fields[b"content-length"])
        if len(self.received) < whole:
            return
        body = bytes(self.received[end + 4:whole])
        del self.received[:whole]
        self.answered(head[9:12], fields, body)

    def answered(self, status, fields, body):
        if status == b"302":
            self.location = fields[b"location"].decode()
            return self.ask(self.location)
        if status == b"200":
            number = int(fields[b"x-sequence"])
            if number > self.seen and b"x-slate" not in fields:
                captured = int(fields[b"x-timestamp"].replace(b".", b""))
                self.note(self, number, captured, body)
            self.seen = number
        else:
            self.failures += 1  # too slow for that frame, or the cache gave up
        version = re.search(r"v=\w+|$", self.location)[0]
        self.ask(f"{self.leaf}?after={self.seen}&{version}")
