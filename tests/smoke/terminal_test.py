#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The output on a terminal, and the same output in a journal or a file."""
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

import harness
from client import open_stream

TIME = r"\d\d:\d\d:\d\d "
FAINT_TIME = rf"\x1b\[2m{TIME}\x1b\[0m"


def environment(**changes):
    """Our environment, without the variables that affect colours, plus these."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("NO_COLOR", "TERM", "JOURNAL_STREAM")}
    return {**kept, "TERM": "xterm", **changes}


class Terminal:
    """The binary with standard error on a pseudo-terminal (pty(7))."""

    def __init__(self, *flags, **changes):
        self.master, slave = pty.openpty()
        command = [harness.options.binary, "--backend", harness.options.backend, *flags]
        self.process = subprocess.Popen(command, stderr=slave, env=environment(**changes))
        os.close(slave)
        self.text = ""

    def wait_for(self, pattern):
        """Waits for a match in the output so far."""
        deadline = time.monotonic() + harness.DEADLINE_SECONDS
        while not (match := re.search(pattern, self.text, re.MULTILINE)):
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            if not ready or not self.read():
                raise AssertionError(f"no {pattern!r} in {self.text!r}")
        return match

    def read(self):
        try:
            data = os.read(self.master, 4096)
        except OSError:  # EIO: the other end is closed
            return False
        self.text += data.decode().replace("\r\n", "\n")
        return bool(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


SERVE = ("--source", "pattern", "--size", "320x240", "--listen", "127.0.0.1:0")


class TerminalTest(unittest.TestCase):
    def test_a_terminal_gets_times_and_colours(self):
        with Terminal(*SERVE, FANLIGHT_PORT="80") as terminal:
            terminal.wait_for(rf"\A{FAINT_TIME}listening on http://127\.0\.0\.1:\d+/\n")
            terminal.wait_for(rf"^{FAINT_TIME}\x1b\[33mFANLIGHT_PORT: .*\x1b\[0m\n")

    def test_without_colours_the_times_stay(self):
        for changes in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(changes), Terminal(*SERVE, **changes) as terminal:
                terminal.wait_for(rf"\A{TIME}listening on http://127\.0\.0\.1:\d+/\n")
                terminal.wait_for(r"^\S+ memory: .*\n")
                self.assertNotIn("\x1b", terminal.text)

    def test_a_terminal_in_a_journaled_desktop_is_a_terminal(self):
        with Terminal(*SERVE, JOURNAL_STREAM="8:1") as terminal:
            terminal.wait_for(rf"\A{FAINT_TIME}listening on ")

    def test_an_error_has_no_time(self):
        with Terminal("--soruce", "pattern") as terminal:
            terminal.wait_for(r"\A\x1b\[31mfanlight: --soruce: no such flag; did you mean "
                              r"'--source'\?; see fanlight --help\x1b\[0m\n")
            self.assertEqual(terminal.process.wait(harness.DEADLINE_SECONDS), 64)

    def test_the_journal_gets_priorities_and_a_file_nothing(self):
        for changes, prefix in (({"JOURNAL_STREAM": "8:1"}, "<6>"), ({}, "")):
            command = [harness.options.binary, "--backend", harness.options.backend, *SERVE]
            with self.subTest(changes), \
                    subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                                     env=environment(**changes)) as process:
                line = process.stderr.readline()
                process.terminate()
                self.assertRegex(line, rf"\A{prefix}listening on http://")
                rest = process.stderr.read()
                self.assertTrue(all(each.startswith(prefix) for each in rest.splitlines()), rest)
                self.assertNotIn("\x1b", rest)


class WordsTest(unittest.TestCase):
    """The lines at the start and at the end."""

    def test_ctrl_c_prints_a_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), harness.Fanlight(*SERVE[:-2], "--fps", "20") as fanlight:
                streams = [open_stream(fanlight.address, "/stream") for _ in range(2)]
                for stream in streams:
                    stream.part()
                fanlight.process.send_signal(number)
                for stream in streams:
                    while not stream.ended:
                        stream.part()
                    stream.connection.socket.close()
                said = fanlight.wait_for_line(
                    r"^stopped after \d+ s: 2 viewers, at most 2 at once; (\d+) pictures, "
                    r"[\d.]+ [KM]B sent")
                self.assertGreaterEqual(int(said[1]), 2)
                self.assertEqual(fanlight.process.wait(harness.DEADLINE_SECONDS), 0)

    def test_a_local_listener_is_explained(self):
        with harness.Fanlight() as fanlight:
            port = fanlight.address[1]
            fanlight.wait_for_line(rf"^only this machine can open it; --listen 0\.0\.0\.0:{port} "
                                   "opens it to the network$")

    def test_a_wildcard_listener_names_a_reachable_address(self):
        for address in ("0.0.0.0:0", "[::]:0"):
            with self.subTest(address), harness.Fanlight(listen=[address]) as fanlight:
                said = fanlight.wait_for_line(
                    r"^open (\S+)( or \S+)* from other machines$|^no other machine can open it yet")
                if said[1]:
                    self.assertRegex(said[1], r"^http://(?!127\.|0\.0|\[::)\S+:\d+/$")
                    self.assertTrue(said[1].endswith(f":{fanlight.address[1]}/"), said[1])
                self.assertRegex(fanlight.lines[0], "^listening on ")

    def test_memory_is_stated_as_used_and_as_limit(self):
        with harness.Fanlight("--frame-memory", "32M", "--max-viewers", "100") as fanlight:
            fanlight.wait_for_line(r"room for 100 viewers$")
            said = fanlight.wait_for_line(r"^memory: (\d+) MB used, at most (\d+) MB when frames "
                                          r"use all 32 MB and viewers \d+ MB$")
            self.assertGreater(int(said[1]), 0)
            self.assertIn(int(said[2]) - int(said[1]), (32, 33))


if __name__ == "__main__":
    harness.main()
