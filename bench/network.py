# SPDX-License-Identifier: Apache-2.0
"""Private networks on this machine: a server, a router, a client, and a bottleneck between them.

    server 10.9.1.1 -- 10.9.1.2 router 10.9.2.2 -- 10.9.2.1 client

Each is a network namespace (ip-netns(8)). The bottleneck is a token bucket (tc-tbf(8)) on the
server's own interface ("local") or on the router's towards the client ("remote"). Needs root.
"""
import contextlib
import ctypes
import itertools
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

SERVER, CLIENT = "10.9.1.1", "10.9.2.1"
ALLOWED = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
# Large enough for packets built by segmentation offload: with less, tbf splits them.
BURST_BYTES_MIN = 128 << 10
BURST_SECONDS = 0.002
QUEUE_SECONDS = 0.012
# A thin line, as of a home's uplink: its modem has no burst to speak of, and a deeper queue.
LINE_BURST_BYTES = 16 << 10
LINE_QUEUE_SECONDS = 0.1
SAMPLE_SECONDS = 0.25
COMMAND_SECONDS = 20

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000  # <sched.h>

numbers = itertools.count()


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if result.returncode != 0:
        raise OSError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def enter_network(namespace):
    if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def quietly(*command):
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=COMMAND_SECONDS, check=False)


class Namespaces:
    """Network namespaces that are removed together, with the processes' sockets in them.

    A context manager for the main thread: leaving it removes the namespaces and everything in
    them. SIGTERM leaves it, as SIGINT does by default.
    """

    def __init__(self, *roles):
        # Namespace names are global to the machine, interface names are local to their namespace.
        mark = f"{os.getpid()}-{next(numbers)}"
        self.namespaces = tuple(f"fanlight-{mark}-{role}" for role in roles)
        self.old_handlers = {}

    def __enter__(self):
        self.old_handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, self.on_signal)
        try:
            for name in self.namespaces:
                run("ip", "netns", "add", name)
                run("ip", "-n", name, "link", "set", "lo", "up")
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # A second signal from an impatient user must not interrupt the cleanup.
        self.old_handlers[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for name in self.namespaces:
            quietly("ip", "netns", "delete", name)
        for number, handler in self.old_handlers.items():
            signal.signal(number, handler)

    @staticmethod
    def on_signal(number, _frame):
        raise SystemExit(128 + number)

    def build(self):
        """Connects the namespaces, which are there."""

    @staticmethod
    def connect(one, one_name, one_address, other, other_name, other_address):
        run("ip", "link", "add", one_name, "netns", one, "type", "veth",
            "peer", "name", other_name, "netns", other)
        for name, interface, address in ((one, one_name, one_address),
                                         (other, other_name, other_address)):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", interface)
            run("ip", "-n", name, "link", "set", interface, "up")

    @staticmethod
    def add_bucket(namespace, interface, bits_per_second, burst_bytes, queue_bytes):
        run("tc", "-n", namespace, "qdisc", "add", "dev", interface, "root", "tbf",
            "rate", f"{bits_per_second}bit", "burst", str(int(burst_bytes)),
            "limit", str(int(queue_bytes)))

    @staticmethod
    def bucket_counters(namespace, interface):
        """A bucket's counters since its creation: bytes sent, including the headers from Ethernet
        up, packets dropped, and how often it waited."""
        text = run("tc", "-n", namespace, "-s", "-j", "qdisc", "show", "dev", interface)
        root = next(qdisc for qdisc in json.loads(text) if qdisc["kind"] == "tbf")
        return {"bytes": root["bytes"], "drops": root["drops"], "overlimits": root["overlimits"]}

    @staticmethod
    def inside(namespace, cpus=None):
        """A prefix for a command; the command runs under the process id of the prefix."""
        return ["ip", "netns", "exec", namespace] + (["taskset", "-c", cpus] if cpus else [])


class Chain(Namespaces):
    """Servers in a row, each in a namespace of its own: number i sends to i + 1 over a line with a
    token bucket. The queue before a line holds what it sends in `LINE_QUEUE_SECONDS`.
    """

    def __init__(self, count, bits_per_second):
        super().__init__(*map(str, range(count)))
        self.bits_per_second = bits_per_second

    def build(self):
        for number, (one, other) in enumerate(itertools.pairwise(self.namespaces)):
            self.connect(one, "to-next", self.address(number), other, "to-previous",
                         f"10.9.{number}.2")
            self.add_bucket(one, "to-next", self.bits_per_second, LINE_BURST_BYTES,
                            self.bits_per_second / 8 * LINE_QUEUE_SECONDS)

    @staticmethod
    def address(number):
        """Where the next server finds this one."""
        return f"10.9.{number}.1"

    def counters(self, number):
        """Of the line between this server and the next."""
        return self.bucket_counters(self.namespaces[number], "to-next")


class Star(Namespaces):
    """Namespaces on one bridge, which is in a namespace of its own. `thin` sends through a token
    bucket; its queue holds what it sends in `LINE_QUEUE_SECONDS`.
    """

    def __init__(self, *roles, thin, bits_per_second):
        super().__init__("bridge", *roles)
        self.bridge, *others = self.namespaces
        self.roles = dict(zip(roles, others))
        self.thin, self.bits_per_second = thin, bits_per_second

    def build(self):
        run("ip", "-n", self.bridge, "link", "add", "bridge", "type", "bridge")
        run("ip", "-n", self.bridge, "link", "set", "bridge", "up")
        for role, name in self.roles.items():
            run("ip", "link", "add", "line", "netns", name, "type", "veth",
                "peer", "name", role, "netns", self.bridge)
            run("ip", "-n", self.bridge, "link", "set", role, "master", "bridge", "up")
            run("ip", "-n", name, "address", "add", f"{self.address(role)}/24", "dev", "line")
            run("ip", "-n", name, "link", "set", "line", "up")
        self.add_bucket(self.roles[self.thin], "line", self.bits_per_second, LINE_BURST_BYTES,
                        self.bits_per_second / 8 * LINE_QUEUE_SECONDS)

    def address(self, role):
        return f"10.9.0.{list(self.roles).index(role) + 1}"

    def cut(self, role):
        run("ip", "-n", self.bridge, "link", "set", role, "down")

    def mend(self, role):
        run("ip", "-n", self.bridge, "link", "set", role, "up")

    def counters(self):
        return self.bucket_counters(self.roles[self.thin], "line")

    @contextlib.contextmanager
    def inside_of(self, role):
        """This thread, and the processes that it starts, are in the namespace (setns(2))."""
        with open("/proc/thread-self/ns/net", "rb") as here, \
                open(f"/run/netns/{self.roles[role]}", "rb") as there:
            enter_network(there)
            try:
                yield
            finally:
                enter_network(here)

    def socket(self, role):
        """A TCP socket in the namespace, which does not block."""
        with self.inside_of(role):
            made = socket.socket()
        made.setblocking(False)
        return made


class Network(Namespaces):
    """Three namespaces, and counters of what the bottleneck passed and dropped."""

    def __init__(self, bits_per_second=None, bottleneck="local", congestion=None):
        super().__init__("server", "router", "client")
        self.server, self.router, self.client = self.namespaces
        self.bits_per_second = bits_per_second
        self.bottleneck = bottleneck
        self.congestion = congestion
        self.at = {"local": (self.server, "to-router"), "remote": (self.router, "to-client")}

    def build(self):
        for name in self.namespaces:
            self.choose_congestion(name)
        self.connect(self.server, "to-router", SERVER, self.router, "to-server", "10.9.1.2")
        self.connect(self.router, "to-client", "10.9.2.2", self.client, "to-router", CLIENT)
        run("ip", "-n", self.server, "route", "add", "default", "via", "10.9.1.2")
        run("ip", "-n", self.client, "route", "add", "default", "via", "10.9.2.2")
        self.write_setting(self.router, "ip_forward", "1")
        if self.bits_per_second:
            rate = self.bits_per_second / 8
            self.add_bucket(*self.at[self.bottleneck], self.bits_per_second,
                            max(BURST_BYTES_MIN, rate * BURST_SECONDS), rate * QUEUE_SECONDS)

    @staticmethod
    def write_setting(namespace, key, value):
        run("ip", "netns", "exec", namespace, "sh", "-c", 'echo "$1" > "/proc/sys/net/ipv4/$2"',
            "sh", value, key)

    def choose_congestion(self, namespace):
        """A namespace's default must be an algorithm that all users may use (ip-sysctl), so ours is
        allowed while the default is set."""
        if self.congestion is None:
            return
        before = ALLOWED.read_text()
        try:
            if self.congestion not in before.split():
                ALLOWED.write_text(f"{before.strip()} {self.congestion}")
            self.write_setting(namespace, "tcp_congestion_control", self.congestion)
        finally:
            if self.congestion not in before.split():
                ALLOWED.write_text(before)

    # ---- counters ----

    def counters(self):
        """Those of the bottleneck. All zero without one."""
        if not self.bits_per_second:
            return {"bytes": 0, "drops": 0, "overlimits": 0}
        return self.bucket_counters(*self.at[self.bottleneck])

    def retransmitted(self):
        """Segments that the server retransmitted, and connections that it aborted (nstat(8))."""
        text = run(*self.inside(self.server), "nstat", "--json", "--zeros", "--noupdate",
                   "TcpRetransSegs", "TcpExtTCPAbortOnTimeout")
        kernel = json.loads(text)["kernel"]
        return {"retransmitted": int(kernel["TcpRetransSegs"]),
                "aborted": int(kernel["TcpExtTCPAbortOnTimeout"])}

    @contextlib.contextmanager
    def sampled(self):
        """Yields a list to which (monotonic seconds, counters) is appended until the end."""
        samples = []
        over = threading.Event()

        def sample():
            while not over.wait(SAMPLE_SECONDS):
                samples.append((time.monotonic(), self.counters()))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield samples
        finally:
            over.set()
            thread.join()

    def use(self, samples, begin, end):
        """The share of the bucket's rate that was used in an interval; None if unknown."""
        inside = [(at, counters["bytes"]) for at, counters in samples if begin <= at <= end]
        if len(inside) < 2 or not self.bits_per_second:
            return None
        (first_at, first), (last_at, last) = inside[0], inside[-1]
        return (last - first) * 8 / (last_at - first_at) / self.bits_per_second
