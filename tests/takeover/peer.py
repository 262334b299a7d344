# SPDX-License-Identifier: Apache-2.0
"""One side of a takeover, for tests of the other one: it says what it is told to, right or wrong.
http/takeover/takeover_message.h has the conversation."""
import array
import contextlib
import pathlib
import socket
import struct

DEADLINE_SECONDS = 20
FORMAT = 1
(HELLO, WELCOME, RELOAD, TAKE, LISTENER, OFFER, READY, CAMERAS, STREAMS, COMPLETE, RECEIVED, GO,
 RELEASED, END) = range(1, 15)
MAGIC = b"Fanlight"


def hello(version=FORMAT):
    return struct.pack("<B8sH", HELLO, MAGIC, version)


def welcome(version=FORMAT, text="9.9"):
    return struct.pack("<B8sHQQH", WELCOME, MAGIC, version, 1, 1, len(text)) + text.encode()


def ready(*cameras):
    names = b"".join(struct.pack("<H", len(name)) + name.encode() for name in cameras)
    return struct.pack("<BH", READY, len(cameras)) + names


def received(count):
    return struct.pack("<BI", RECEIVED, count)


def complete(count):
    return struct.pack("<BI", COMPLETE, count)


def listener(role, address):
    return struct.pack("<BBBBH", LISTENER, role, 0, 0, len(address)) + address.encode()


def offer():
    return struct.pack("<BQ", OFFER, 0)


def cameras(*states):
    """(name, newest number, pictures) of each."""
    return struct.pack("<BH", CAMERAS, len(states)) + b"".join(
        struct.pack("<H", len(name)) + name.encode() + struct.pack("<QQ", number, pictures)
        for name, number, pictures in states)


class Peer:
    """Owns: a connected socket, and the descriptors that came with messages. A context manager."""

    def __init__(self, connected):
        self.socket = connected
        self.socket.settimeout(DEADLINE_SECONDS)
        self.descriptors = []

    @classmethod
    def successor(cls, path):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.connect(path)
        return cls(client)

    def say(self, message, *sockets):
        """The other side may have stopped waiting for it, which hear() notices."""
        with contextlib.suppress(BrokenPipeError):
            socket.send_fds(self.socket, [message], [each.fileno() for each in sockets])

    def hear(self):
        """The next message; empty when the other side has closed."""
        message, control, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(4 * 253))
        for level, kind, data in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.descriptors.extend(array.array("i", data[:len(data) - len(data) % 4]))
        return message

    def hear_until(self, kind):
        while message := self.hear():
            if message[0] == kind:
                return message
        raise AssertionError(f"the other side has closed before it said {kind}")

    def expect_end(self):
        try:
            while self.hear():
                pass
        except ConnectionResetError:
            pass

    def become_ready(self, *cameras):
        """Up to the moment when the viewers come."""
        self.say(hello())
        self.hear_until(WELCOME)
        self.say(bytes([TAKE]))
        self.hear_until(OFFER)
        self.say(ready(*cameras))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for descriptor in self.descriptors:
            socket.close(descriptor)


class Predecessor:
    """Listens at `path`. A context manager."""

    def __init__(self, path):
        pathlib.Path(path).unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(DEADLINE_SECONDS)

    def meet(self):
        return Peer(self.listener.accept()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
