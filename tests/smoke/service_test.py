#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""As a service: notifications, the watchdog, reloads, restarts, inherited sockets."""
import json
import os
import pathlib
import signal
import socket
import tempfile
import threading
import unittest

import harness
import manager
from client import Connection, fetch, open_stream

PATTERN = ["--source", "pattern", "--size", "160x120", "--fps", "20"]


class NotifyTest(unittest.TestCase):
    def test_states_from_the_start_to_the_end(self):
        with manager.Service("--listen", "127.0.0.1:0", *PATTERN) as service:
            ready = service.wait_until_ready()
            self.assertRegex(ready, r"^READY=1\nSTATUS=.+$")
            service.wait_for(service.lines, "listening on")
            service.signal(signal.SIGTERM)
            self.assertEqual(service.wait(), 0)
            service.wait_for(service.states, "STOPPING=1")
            self.assertFalse([state for state in service.states if "WATCHDOG" in state])

    def test_an_abstract_name(self):
        name = f"@fanlight-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind("\0" + name[1:])
            listener.settimeout(harness.DEADLINE_SECONDS)
            with manager.Service("--listen", "127.0.0.1:0", *PATTERN,
                                 environment={"NOTIFY_SOCKET": name}.items()):
                self.assertTrue(listener.recv(4096).startswith(b"READY=1\n"))

    def test_the_watchdog_is_pinged_while_all_shards_run(self):
        with manager.Service("--listen", "127.0.0.1:0", "--shards", "2", *PATTERN,
                             watchdog_microseconds=200_000) as service:
            service.wait_for(service.states, "WATCHDOG=1", count=5)
            service.signal(signal.SIGTERM)
            self.assertEqual(service.wait(), 0)

    def test_a_service_shows_no_emulated_camera(self):
        with manager.Service("--listen", "127.0.0.1:0") as service:
            self.assertEqual(service.wait(), 78)
            service.wait_for(service.lines, "--source")


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name, "fanlight.toml")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, *lines, fps=20, quality=80):
        self.file.write_text("\n".join([
            'listen = "127.0.0.1:0"', *lines, "[camera.front]", 'source = "pattern"',
            'size = "160x120"', f"fps = {fps}", f"quality = {quality}", ""]))

    def service(self):
        service = manager.Service("--config", str(self.file))
        self.addCleanup(service.__exit__)
        service.wait_until_ready()
        line = service.wait_for(service.lines, "listening on")
        return service, harness.address_of(line.split()[-1])

    def reload(self, service, times=1):
        service.signal(signal.SIGHUP)
        service.wait_until_ready(1 + times)

    def test_reloadable_settings_change_without_losing_a_viewer(self):
        self.write()
        service, address = self.service()
        stream = open_stream(address, "/stream")
        before = len(stream.part().jpeg)
        self.write("max-viewers = 1", "max-connections-per-address = 20", 'log-level = "debug"',
                   "idle-timeout = 5", fps=40, quality=5)
        self.reload(service)
        for said in ("front: quality is 5 now, was 80",
                     "front: fps is 40 now, was 20", "max-viewers is 1 now, was auto",
                     "max-connections-per-address is 20 now, was auto",
                     "log-level is debug now, was info",
                     "idle-timeout is 5 now, was 75s"):
            service.wait_for(service.lines, f"reload: {said}")
        sizes = iter(lambda: len(stream.part().jpeg), None)
        self.assertTrue(any(size < before for size in sizes), "no picture of lower quality arrived")
        self.assertEqual(fetch(address, "/stream").status, 503)
        state = json.loads(fetch(address, "/api/v1/state").body)
        self.assertEqual(state["max_viewers"], 1)
        self.assertEqual(state["max_connections_per_address"], 20)
        self.assertEqual(state["flags"]["idle-timeout"], 5)
        self.assertEqual(state["flags"]["camera"]["front"]["quality"], 5)
        self.assertEqual(state["cameras"][0]["quality"], 5)
        sequences = [stream.part().sequence for _ in range(5)]
        self.assertEqual(sequences, sorted(sequences))
        self.assertEqual([state.split("\n")[0] for state in service.states],
                         ["READY=1", "RELOADING=1", "READY=1"])
        self.assertRegex(service.states[1], r"\nMONOTONIC_USEC=\d+\n")
        stream.connection.socket.close()

    def test_other_settings_are_logged_and_stay(self):
        self.write()
        service, address = self.service()
        self.write("shards = 1", "max-egress = \"100Mbit\"", "max-viewers = 1000000",
                   "[camera.back]", 'source = "emulator"')
        text = self.file.read_text().replace("160x120", "320x240")
        self.file.write_text(text)
        self.reload(service)
        for said in ("shards is auto until a restart", "max-egress is auto until a restart",
                     "max-viewers is auto until a restart",
                     "camera back is new; it needs a restart",
                     "front: another size needs a restart"):
            service.wait_for(service.lines, f"reload: {said}")
        flags = json.loads(fetch(address, "/api/v1/state").body)["flags"]
        self.assertEqual((flags["shards"], list(flags["camera"])), ("auto", ["front"]))

    def test_an_invalid_file_changes_nothing(self):
        self.write()
        service, address = self.service()
        self.write("max-viewers = 7", "colour = 1")
        self.reload(service)
        service.wait_for(service.lines, f"reload: {self.file}:3: colour: no such key")
        self.assertEqual(json.loads(fetch(address, "/api/v1/state").body)["flags"]["max-viewers"],
                         "auto")
        self.file.unlink()
        self.reload(service, times=2)
        service.wait_for(service.lines, "No such file")
        self.write()
        self.reload(service, times=3)
        service.wait_for(service.lines, "reload: nothing has changed")

    def test_without_a_file_a_hangup_is_harmless(self):
        with harness.Fanlight(*PATTERN) as fanlight:
            fanlight.process.send_signal(signal.SIGHUP)
            fanlight.wait_for_line("SIGHUP: .*--config")
            self.assertEqual(fetch(fanlight.address, "/healthz").status, 200)


class InheritedSocketTest(unittest.TestCase):
    def test_sockets_by_name_for_viewers_and_for_administration(self):
        with manager.listening_socket() as web, manager.listening_socket() as admin, \
                manager.Service(*PATTERN, sockets=[web, admin], names=["web", "admin"]) as service:
            service.wait_until_ready()
            service.wait_for(service.lines, "for administration")
            said = [line for line in service.lines if line.startswith("listening on")]
            self.assertEqual(said, [
                f"listening on http://127.0.0.1:{web.getsockname()[1]}/",
                f"listening on http://127.0.0.1:{admin.getsockname()[1]}/ for administration"])
            # Not --listen, which would have no effect.
            service.wait_for(service.lines, "ListenStream=")
            for listener in (web, admin):
                self.assertEqual(fetch(listener.getsockname(), "/healthz").status, 200)

    def test_a_restart_loses_no_connection_attempt(self):
        done = threading.Event()
        answered = threading.Semaphore(0)
        answers, failures = [], []

        def ask(address):
            while not done.is_set():
                try:
                    with Connection(address) as connection:
                        connection.get("/healthz", "Connection: close")
                        answers.append(connection.response().status)
                except Exception as error:  # any error means that an attempt was lost
                    failures.append(repr(error))
                answered.release()

        with manager.listening_socket() as listener:
            clients = [threading.Thread(target=ask, args=(listener.getsockname(),))
                       for _ in range(8)]
            service = manager.Service(*PATTERN, "--shards", "2", sockets=[listener])
            service.wait_until_ready()
            for client in clients:
                client.start()
            try:
                for _ in range(6):
                    for _ in range(50):
                        self.assertTrue(answered.acquire(timeout=harness.DEADLINE_SECONDS))
                    service.signal(signal.SIGTERM)
                    self.assertEqual(service.wait(), 0)
                    service.__exit__()
                    service = manager.Service(*PATTERN, "--shards", "2", sockets=[listener])
                    service.wait_until_ready()
            finally:
                done.set()
                for client in clients:
                    client.join()
                service.__exit__()
        self.assertEqual(failures, [])
        self.assertEqual(set(answers), {200})


class UnixSocketTest(unittest.TestCase):
    def test_permissions_are_as_configured(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/socket"
            with harness.Fanlight(*PATTERN, "--unix-mode", "620", listen=[f"unix:{path}"]):
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o620)


if __name__ == "__main__":
    harness.main()
