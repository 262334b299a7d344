#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A relay whose upstream is a name with several addresses: when one dies, it goes on with another,
and its viewers stay. A hosts file in a mount namespace has the name."""
import os
import pathlib
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import open_stream  # noqa: E402

ADDRESSES = ("127.0.0.2", "127.0.0.3")
MORE_ADDRESSES = ("127.0.0.4", "127.0.0.5", "127.0.0.6")
NAME = "upstream"  # without a dot: no --allowed-host is needed
PATTERN = ("--source", "pattern", "--fps", "10", "--size", "160x120")
DEADLINE_SECONDS = 90
BACK_SECONDS = 10  # on a machine that is busy; bench/tree has what it takes on one that is not
# A connection attempt to a host that is off ends after 3 s; libcurl would wait for half of
# --source-timeout, 15 s.
SILENT_SECONDS = 12
RESTARTS = 4  # each begins with the one or the other address


def with_hosts(folder, addresses):
    """A program that runs the server where NAME has these addresses."""
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" +
                     "".join(f"{address} {NAME}\n" for address in addresses))
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    program = folder / "fanlight"
    program.write_text(
        "#!/bin/sh\n"
        f"exec unshare {' '.join(rights)} --mount sh -c 'mount --bind {hosts} /etc/hosts && "
        f'exec {harness.options.binary} "$@"\' sh "$@"\n')
    program.chmod(0o755)
    return program


class FailoverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        reservation = harness.reserve_port("0.0.0.0")  # each upstream has an address of its own
        self.addCleanup(reservation.close)
        self.port = reservation.getsockname()[1]
        self.upstreams = {}
        self.start_upstreams(*ADDRESSES)

    def start_upstreams(self, *addresses):
        for address in addresses:
            self.upstreams[address] = self.start(*PATTERN, listen=(f"{address}:{self.port}",))

    def start(self, *flags, **how):
        server = harness.Fanlight(*flags, **how)
        self.addCleanup(server.__exit__)
        return server

    def relay(self, *flags):
        binary = harness.options.binary
        harness.options.binary = str(with_hosts(self.folder, self.upstreams))
        try:
            relay = self.start("--source", f"http://{NAME}:{self.port}/stream", *flags)
        finally:
            harness.options.binary = binary
        stream = open_stream(relay.address, "/stream")
        self.addCleanup(stream.connection.socket.close)
        self.wait_for_pictures(stream)
        return stream

    def wait_for_pictures(self, stream):
        """Reads until there are some of the camera's, newer than now; returns the seconds."""
        began, now = time.monotonic(), time.time()
        while True:
            part = stream.part()  # raises if the viewer was disconnected
            seconds = time.monotonic() - began
            if not part.slate and part.timestamp > now:
                return seconds
            self.assertLess(seconds, DEADLINE_SECONDS, part.slate)

    def used(self):
        """The address of the upstream that the relay is connected to."""
        [address] = [local for local in self.upstreams if self.is_connected(local)]
        return address

    def is_connected(self, address):
        wanted = f"{int.from_bytes(socket.inet_aton(address), 'little'):08X}:{self.port:04X}"
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        fields = [line.split() for line in lines]
        return any(local == wanted and state == "01" for _, local, _, state, *_ in fields)

    def test_a_dead_server(self):
        stream = self.relay()
        for _ in range(2):  # the second time the other one is the only one
            address = self.used()
            self.upstreams[address].stop(signal.SIGKILL)
            seconds = self.wait_for_pictures(stream)
            print(f"killed: pictures after {seconds:.2f} s", file=sys.stderr)
            self.assertLess(seconds, BACK_SECONDS)
            self.start_upstreams(address)

    def test_a_host_that_is_off(self):
        off, on = ADDRESSES
        self.upstreams[off].stop(signal.SIGKILL)
        # A listener whose backlog is full: SYNs to it are dropped.
        with socket.socket() as silent, socket.socket() as only:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind((off, self.port))
            silent.listen(0)
            only.connect((off, self.port))
            stream = self.relay()
            for _ in range(RESTARTS):
                self.upstreams[on].stop(signal.SIGKILL)
                self.start_upstreams(on)
                seconds = self.wait_for_pictures(stream)
                print(f"off: pictures after {seconds:.2f} s", file=sys.stderr)
                self.assertLess(seconds, SILENT_SECONDS)

    # Each attempt may meet it again, so that there are more of the others.
    def test_a_server_that_hangs(self):
        self.start_upstreams(*MORE_ADDRESSES)
        stream = self.relay("--source-timeout", "2s")
        hanging = self.upstreams[self.used()].process
        hanging.send_signal(signal.SIGSTOP)
        self.addCleanup(hanging.send_signal, signal.SIGCONT)
        seconds = self.wait_for_pictures(stream)
        print(f"hangs: pictures after {seconds:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    harness.main()
