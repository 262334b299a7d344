# SPDX-License-Identifier: Apache-2.0
"""Networks of this machine's own: a server, a router and a client, and a bottleneck between them.

    server 10.9.1.1 -- 10.9.1.2 router 10.9.2.2 -- 10.9.2.1 client

Each is a network namespace (ip-netns(8)). The bottleneck is a token bucket (tc-tbf(8)) on the
server's own interface ("local") or on the router's towards the client ("remote"). Needs root.
"""
import contextlib
import itertools
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

SERVER, CLIENT = "10.9.1.1", "10.9.2.1"
ALLOWED = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
# Large enough for packets that segmentation offload has made: with less, tbf cuts them up.
BURST_BYTES_MIN = 128 << 10
BURST_SECONDS = 0.002
QUEUE_SECONDS = 0.012
SAMPLE_SECONDS = 0.25
COMMAND_SECONDS = 20

numbers = itertools.count()


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if result.returncode != 0:
        raise OSError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def quietly(*command):
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=COMMAND_SECONDS, check=False)


class Network:
    """Three namespaces; of the bottleneck what passed it and what it dropped.

    A context manager of the main thread: leaving it removes the namespaces, and with them all that
    is in them; a SIGTERM leaves it, as a SIGINT does by itself.
    """

    def __init__(self, bits_per_second=None, bottleneck="local", congestion=None):
        self.bits_per_second = bits_per_second
        self.bottleneck = bottleneck
        self.congestion = congestion
        # Names of namespaces are the whole machine's, those of interfaces the namespace's.
        mark = f"{os.getpid()}-{next(numbers)}"
        self.server, self.router, self.client = (f"fanlight-{mark}-{who}"
                                                 for who in ("server", "router", "client"))
        self.namespaces = (self.server, self.router, self.client)
        self.at = {"local": (self.server, "to-router"), "remote": (self.router, "to-client")}
        self.old_handlers = {}

    def __enter__(self):
        self.old_handlers[signal.SIGTERM] = signal.signal(signal.SIGTERM, self.on_signal)
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # An impatient second signal leaves nothing behind.
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
        for name in self.namespaces:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
            self.choose_congestion(name)
        self.connect(self.server, "to-router", SERVER, self.router, "to-server", "10.9.1.2")
        self.connect(self.router, "to-client", "10.9.2.2", self.client, "to-router", CLIENT)
        run("ip", "-n", self.server, "route", "add", "default", "via", "10.9.1.2")
        run("ip", "-n", self.client, "route", "add", "default", "via", "10.9.2.2")
        self.write_setting(self.router, "ip_forward", "1")
        if self.bits_per_second:
            namespace, interface = self.at[self.bottleneck]
            rate = self.bits_per_second / 8
            run("tc", "-n", namespace, "qdisc", "add", "dev", interface, "root", "tbf",
                "rate", f"{self.bits_per_second}bit",
                "burst", str(max(BURST_BYTES_MIN, int(rate * BURST_SECONDS))),
                "limit", str(int(rate * QUEUE_SECONDS)))

    @staticmethod
    def connect(one, one_name, one_address, other, other_name, other_address):
        run("ip", "link", "add", one_name, "netns", one, "type", "veth",
            "peer", "name", other_name, "netns", other)
        for name, interface, address in ((one, one_name, one_address),
                                         (other, other_name, other_address)):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", interface)
            run("ip", "-n", name, "link", "set", interface, "up")

    @staticmethod
    def write_setting(namespace, key, value):
        run("ip", "netns", "exec", namespace, "sh", "-c", 'echo "$1" > "/proc/sys/net/ipv4/$2"',
            "sh", value, key)

    def choose_congestion(self, namespace):
        """A namespace's default must be one that is allowed to all (ip-sysctl), so it is for this
        moment."""
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

    # ---- what runs in it ----

    @staticmethod
    def inside(namespace, cpus=None):
        """To be put before a command, which keeps the process id that it begins with."""
        return ["ip", "netns", "exec", namespace] + (["taskset", "-c", cpus] if cpus else [])

    # ---- what the bottleneck counts ----

    def counters(self):
        """Of the bottleneck since it was made: sent bytes with the headers of Ethernet and above,
        dropped packets, and how often it had to wait. All zero when there is none."""
        if not self.bits_per_second:
            return {"bytes": 0, "drops": 0, "overlimits": 0}
        namespace, interface = self.at[self.bottleneck]
        text = run("tc", "-n", namespace, "-s", "-j", "qdisc", "show", "dev", interface)
        root = next(qdisc for qdisc in json.loads(text) if qdisc["kind"] == "tbf")
        return {"bytes": root["bytes"], "drops": root["drops"], "overlimits": root["overlimits"]}

    def retransmitted(self):
        """Segments that the server sent again, and connections that it gave up (nstat(8))."""
        text = run(*self.inside(self.server), "nstat", "--json", "--zeros", "--noupdate",
                   "TcpRetransSegs", "TcpExtTCPAbortOnTimeout")
        kernel = json.loads(text)["kernel"]
        return {"retransmitted": int(kernel["TcpRetransSegs"]),
                "aborted": int(kernel["TcpExtTCPAbortOnTimeout"])}

    @contextlib.contextmanager
    def sampled(self):
        """Yields a list that grows by (seconds of the monotonic clock, counters) until the end."""
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
        """The part of the bucket that was used between two moments; None when it is not known."""
        inside = [(at, counters["bytes"]) for at, counters in samples if begin <= at <= end]
        if len(inside) < 2 or not self.bits_per_second:
            return None
        (first_at, first), (last_at, last) = inside[0], inside[-1]
        return (last - first) * 8 / (last_at - first_at) / self.bits_per_second
