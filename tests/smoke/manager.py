# SPDX-License-Identifier: Apache-2.0
"""A substitute for systemd: passes sockets, receives the service's notifications, restarts it."""
import os
import socket
import subprocess
import tempfile
import threading

import harness


class Service:
    """One run of the binary under a service manager. A context manager.

    Thread: a reader of the notification socket adds to `states`; all else runs in the test's.
    """

    def __init__(self, *flags, sockets=(), names=(), watchdog_microseconds=0, environment=()):
        self.folder = tempfile.TemporaryDirectory()
        path = f"{self.folder.name}/notify"
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        self.states = []
        self.changed = threading.Condition()
        variables = {**os.environ, "NOTIFY_SOCKET": path, **dict(environment)}
        if watchdog_microseconds:
            variables["WATCHDOG_USEC"] = str(watchdog_microseconds)
        if sockets:
            variables["LISTEN_FDS"] = str(len(sockets))
            variables["LISTEN_FDNAMES"] = ":".join(names or ["web"] * len(sockets))
        # LISTEN_PID and SYSTEMD_EXEC_PID are the shell's process id, which exec keeps.
        spare = 64  # above every descriptor that is moved to 3 and up
        copies = [os.dup2(each.fileno(), spare + i) for i, each in enumerate(sockets)]
        moves = " ".join(f"{3 + i}<&{copy} {copy}<&-" for i, copy in enumerate(copies))
        script = f'export LISTEN_PID=$$ SYSTEMD_EXEC_PID=$$; exec "$@" {moves}'
        command = ["/bin/bash", "-c", script, "service", options_binary(), "--backend",
                   harness.options.backend, *flags]
        self.process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True,
                                        pass_fds=copies)
        for copy in copies:
            os.close(copy)
        self.lines = []
        self.readers = [threading.Thread(target=self.read_states, daemon=True),
                        threading.Thread(target=self.read_lines, daemon=True)]
        for reader in self.readers:
            reader.start()

    def read_states(self):
        while state := self.notify.recv(4096).decode():
            with self.changed:
                self.states.append(state)
                self.changed.notify_all()

    def read_lines(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def wait_for(self, what, found, count=1):
        """Waits until `found` matches `count` times in `what`: states or lines. The last match."""
        def matches():
            return [each for each in what if each is not None and found in each]
        with self.changed:
            self.changed.wait_for(lambda: len(matches()) >= count or None in self.lines,
                                  harness.DEADLINE_SECONDS)
            if len(matches()) < count:
                raise AssertionError(f"no {found!r}: {self.states} {self.lines}")
            return matches()[count - 1]

    def wait_until_ready(self, count=1):
        return self.wait_for(self.states, "READY=1", count)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(harness.DEADLINE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.notify.getsockname())
        for reader in self.readers:
            reader.join()
        self.process.stderr.close()
        self.notify.close()
        self.folder.cleanup()


def options_binary():
    return harness.options.binary


def listening_socket():
    """A listening socket like that of a .socket unit."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)
    return listener
