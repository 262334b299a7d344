# SPDX-License-Identifier: Apache-2.0
"""The server under a soak, its camera, and what the kernel says about it."""
import atexit
import collections
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/smoke"))
import certificate  # noqa: E402

START_SECONDS = 30
LINES_MAX = 10_000  # of the log that are kept

Figures = collections.namedtuple("Figures", "rss_kb pss_kb descriptors threads cpu_seconds")


class Pair(certificate.Pair):
    """A server's certificate. `accepted`: fingerprints of those that it may show now."""

    def __init__(self):
        super().__init__()
        self.accepted = frozenset({self.fingerprint()})

    def fingerprint(self):
        """Of what is in the file."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).hexdigest()

    def renew_for(self, server):
        """Another certificate. False: the server does not say that it has read it."""
        self.renew()
        new = self.fingerprint()
        self.accepted |= {new}
        if not server.reload("the certificate .* was read again"):
            return False
        self.accepted = frozenset({new})
        return True


class Server:
    """A process that prints "listening on"; with a TLS listener, of that one first. `login`:
    USER:PASSWORD for its state. Thread: a reader of standard error adds to `lines`."""

    def __init__(self, binary, *flags, log=None, login=""):
        # In a session of its own: an interrupt of the terminal is for the caller, who ends it.
        self.process = subprocess.Popen([binary, *map(str, flags)], stderr=subprocess.PIPE,
                                        text=True, errors="replace", start_new_session=True)
        # Also where the start of another one fails.
        atexit.register(self.process.kill)
        self.lines = collections.deque(maxlen=LINES_MAX)
        self.log = log  # an open file, or None
        self.login = login
        self.address = self.tls_address = None
        self.ready = threading.Event()
        self.awaited = (None, None)  # a pattern, and the event that a line with it sets
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.ready.wait(START_SECONDS) or self.address is None:
            self.process.kill()
            raise SystemExit(f"soak: {binary} does not start: {list(self.lines)}")

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if self.log:
                print(time.strftime("%FT%TZ", time.gmtime()), line, end="", file=self.log,
                      flush=True)
            if match := re.match(r"listening on https://([\d.]+):(\d+)/", line):
                self.tls_address = (match[1], int(match[2]))
            if match := re.match(r"listening on http://([\d.]+):(\d+)/", line):
                self.address = (match[1], int(match[2]))
                self.ready.set()
            pattern, seen = self.awaited
            if pattern and re.search(pattern, line):
                seen.set()
        self.ready.set()

    def reload(self, pattern):
        """SIGHUP. Whether a line with the pattern follows."""
        seen = threading.Event()
        self.awaited = (pattern, seen)
        self.process.send_signal(signal.SIGHUP)
        return seen.wait(START_SECONDS)

    def figures(self):
        return figures_of(self.process.pid)

    def state(self):
        """Its own report, /api/v1/state."""
        url = "http://{}:{}/api/v1/state".format(*self.address)
        login = ["--user", self.login] if self.login else []
        result = subprocess.run(["curl", "-sS", "--fail", "--max-time", "10", *login, url],
                                capture_output=True, timeout=20, check=True)
        return json.loads(result.stdout)

    def seconds_to_baseline(self, descriptors, limit):
        """How long it takes until there is no client, and no more descriptors than that; None: it
        takes longer than the limit."""
        begun = time.monotonic()
        while (took := time.monotonic() - begun) <= limit:
            try:
                state = self.state()
            except subprocess.CalledProcessError:  # no place, or no answer, until others have left
                continue
            connections = sum(shard["connections"] for shard in state["shards"])
            # The request for the state is a connection itself.
            if state["viewer_count"] == 0 and connections <= 1:
                if self.figures().descriptors <= descriptors:
                    return took
        return None

    def end(self, number=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        atexit.unregister(self.process.kill)
        try:
            return self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def figures_of(pid):
    """proc(5). PSS needs the right to trace the process, which its parent has."""
    folder = pathlib.Path("/proc", str(pid))
    rollup = (folder / "smaps_rollup").read_text()
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return Figures(int(re.search(r"^Rss: +(\d+)", rollup, re.M)[1]),
                   int(re.search(r"^Pss: +(\d+)", rollup, re.M)[1]),
                   len(list((folder / "fd").iterdir())), int(fields[17]),
                   (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def free_port():
    """A port that nothing listens on now. For a server that is killed and started again there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Camera:
    """Another server's camera, which can be unplugged: a Fanlight with a moving test card."""

    def __init__(self, binary, fps):
        self.address = f"127.0.0.1:{free_port()}"
        self.command = (binary, "--source", "pattern", "--size", "320x240", "--fps", fps,
                        "--listen", self.address, "--shards", "1")
        self.server = None
        self.plug_in()

    def plug_in(self):
        if self.server is None:
            self.server = Server(*self.command)

    def unplug(self):
        """Without a FIN after the last picture: the process is killed."""
        if self.server is not None:
            self.server.end(signal.SIGKILL)
            self.server = None

    @property
    def url(self):
        return f"http://{self.address}/stream"
