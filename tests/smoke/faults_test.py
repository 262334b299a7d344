#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults of the real kernel: a server that is not scheduled, clients that reset, a full disk, and
too little memory."""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import harness
from client import Connection, fetch, open_stream

RESET = struct.pack("ii", 1, 0)  # SO_LINGER, time 0: close(2) sends RST (socket(7))
STOPPED_SECONDS = 7  # longer than the time limits of the test
ADDRESSES = 96 << 20  # bytes: too few for the rings and slabs
VIEWERS = 20
# More than the buffers of a socket take while viewers are stopped.
LARGE = ("--source", "pattern", "--size", "1280x720", "--fps", "30", "--send-buffer", "64K")
# What is free at first is full after some lines; what is free then has room for all that the log
# may hold back while its thread waits for a processor (AccessLog::kBufferBytes).
DISK_BYTES, FREE_BYTES = 1 << 20, 16 << 10
REQUESTS_MAX = 10_000


def may_mount_for_itself():
    """Whether `/` is a mount point, which can be made private (restrict.py); that of a chroot(2)
    is mostly none."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return any(mount.split()[4] == "/" for mount in mounts)


class FaultsTest(unittest.TestCase):
    def test_a_server_that_was_stopped_goes_on_with_its_viewers(self):
        """Its time limits have passed meanwhile, but not because of the clients."""
        with harness.Fanlight("--source", "pattern", "--fps", "10", "--viewer-stall-timeout", "5s",
                              "--header-timeout", "5s", "--shards", "2") as fanlight:
            streams = [open_stream(fanlight.address, "/stream") for _ in range(10)]
            for stream in streams:
                stream.parts(2)
            slow = Connection(fanlight.address)
            slow.send("GET /cameras HTTP/1.1\r\nHost: ")
            fanlight.process.send_signal(signal.SIGSTOP)
            os.waitpid(fanlight.process.pid, os.WUNTRACED)
            slow.send("localhost\r\n\r\n")
            self.assertEqual(select.select([slow.socket], [], [], STOPPED_SECONDS)[0], [])
            fanlight.process.send_signal(signal.SIGCONT)
            self.assertEqual(slow.response().status, 200)
            for stream in streams:
                parts = stream.parts(5)
                numbers = [part.sequence for part in parts]
                self.assertEqual(numbers, sorted(numbers))
            for connection in (slow, *(stream.connection for stream in streams)):
                connection.socket.close()
            self.assertEqual(fanlight.stop()[0], 0)

    @contextlib.contextmanager
    def load(self, fanlight, *flags):
        """fanlight-load, whose viewers all have frames; end() ends it."""
        process = subprocess.Popen(
            [harness.options.load, "--viewers", str(VIEWERS), "--duration", "1h", "--check-every",
             "1", "--receive-buffer", "16K", "--tolerate", "--json", "-", *flags,
             fanlight.url + "/stream"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            while f" {VIEWERS} connected" not in process.stderr.readline():
                self.assertIsNone(process.poll())
            yield process
        finally:
            process.kill()
            process.communicate()

    def end(self, load):
        load.send_signal(signal.SIGINT)
        return json.loads(load.communicate(timeout=harness.DEADLINE_SECONDS)[0])

    def stop(self, load):
        load.send_signal(signal.SIGSTOP)
        os.waitpid(load.pid, os.WUNTRACED)

    def test_viewers_that_were_stopped_go_on_with_the_newest_frame(self):
        with harness.Fanlight(*LARGE, "--viewer-stall-timeout", "60s") as fanlight, \
                self.load(fanlight) as load:
            watcher = open_stream(fanlight.address, "/stream")
            self.stop(load)
            watcher.parts(60)
            load.send_signal(signal.SIGCONT)
            seconds_with_frames = 0  # a line each
            while seconds_with_frames < 3:
                line = load.stderr.readline()
                self.assertIn(f" {VIEWERS} connected", line)
                seconds_with_frames += bool(re.search(r"connected +[1-9]", line))
            figures = self.end(load)
            watcher.connection.socket.close()
            self.assertEqual(fanlight.stop()[0], 0)
        for name in ("torn", "falling", "disconnected"):
            self.assertEqual(figures[name], 0, (name, figures))
        self.assertGreater(figures["fast"]["gaps"], 10 * VIEWERS, figures)

    def test_viewers_that_were_stopped_for_too_long_are_closed(self):
        with harness.Fanlight(*LARGE, "--viewer-stall-timeout", "2s") as fanlight, \
                self.load(fanlight) as load:
            self.stop(load)
            harness.wait_until(lambda: self.evicted(fanlight) >= VIEWERS, "all are evicted")
            harness.wait_until(lambda: self.state(fanlight)["viewer_count"] == 0, "all are gone")
            fanlight.wait_for_line(r"closed a connection from 127\.0\.0\.1 after \d+ bytes: no "
                                   r"byte acknowledged for 2 s \(--viewer-stall-timeout\)")
            load.send_signal(signal.SIGCONT)
            figures = json.loads(load.communicate(timeout=harness.DEADLINE_SECONDS)[0])
            self.assertEqual(fanlight.stop()[0], 0)
        self.assertEqual((figures["torn"], figures["disconnected"]), (0, VIEWERS), figures)

    def state(self, fanlight):
        return json.loads(fetch(fanlight.address, "/api/v1/state").body)

    def evicted(self, fanlight):
        return sum(shard["evicted_stalled"] for shard in self.state(fanlight)["shards"])

    def test_a_storm_of_resets_harms_nobody(self):
        with harness.Fanlight("--source", "pattern", "--fps", "10") as fanlight:
            stream = open_stream(fanlight.address, "/stream")
            before = stream.part().sequence
            for number in range(300):
                client = Connection(fanlight.address)
                client.get(("/stream", "/snapshot", "/api/v1/state", "/ws")[number % 4])
                if number % 3 == 0:
                    with contextlib.suppress(ConnectionError):
                        client.socket.recv(100)
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.socket.close()
            parts = stream.parts(5)
            self.assertGreater(parts[-1].sequence, before)
            stream.connection.socket.close()
            self.assertEqual(fanlight.stop()[0], 0)

    def test_a_full_disk_loses_only_the_access_log(self):
        """Writing to /dev/full fails with ENOSPC (full(4))."""
        with harness.Fanlight("--access-log", "/dev/full") as fanlight:
            for _ in range(20):
                self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            fanlight.wait_for_line("access log.*No space left on device|"
                                   "/dev/full.*No space left on device")
            self.assertEqual(fetch(fanlight.address, "/healthz").status, 200)
            self.assertEqual(fanlight.stop()[0], 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs root for a mount")
    @unittest.skipUnless(may_mount_for_itself(), "in a chroot, others would see the mount")
    def test_the_access_log_goes_on_when_a_full_disk_has_room_again(self):
        """Each request has a line, or is counted as missing; one line may have been cut."""
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with harness.Fanlight("--access-log", f"{folder}/access.log",
                              restrict=["--disk", folder, str(DISK_BYTES)]) as fanlight, \
                Connection(fanlight.address) as client:
            disk = pathlib.Path(f"/proc/{fanlight.process.pid}/root", folder.lstrip("/"))
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(DISK_BYTES - FREE_BYTES))
            loss = r"--access-log .*: No space left on device; requests are missing in it"
            requests = self.request_until(client, lambda: fanlight.says(loss))
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            ballast.unlink()
            log = disk / "access.log"
            requests += 1 + self.request_until(client, lambda: b'"dropped"' in log.read_bytes())
            file = self.enterContext(log.open())  # the path ends with the process
            self.assertEqual(fanlight.stop()[0], 0)
            self.assertEqual(len([line for line in fanlight.lines if line and
                                  re.search(loss, line)]), 1)
            self.check_access_log(file.read(), requests)

    def request_until(self, client, is_so):
        """The number of requests, each with an answer."""
        for number in range(REQUESTS_MAX):
            if is_so():
                return number
            client.get("/" + 200 * "x")
            self.assertEqual(client.response().status, 404)
        return self.fail("it never was so")

    def check_access_log(self, text, requests):
        whole, cut = [], []
        for line in text.splitlines():
            try:
                whole.append(json.loads(line))
            except ValueError:
                cut.append(line)
        self.assertLessEqual(len(cut), 1, cut)
        self.assertTrue(all(line.startswith('{"time":') for line in cut), cut)
        dropped = sum(line.get("dropped", 0) for line in whole)
        self.assertGreater(dropped, 0)
        self.assertEqual(sum("target" in line for line in whole) + dropped, requests)

    def test_too_little_memory_for_a_start(self):
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0",
                                          restrict=["--addresses", str(ADDRESSES)])
        self.assertEqual((code, len(lines)), (71, 1), lines)
        self.assertRegex(lines[0], "Cannot allocate memory|memory")


if __name__ == "__main__":
    harness.main()
