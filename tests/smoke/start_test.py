#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A start with too few resources: it ends with one line before any client is accepted, or it
serves, even though clients connect from the first moment."""
import selectors
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from client import Connection, ProtocolError, fetch

KNOCKERS = 70  # simultaneous clients
SYSTEM_ERROR = 71


class Knockers:
    """Clients that connect as soon as the port listens, request a stream, and stay; a thread opens
    them while the server starts. A context manager: leaving it closes them."""

    def __init__(self, address):
        self.address = address
        self.sockets = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.knock)

    def knock(self):
        while not self.ended.is_set() and len(self.sockets) < KNOCKERS:
            client = socket.socket()
            try:
                client.connect(self.address)
                client.sendall(b"GET /stream HTTP/1.1\r\nHost: test\r\n\r\n")
                self.sockets.append(client)
            except OSError:  # it does not listen yet, or no longer
                client.close()

    def heard(self):
        """Whether any client has received a byte."""
        with selectors.DefaultSelector() as selector:
            for client in self.sockets:
                selector.register(client, selectors.EVENT_READ)
            for key, _ in selector.select(0):
                try:
                    if key.fileobj.recv(1, socket.MSG_PEEK):
                        return True
                except ConnectionError:
                    continue
        return False

    def __enter__(self):
        self.thread.start()
        return self

    def join(self):
        self.ended.set()
        self.thread.join()

    def __exit__(self, *_):
        self.join()
        for client in self.sockets:
            client.close()


def is_served(address):
    try:
        return fetch(address, "/healthz").status == 200
    except (ConnectionError, ProtocolError, TimeoutError):
        return False


class StartTest(unittest.TestCase):
    def start(self, *flags, restrict):
        """Starts the server on a free port, with clients that connect early. Returns whether it
        serves; if so, it must serve with these clients and after they have left."""
        with harness.reserve_port() as reservation:
            address = reservation.getsockname()
            command = [*harness.command_line(restrict, None), "--listen",
                       f"{address[0]}:{address[1]}", *flags]
            with Knockers(address) as knockers, \
                    subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                try:
                    return self.judge(process, address, knockers)
                finally:
                    process.kill()  # before Popen waits for its end

    def judge(self, process, address, knockers):
        hung = threading.Timer(harness.DEADLINE_SECONDS, process.kill)
        hung.start()
        first = process.stderr.readline()
        hung.cancel()
        if not first.startswith("listening on "):
            rest = process.stderr.read()
            self.assertEqual(process.wait(harness.DEADLINE_SECONDS), SYSTEM_ERROR, first + rest)
            self.assertEqual(rest, "", first)
            self.assertRegex(first, r"^fanlight: .+; try .+")
            knockers.join()
            self.assertFalse(knockers.heard(), "a failed start accepted a client")
            return False
        # The rest is not read, so it must not write more than the pipe's capacity.
        self.wait_until_crowded(process, knockers)
        knockers.__exit__()
        self.wait_until_served(process, address)
        process.terminate()
        self.assertEqual(process.wait(harness.DEADLINE_SECONDS), 0, process.stderr.read())
        return True

    def wait_until_crowded(self, process, knockers):
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while len(knockers.sockets) < KNOCKERS or not knockers.heard():
            self.check(process, deadline)

    def wait_until_served(self, process, address):
        """Until it has detected that its clients left, it may refuse more."""
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while not is_served(address):
            self.check(process, deadline)

    def check(self, process, deadline):
        code = process.poll()
        if code is not None:
            self.fail(f"it exited with {code}: {process.stderr.read()}")
        self.assertLess(time.monotonic(), deadline, "the server does not respond")

    def served(self, limits, name, *flags):
        """The limits with which it served; above the lowest such limit, all must suffice."""
        results = [self.start(*flags, restrict=[name, str(limit)]) for limit in limits]
        least = results.index(True)
        self.assertTrue(all(results[least:]), dict(zip(limits, results)))
        self.assertGreater(least, 0, "the lowest limit is sufficient, so this tests nothing")
        return limits[least:]

    def test_descriptors(self):
        """Every value."""
        enough = self.served(range(30, 54), "--descriptors", "--shards", "2")
        # It must not require more than it uses.
        self.assertLessEqual(enough[0], 52)

    def test_descriptors_of_several_cameras_and_a_database(self):
        self.served(range(44, 68, 6), "--descriptors", "--shards", "2", "--camera", "a=pattern",
                    "--camera", "b=emulator", "--listen", "127.0.0.1:0")

    def test_threads(self):
        """Main, two shards, the camera, the table and the list of devices."""
        enough = self.served(range(1, 9), "--threads", "--shards", "2", "--encode-threads", "0")
        self.assertGreaterEqual(enough[0], 4)

    def test_the_error_states_how_many_descriptors_are_needed(self):
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--shards", "2",
                                          restrict=["--descriptors", "30"])
        self.assertEqual((code, len(lines)), (SYSTEM_ERROR, 1), lines)
        self.assertRegex(lines[0], r"^fanlight: \d+ descriptors are needed, 16 of them for "
                                   r"clients: Too many open files; try .*ulimit -n")

    def test_a_reload_without_descriptors_logs_a_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("source = 'pattern'\n")
            file.flush()
            with harness.Fanlight("--shards", "1", "--config", file.name,
                                  restrict=["--descriptors", "64"]) as fanlight:
                fanlight.wait_for_line("room for")
                crowd = [Connection(fanlight.address) for _ in range(100)]
                fanlight.wait_for_line("Too many open files; with .* new ones are refused")
                fanlight.process.send_signal(signal.SIGHUP)
                fanlight.wait_for_line("^reload: .*(Too many open files|nothing has changed)")
                for connection in crowd:
                    connection.socket.close()
                while not is_served(fanlight.address):
                    pass
                self.assertEqual(fanlight.stop()[0], 0)


if __name__ == "__main__":
    harness.main()
