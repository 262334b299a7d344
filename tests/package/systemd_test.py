#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""systemd_test.py --packages FOLDER: the installed service under a separate systemd: started by
the first connection, restarted and reloaded under load, killed by the watchdog, repaired by its
user.

The machine (systemd-nspawn) shares this process's network namespace, which is a private one."""
import argparse
import ctypes
import errno
import pathlib
import socket
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "smoke"))
from client import Connection, fetch, is_whole_jpeg, open_stream
from root import Machine, Root

CLONE_NEWNET = 0x40000000
ADDRESS = ("127.0.0.1", 5000)
CONFIG = "/etc/fanlight/fanlight.toml"
DEADLINE_SECONDS = 60

options = argparse.Namespace(packages="")


def enter_a_network_of_our_own():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Clients:
    """Threads that fetch snapshots, one after another, each on a new connection. A context
    manager; errors are in `failures`, and end the threads."""

    def __init__(self, count):
        self.changed = threading.Condition()
        self.answers = [0] * count
        self.failures = []
        self.stopping = False
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True)
                        for number in range(count)]

    def work(self, number):
        while not self.stopping:
            try:
                response = fetch(ADDRESS, "/snapshot")
                if response.status != 200 or not is_whole_jpeg(response.body):
                    raise AssertionError(f"{response.status} {response.reason}")
            except Exception as error:  # any error is what the test looks for
                self.failures.append(repr(error))
                self.stopping = True
            with self.changed:
                self.answers[number] += 1
                self.changed.notify_all()

    def wait_for_more(self, count):
        """Waits until each client has received that many more answers."""
        with self.changed:
            wanted = [answers + count for answers in self.answers]
            reached = self.changed.wait_for(
                lambda: self.failures or all(map(int.__ge__, self.answers, wanted)),
                DEADLINE_SECONDS)
        if not reached:
            raise AssertionError(f"{self.answers} answers, expected {wanted}")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait_for_more(1)
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class Watcher:
    """A thread that watches a stream: `numbers` of its frames. A context manager."""

    def __init__(self):
        self.stream = open_stream(ADDRESS, "/stream")
        self.changed = threading.Condition()
        self.numbers = []
        self.stopping = False
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.stopping:
            number = self.stream.part().sequence
            with self.changed:
                self.numbers.append(number)
                self.changed.notify_all()

    def wait_for_more(self, count):
        with self.changed:
            wanted = len(self.numbers) + count
            if not self.changed.wait_for(lambda: len(self.numbers) >= wanted, DEADLINE_SECONDS):
                raise AssertionError(f"{len(self.numbers)} frames, expected {wanted}")

    def __enter__(self):
        self.thread.start()
        self.wait_for_more(1)
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        self.stream.connection.socket.close()


class ServiceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = cls.enterClassContext(Root(options.packages))
        cls.root.install("fanlight")
        enter_a_network_of_our_own()
        cls.machine = cls.enterClassContext(Machine(cls.root))

    def setUp(self):
        self.configure('source = "pattern"\n')
        self.machine.run("systemctl stop fanlight.service; systemctl reset-failed;"
                         " systemctl restart fanlight.socket")
        # Otherwise two tests could use the same process.
        self.assertEqual(self.state("ActiveState"), "inactive")

    def tearDown(self):
        outcome = self._outcome.result if hasattr(self._outcome, "result") else None
        if outcome is not None and any(test is self for test, _ in
                                       outcome.failures + outcome.errors):
            print(self.machine.run("journalctl --no-pager --boot --lines 60", check=False).stdout)

    def configure(self, text):
        (self.root.folder / CONFIG[1:]).write_text(text)

    def state(self, name, unit="fanlight.service"):
        return self.machine.said(f"systemctl show --value --property={name} {unit}")

    def await_state(self, name, value):
        """Polls: systemctl does not report changes."""
        script = (f'until [ "$(systemctl show --value --property={name} fanlight)" = "{value}" ];'
                  " do :; done")
        self.machine.run(f"timeout {DEADLINE_SECONDS} sh -c '{script}'")

    def journal(self):
        return self.machine.said("journalctl --no-pager --output=cat --unit=fanlight.service"
                                 " _SYSTEMD_INVOCATION_ID=$(systemctl show --value"
                                 " --property=InvocationID fanlight)")

    def test_the_first_connection_starts_it(self):
        self.assertEqual(self.state("SubState", "fanlight.socket"), "listening")
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.await_state("ActiveState", "active")
        # As its own user, with the camera's group, without capabilities, yet with io_uring.
        status = self.machine.said("cat /proc/$(pidof fanlight)/status")
        self.assertNotRegex(status, r"(?m)^Uid:\s+0\b")
        self.assertRegex(status, r"(?m)^Groups:.*\b44\b")
        self.assertRegex(status, r"(?m)^CapEff:\s+0+$")
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")
        self.assertIn("io_uring (", self.journal())
        self.assertEqual(self.state("CPUWeight"), "50")
        # The address is the socket's; `listen` in the file would have no effect.
        self.assertIn("listening on http://127.0.0.1:5000/", self.journal())

    def test_the_units_are_valid(self):
        found = self.machine.run("systemd-analyze verify --man=no fanlight.service fanlight.socket")
        self.assertEqual(found.stdout.strip(), "")

    def test_a_restart_loses_no_connection(self):
        with Clients(4) as clients:
            for _ in range(3):
                before = self.state("MainPID")
                self.machine.run("systemctl restart fanlight.service")
                self.assertNotEqual(self.state("MainPID"), before)
                clients.wait_for_more(2)
        self.assertEqual(clients.failures, [])

    def test_a_stop_is_clean_and_quick(self):
        stream = open_stream(ADDRESS, "/stream")
        stream.part()
        self.machine.run("systemctl stop fanlight.socket fanlight.service")
        while not stream.ended:
            stream.part()
        stream.connection.socket.close()
        self.assertEqual((self.state("Result"), self.state("ExecMainStatus")), ("success", "0"))

    def test_a_reload_drops_no_viewer(self):
        stream = open_stream(ADDRESS, "/stream")
        before = stream.part()
        process = self.state("MainPID")
        self.await_state("ActiveState", "active")
        self.configure('source = "pattern"\nquality = 5\n')
        self.machine.run("systemctl reload fanlight.service")
        while len(stream.part().jpeg) > len(before.jpeg) / 2:
            pass
        stream.connection.socket.close()
        self.assertEqual(self.state("MainPID"), process)
        self.assertRegex(self.journal(), "quality")

    def test_an_invalid_file_at_reload_changes_nothing(self):
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.await_state("ActiveState", "active")
        self.configure('source = "pattern"\nqualitty = 5\n')
        self.assertNotEqual(
            self.machine.run("systemctl reload fanlight.service", check=False).returncode, 0)
        self.machine.run(f"timeout {DEADLINE_SECONDS} sh -c 'until journalctl --unit=fanlight"
                         " --output=cat | grep -q qualitty; do :; done'")
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.assertEqual(self.state("NRestarts"), "0")

    def test_a_hanging_server_is_restarted(self):
        self.machine.run("mkdir -p /run/systemd/system/fanlight.service.d && printf"
                         " '[Service]\\nWatchdogSec=1s\\nRestartSec=0\\n'"
                         " >/run/systemd/system/fanlight.service.d/test.conf;"
                         " systemctl daemon-reload")
        self.addCleanup(self.machine.run, "rm -r /run/systemd/system/fanlight.service.d;"
                                          " systemctl daemon-reload")
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.await_state("ActiveState", "active")
        before = self.state("MainPID")
        self.machine.run(f"kill -STOP {before}")
        with Connection(ADDRESS) as waiting:
            waiting.socket.settimeout(DEADLINE_SECONDS)
            waiting.get("/snapshot")
            self.await_state("NRestarts", "1")
            self.assertNotEqual(self.state("MainPID"), before)
            # A client that connected during the hang gets its answer from the new process, unless
            # the old one had already accepted the connection.
            self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.assertIn("Watchdog timeout", self.machine.said("journalctl --unit=fanlight"))

    def test_a_missing_camera_is_waited_for(self):
        self.configure('source = "v4l2:/dev/video77"\n')
        lost = fetch(ADDRESS, "/snapshot")
        self.assertEqual((lost.status, lost.header("X-Slate")), (503, "camera lost: not there"))
        self.await_state("ActiveState", "active")
        self.assertEqual(self.state("NRestarts"), "0")
        self.assertRegex(self.journal(), "camera: waiting: v4l2:/dev/video77")

    def test_a_service_that_exits_without_a_camera_is_restarted(self):
        self.configure('source = "v4l2:/dev/video77"\nexit-on-no-source = true\n')
        with Connection(ADDRESS) as early:
            early.socket.settimeout(DEADLINE_SECONDS)
            early.get("/snapshot")
            self.await_state("SubState", "auto-restart")
            self.assertEqual(self.state("ExecMainStatus"), "66")
            self.configure('source = "pattern"\n')
            self.machine.run("systemctl restart fanlight.service")
            # It was in the socket's backlog the whole time.
            self.assertEqual(early.response().status, 200)

    def test_an_invalid_file_causes_no_restart(self):
        self.configure('source = "pattern"\nmax-viewers = "many"\n')
        result = self.machine.run("systemctl start fanlight.service", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual((self.state("ActiveState"), self.state("ExecMainStatus"),
                          self.state("NRestarts")), ("failed", "78", "0"))
        self.assertIn(f"{CONFIG}:2: max-viewers", self.journal())
        self.configure('source = "pattern"\n')
        self.machine.run("systemctl restart fanlight.service")
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)

    def drop_in(self, text):
        """As `systemctl edit fanlight` makes it."""
        folder = "/run/systemd/system/fanlight.service.d"
        self.machine.run(f"mkdir -p {folder} && printf '[Service]\\n{text}\\n'"
                         f" >{folder}/test.conf; systemctl daemon-reload")
        self.addCleanup(self.machine.run, f"rm -r {folder}; systemctl daemon-reload")

    def test_a_password_is_a_credential_of_the_service(self):
        """Only root may read the file."""
        self.drop_in("LoadCredential=yard:/etc/fanlight/yard.password")
        self.machine.run("umask 077; echo s3cret >/etc/fanlight/yard.password")
        self.configure('[camera.yard]\nsource = "http://me@127.0.0.1:9/stream"\n'
                       'password-file = "yard"\n')
        self.machine.run("systemctl start fanlight.service")
        self.assertEqual(self.state("ActiveState"), "active")
        # With a file that it cannot read it would not start.
        self.assertIn("yard: waiting: http://127.0.0.1:9/...: cannot connect", self.journal())
        self.assertNotIn("s3cret", self.journal())
        # The new one is there only after a restart, and a reload is no error.
        self.machine.run("systemctl reload fanlight.service")
        self.assertEqual(self.state("ActiveState"), "active")

    def test_a_file_that_the_group_video_may_read(self):
        self.configure('source = "pattern"\n')
        self.machine.run(f"chown root:video {CONFIG}; chmod 0640 {CONFIG}")
        self.addCleanup(self.machine.run, f"chown root:root {CONFIG}; chmod 0644 {CONFIG}")
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)

    def test_requests_are_logged_where_the_service_may_write(self):
        file = "/var/log/fanlight/access.log"
        self.configure(f'source = "pattern"\naccess-log = "{file}"\n')
        self.assertEqual(fetch(ADDRESS, "/snapshot").status, 200)
        self.await_state("ActiveState", "active")
        self.machine.run(f"timeout {DEADLINE_SECONDS} sh -c 'until grep -q /snapshot {file}; do :;"
                         " done'")
        self.machine.run(f"mv {file} {file}.1; systemctl reload fanlight.service")
        self.assertEqual(fetch(ADDRESS, "/healthz").status, 200)
        self.machine.run(f"timeout {DEADLINE_SECONDS} sh -c 'until grep -q /healthz {file}; do :;"
                         " done'")

    def test_the_socket_can_be_overridden(self):
        """As described in fanlight.socket: first an empty line, then another address."""
        folder = "/run/systemd/system/fanlight.socket.d"
        self.machine.run(f"mkdir -p {folder} && printf '[Socket]\\nListenStream=\\n"
                         f"ListenStream=5001\\n' >{folder}/test.conf; systemctl daemon-reload;"
                         " systemctl restart fanlight.socket")
        self.addCleanup(self.machine.run, f"rm -r {folder}; systemctl daemon-reload")
        self.assertEqual(fetch(("127.0.0.1", 5001), "/snapshot").status, 200)
        with socket.socket() as other:
            self.assertEqual(other.connect_ex(ADDRESS), errno.ECONNREFUSED)
        self.machine.run("systemctl stop fanlight.socket fanlight.service")

    def test_an_update_keeps_serving(self):
        with Clients(2) as clients, Watcher() as watcher:
            before = self.state("MainPID")
            self.machine.run("dpkg --install /packages/fanlight_*.deb")
            self.assertNotEqual(self.state("MainPID"), before)
            clients.wait_for_more(2)
            watcher.wait_for_more(20)
        self.assertEqual(clients.failures, [])
        self.assertEqual(watcher.numbers, sorted(watcher.numbers))

    def replace_program(self, script):
        """As an update does: another file takes the name."""
        self.machine.run(f"cp -a /usr/bin/fanlight /usr/bin/fanlight.new; {script};"
                         " mv /usr/bin/fanlight.new /usr/bin/fanlight")

    def test_another_program_takes_over(self):
        stream = open_stream(ADDRESS, "/stream")
        stream.part()
        self.await_state("ActiveState", "active")
        for _ in range(3):
            before = self.state("MainPID")
            self.replace_program(":")
            self.machine.run("systemctl reload fanlight.service")
            self.assertNotEqual(self.state("MainPID"), before)
            stream.parts(10)
        # It is supervised as any main process is.
        self.machine.run(f"kill -9 {self.state('MainPID')}")
        self.await_state("NRestarts", "1")

    def test_a_program_that_does_not_start_changes_nothing(self):
        stream = open_stream(ADDRESS, "/stream")
        stream.part()
        self.await_state("ActiveState", "active")
        before = self.state("MainPID")
        self.machine.run("cp -a /usr/bin/fanlight /usr/bin/fanlight.good")
        try:
            for script in ("echo '#!/bin/false' >/usr/bin/fanlight.new",
                           "echo 'no program' >/usr/bin/fanlight.new"):
                self.replace_program(script)
                result = self.machine.run("systemctl reload fanlight.service", check=False)
                self.assertNotEqual(result.returncode, 0)
                stream.parts(10)
                self.assertEqual(self.state("MainPID"), before)
                self.assertEqual(self.state("ActiveState"), "active")
        finally:
            self.machine.run("mv /usr/bin/fanlight.good /usr/bin/fanlight")
        stream.connection.socket.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
