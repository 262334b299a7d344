# SPDX-License-Identifier: Apache-2.0
"""Debian's nats-server, a client of it that can say anything (docs.nats.io has the protocol), and
Fanlights on both sides."""
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from client import Connection, fetch, open_stream

DEADLINE_SECONDS = 20
SUBJECT = "fanlight.site.front"
PATTERN = ("--source", "pattern", "--fps", "10", "--size", "160x120", "--sandbox", "on")
PARTS_MAX = 400  # until what is waited for is there


class NatsServer:
    """One nats-server on a free port of 127.0.0.1. A context manager: leaving it ends the process.
    `port`: where it listens again after a restart. `lines`: of its configuration."""

    def __init__(self, *lines, port=-1):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        config = folder / "nats.conf"
        config.write_text("\n".join([f"listen: 127.0.0.1:{port}",
                                     f'ports_file_dir: "{folder}"', *lines, ""]))
        self.process = subprocess.Popen(["nats-server", "-c", str(config), "-l",
                                         str(folder / "log")])
        try:
            self.ports = self.read_ports(folder)
        except BaseException:
            self.__exit__()
            raise
        self.port = self.port_of("nats")
        self.address = ("127.0.0.1", self.port)

    def read_ports(self, folder):
        """It writes the file when it listens; the file may be there before its content is."""
        end = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, (folder / "log").read_text()
            try:
                return json.loads((folder / f"nats-server_{self.process.pid}.ports").read_text())
            except (FileNotFoundError, json.JSONDecodeError):
                threading.Event().wait(0.02)
        raise AssertionError("nats-server does not listen")

    def port_of(self, kind):
        return int(re.search(r":(\d+)$", self.ports[kind][0])[1])

    def log(self):
        return pathlib.Path(self.folder.name, "log").read_text()

    def url(self, subject, user="", scheme="nats"):
        return f"{scheme}://{user and user + '@'}127.0.0.1:{self.port}/{subject}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class NatsClient:
    """A context manager: leaving it closes the connection."""

    def __init__(self, address):
        self.connection = Connection(address)
        self.connection.socket.settimeout(DEADLINE_SECONDS)
        self.info = self.line()
        self.connection.send('CONNECT {"verbose":false,"headers":true,"echo":false}\r\n')
        self.flush()

    def line(self):
        return self.connection.read_until(b"\r\n").decode().strip()

    def flush(self):
        """The server has done all that it was told so far."""
        self.connection.send("PING\r\n")
        while True:
            line = self.line()
            if line == "PONG":
                return
            if line == "PING":
                self.connection.send("PONG\r\n")
            else:
                assert line.startswith("INFO"), line

    def publish(self, subject, payload=b"", headers=None, reply=""):
        reply = reply and reply + " "
        if headers is None:
            self.connection.send(f"PUB {subject} {reply}{len(payload)}\r\n")
        else:
            head = "".join(["NATS/1.0\r\n", *(f"{name}: {value}\r\n"
                                              for name, value in headers.items()), "\r\n"])
            self.connection.send(f"HPUB {subject} {reply}{len(head)} "
                                 f"{len(head) + len(payload)}\r\n{head}")
        self.connection.send(payload + b"\r\n")

    def subscribe(self, subject):
        self.connection.send(f"SUB {subject} 1\r\n")
        self.flush()

    def message(self):
        """(headers, payload) of the next one."""
        while True:
            words = self.line().split()
            if words[0] == "PING":
                self.connection.send("PONG\r\n")
            elif words[0] == "HMSG":
                head, size = int(words[-2]), int(words[-1])
                data = self.connection.read_exactly(size + 2)[:-2]
                lines = data[:head].decode().split("\r\n")[1:-2]
                return dict(line.split(": ", 1) for line in lines), data[head:]
            elif words[0] == "MSG":
                return {}, self.connection.read_exactly(int(words[-1]) + 2)[:-2]
            else:
                raise AssertionError(words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.close()


def headers_of(number, jpeg, **others):
    """What a publisher writes; `others`: X_Part="1/2"; None: without that one."""
    headers = {"X-Fanlight": "1", "X-Publisher": "5-test", "X-Number": number, "X-Sequence": number,
               "X-Timestamp": f"{time.time():.6f}", "X-Size": len(jpeg)}
    headers |= {name.replace("_", "-"): value for name, value in others.items()}
    return {name: value for name, value in headers.items() if value is not None}


def camera(url, *flags):
    return harness.Fanlight(*PATTERN, "--publish", url, *flags)


def edge(url, *flags):
    return harness.Fanlight("--source", url, "--sandbox", "on", *flags)


def state_of(fanlight):
    return json.loads(fetch(fanlight.address, "/api/v1/state").body)["cameras"][0]


class Case(unittest.TestCase):
    def using(self, manager):
        self.addCleanup(manager.__exit__)
        return manager

    def stream(self, fanlight):
        stream = open_stream(fanlight.address, "/stream")
        self.addCleanup(stream.connection.socket.close)
        return stream

    def pictures(self, stream, count):
        """The next pictures after slates."""
        parts = []
        for _ in range(PARTS_MAX):
            part = stream.part()
            if not part.slate:
                parts.append(part)
            if len(parts) == count:
                return parts
        raise AssertionError("only slates")
