#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many viewers in one process, each of which checks every frame that it receives.

    viewers.py URL --viewers 500 --seconds 60 [--pid PID]

opens them, watches, and prints frames, skipped frames and the memory of process PID.
"""
import argparse
import re
import selectors
import socket
import time

from client import PART_HEAD, ProtocolError, expect, is_whole_jpeg

READ_BYTES = 1 << 18
OPENING = b"\r\n\r\n--boundarydonotcross\r\n"
DELIMITER = b"\r\n--boundarydonotcross\r\n"


class Viewer:
    """One stream in the plain form."""

    def __init__(self, address, target, known):
        self.known = known  # JPEGs by sequence number, shared by all viewers: none may differ
        self.pending = bytearray()
        self.started = False
        self.frames = 0
        self.repeats = 0  # of a frame that stayed the newest for a second
        self.first = self.last = 0  # sequence numbers
        self.slate = ""  # reason of the newest part's slate, if it is one
        self.ended = False
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        self.socket.setblocking(False)

    def read(self):
        data = self.socket.recv(READ_BYTES)
        self.ended = not data
        self.pending += data
        if not self.started:
            end = self.pending.find(OPENING)
            if end < 0:
                return
            expect(self.pending.startswith(b"HTTP/1.1 200 OK\r\n"), bytes(self.pending[:80]))
            del self.pending[:end + len(OPENING)]
            self.started = True
        while self.take_part():
            pass

    def take_part(self):
        end = self.pending.find(b"\r\n\r\n", 0, 400) + 4
        if end < 4:
            return False
        head = PART_HEAD.match(bytes(self.pending[:end]))
        expect(head, f"malformed head of a part: {bytes(self.pending[:end])!r}")
        length, sequence, self.slate = int(head[1]), int(head[3]), (head[4] or b"").decode()
        whole = end + length + len(DELIMITER)
        if len(self.pending) < whole:
            return False
        self.check(sequence, bytes(self.pending[end:end + length]))
        expect(self.pending[end + length:whole] == DELIMITER, f"torn after frame {sequence}")
        del self.pending[:whole]
        return True

    def check(self, sequence, jpeg):
        expect(sequence >= self.last, f"frame {sequence} after {self.last}")
        if sequence not in self.known:
            expect(is_whole_jpeg(jpeg), f"frame {sequence} is not a complete JPEG")
            self.known[sequence] = jpeg
            self.known.pop(sequence - 1000, None)
        expect(jpeg == self.known[sequence], f"frame {sequence} differs between viewers")
        self.first = self.first or sequence
        self.repeats += sequence == self.last
        self.last = sequence
        self.frames += 1

    def skipped(self):
        return self.last - self.first + 1 - (self.frames - self.repeats) if self.frames else 0


class Crowd:
    """Viewers that read as fast as they can. A context manager: leaving it closes them."""
    viewer_type = Viewer

    def __init__(self, address, count, target="/stream"):
        self.selector = selectors.DefaultSelector()
        known = {}
        self.viewers = [self.viewer_type(address, target, known) for _ in range(count)]
        for viewer in self.viewers:
            self.selector.register(viewer.socket, selectors.EVENT_READ, viewer)

    def watch(self, satisfied, seconds):
        """Reads until `satisfied()`; raises when it takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while not satisfied():
            if time.monotonic() > deadline:
                frames = sorted(viewer.frames for viewer in self.viewers)
                raise ProtocolError(f"not satisfied after {seconds} s; frames {frames}")
            for key, _ in self.selector.select(0.1):
                key.data.read()
                expect(not key.data.ended, "a viewer was disconnected")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.selector.close()
        for viewer in self.viewers:
            viewer.socket.close()


def resident(pid):
    if not pid:
        return "unknown"
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return re.search(r"VmRSS:\s+(.*)", status.read())[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pid", type=int, help="the server's process ID, to report its memory")
    options = parser.parse_args()
    host, port, target = re.fullmatch(r"http://([^:/]+):(\d+)(/.*)?", options.url).groups()
    print(f"resident before: {resident(options.pid)}")
    with Crowd((host, int(port)), options.viewers, target or "/stream") as crowd:
        began = time.monotonic()
        crowd.watch(lambda: time.monotonic() > began + options.seconds, options.seconds + 10)
        print(f"resident during: {resident(options.pid)}")
        frames = sorted(viewer.frames for viewer in crowd.viewers)
        skipped = sum(viewer.skipped() for viewer in crowd.viewers)
        print(f"{len(frames)} viewers, {options.seconds} s: {sum(frames)} complete frames, "
              f"per viewer {frames[0]}..{frames[-1]}; {skipped} skipped; no viewer disconnected")
    print(f"resident after: {resident(options.pid)}")


if __name__ == "__main__":
    main()
