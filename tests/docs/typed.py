# SPDX-License-Identifier: Apache-2.0
"""The commands on pages, and a shell that types them.

Blocks marked `sh` contain commands. Those of a block run in order; a server runs until the next
command or, with `&`, until the block ends, and must exit with 0.
"""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import time

COMMAND_SECONDS = 30
UPSTREAM = "--source pattern --fps 10 --listen 10.0.0.7:5000"
QUICK = {"--list-devices", "--check-config", "--print-config", "--version", "--help", "passwd",
         "plan", "sign"}

# The test card is substituted for cameras: (pattern, replacement).
SUBSTITUTES = [
    (re.compile(r"v4l2:/dev/video\d"), "pattern"),
    (re.compile(r"--source (libcamera|auto)\b"), "--source pattern"),
    (re.compile(r" --control \S+"), ""),
]
# Commands that do not exit with 0: (part of the command, exit code, why).
EXPECTED = [
    ("-X PATCH", 22, "the test card has no controls; tests/vm turns real ones"),
]


def blocks_of(page):
    """(language, text, line) of each fenced block."""
    fence = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    text = page.read_text()
    return [(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in fence.finditer(text)]


def commands_of(text):
    """Lines, without comments; a backslash at the end continues a line."""
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#\s.*$", "", line).strip()
        if line:
            yield line


def with_the_test_card(command):
    for pattern, by in SUBSTITUTES:
        command = pattern.sub(by, command)
    return command


def is_server(command):
    words = shlex.split(command)
    return os.path.basename(words[0]) in ("fanlight", "run") and not QUICK & set(words)


def expected_code(command):
    return next((code for part, code, _ in EXPECTED if part in command), 0)


class Shell:
    """Runs commands with bash in a folder, after `prefix`, which may enter another root."""

    def __init__(self, folder, prefix=(), fanlight="fanlight"):
        self.folder = folder
        self.prefix = prefix
        self.fanlight = fanlight

    def argv(self, script):
        return [*self.prefix, "bash", "-c", script]


class Server:
    """A command that serves. It writes to a file, so that no thread has to read its output."""

    def __init__(self, command, shell):
        # The other machine in the pages on relays.
        relays = "http://10.0.0.7:5000/" in command
        self.upstream = Server(f"{shell.fanlight} {UPSTREAM}", shell) if relays else None
        self.in_background = command.endswith("&")
        self.command = command = command.removesuffix("&").strip()
        # It is read through another open file, which has a separate offset.
        self.output = tempfile.NamedTemporaryFile("a")
        self.process = subprocess.Popen(shell.argv("exec " + command), cwd=shell.folder,
                                        stdin=subprocess.DEVNULL, stderr=self.output,
                                        stdout=self.output)
        deadline = time.monotonic() + COMMAND_SECONDS
        while "listening on" not in self.text() and time.monotonic() < deadline:
            try:
                self.process.wait(0.02)  # or read the output again
                break
            except subprocess.TimeoutExpired:
                pass

    def text(self):
        if not self.output.closed:
            self.said = pathlib.Path(self.output.name).read_text()
        return self.said

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(COMMAND_SECONDS)
        if self.upstream:
            self.upstream.end()
        self.text()
        self.output.close()
        return code


class Typist:
    """Types the commands of one block, for a test that fails if one of them fails."""

    def __init__(self, test, shell):
        self.test = test
        self.shell = shell
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        codes = [server.end() for server in self.servers]
        self.test.assertEqual([code for code in codes if code], [],
                              [(server.command, server.text()) for server in self.servers])

    def type(self, command):
        # A server in the foreground has ended before the next command is typed.
        while self.servers and not self.servers[-1].in_background:
            self.test.assertEqual(self.servers.pop().end(), 0)
        if is_server(command):
            self.start(command)
        else:
            self.run(command)

    def start(self, command):
        server = Server(command, self.shell)
        if code := expected_code(command):
            self.test.assertEqual((server.end(), command), (code, command), server.text())
            return
        self.servers.append(server)
        self.test.assertIn("listening on", server.text(), command)

    def run(self, command, seconds=COMMAND_SECONDS):
        # In bash $! is the last server that was started in the background.
        last = next((server.process.pid for server in reversed(self.servers)), "")
        done = subprocess.run(self.shell.argv(command.replace("$!", str(last))),
                              cwd=self.shell.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=seconds)
        self.test.assertEqual((done.returncode, command), (expected_code(command), command),
                              done.stdout + done.stderr)
