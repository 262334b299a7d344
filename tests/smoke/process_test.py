#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process: flags, exit codes, signals, and restricted environments.

Exit codes are those of sysexits.h: 64 usage, 66 no input, 69 unavailable, 71 system error,
77 not permitted.
"""
import os
import pathlib
import signal
import socket
import stat
import tempfile
import unittest
import unittest.mock

import harness
from client import Connection, ProtocolError, fetch, open_stream


class ExitTest(unittest.TestCase):
    """A start that must fail: one clear line, an exit code, nothing half-started."""

    def refused(self, code, said, *flags, **how):
        found, lines = harness.run_to_exit("--listen", "127.0.0.1:0", *flags, **how)
        self.assertEqual(found, code, lines)
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], said)

    def test_usage(self):
        for flags, said in (
                (["--no-such-flag"], "--no-such-flag"),
                (["surplus"], "surplus"),
                (["--size", "640"], "640"),
                (["--size", "0x480"], "0x480"),
                (["--size", "640x480x3"], "640x480x3"),
                (["--shards", "0"], "--?shards"),
                (["--shards", "many"], "--?shards"),
                (["--fps", "0"], "--?fps"),
                (["--quality", "101"], "--?quality"),
                (["--quality", "0"], "--?quality"),
                (["--source", "telepathy"], "telepathy"),
                (["--listen", "nowhere"], "nowhere"),
                (["--listen", "127.0.0.1:99999"], "99999"),
                (["--header-timeout", "soon"], "soon")):
            with self.subTest(flags):
                self.refused(64, said, *flags)
        self.refused(64, "magic", backend="magic")

    def test_misspelt_words_get_a_suggestion(self):
        for flags, meant in ((["--soruce", "pattern"], "--source"),
                             (["/dev/video0"], "--source /dev/video0"),
                             (["--source", "patern"], "pattern"),
                             (["--source", "v4l:/dev/video0"], "v4l2:/dev/video0"),
                             (["--source", "http:10.0.0.7/x"], "http://10.0.0.7/..."),
                             (["--camera", "a=pattern,sze=64x48"], "size"),
                             (["--log-level", "degub"], "debug")):
            with self.subTest(flags):
                self.refused(64, rf"did you mean '{meant}'\?", *flags)
        with tempfile.TemporaryDirectory() as folder:
            self.refused(64, rf"did you mean 'files:{folder}'\?", "--source", folder)
        with unittest.mock.patch.dict(os.environ, FANLIGHT_FSP="5"):
            self.refused(64, r"FANLIGHT_FSP: .*did you mean 'FANLIGHT_FPS'\?")

    def test_a_device_path_is_a_source(self):
        self.refused(66, "/dev/null", "--source", "/dev/null")

    def test_a_missing_folder(self):
        self.refused(66, "/no/such/folder.*No such file", "--source", "files:/no/such/folder")

    def test_a_folder_without_pictures(self):
        with tempfile.TemporaryDirectory() as folder:
            self.refused(66, folder, "--source", f"files:{folder}")

    def test_an_unreadable_folder(self):
        with tempfile.TemporaryDirectory() as folder:  # 0700, so another user may not
            mine = os.geteuid() != 0
            if mine:
                os.chmod(folder, 0)
            self.refused(66, f"{folder}.*Permission denied", "--source", f"files:{folder}",
                         restrict=["--unprivileged"])
            os.chmod(folder, stat.S_IRWXU)

    def test_a_port_in_use(self):
        with harness.Fanlight("--shards", "2") as first:
            taken = f"127.0.0.1:{first.address[1]}"
            code, lines = harness.run_to_exit("--listen", taken, "--shards", "2")
            self.assertEqual((code, len(lines)), (71, 1), lines)
            self.assertRegex(lines[0], rf"{taken}.*Address already in use")
            self.assertEqual(fetch(first.address, "/healthz").status, 200)

    def test_a_port_shared_by_another_server(self):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.bind(("127.0.0.1", 0))
            other.listen()
            code, lines = harness.run_to_exit("--listen", f"127.0.0.1:{other.getsockname()[1]}")
            self.assertEqual((code, len(lines)), (71, 1), lines)

    def test_an_address_of_another_machine(self):
        code, lines = harness.run_to_exit("--listen", "192.0.2.1:0")
        self.assertEqual((code, len(lines)), (71, 1), lines)
        self.assertIn("192.0.2.1", lines[0])

    def test_a_privileged_port(self):
        if os.geteuid() != 0 and int(pathlib.Path(
                "/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
            self.skipTest("every user may bind to port 80 here")
        code, lines = harness.run_to_exit("--listen", "0.0.0.0:80",
                                          restrict=["--unprivileged", "--no-ports"])
        self.assertEqual((code, len(lines)), (77, 1), lines)
        self.assertRegex(lines[0], ":80.*Permission denied")

    def test_forbidden_io_uring(self):
        code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", backend="uring",
                                          restrict=["--no-io-uring"])
        self.assertEqual((code, len(lines)), (69, 1), lines)
        self.assertRegex(lines[0], "io_uring.*Operation not permitted")

    def test_help_and_version(self):
        for flag in ("--help", "--version"):
            self.assertEqual(harness.run_to_exit(flag)[0], 0)


def is_served(address):
    try:
        return fetch(address, "/snapshot").status == 200
    except (ConnectionError, ProtocolError):
        return False


class ServingTest(unittest.TestCase):
    def test_backend_auto_without_io_uring_logs_and_uses_epoll(self):
        with harness.Fanlight(backend="auto", restrict=["--no-io-uring"]) as fanlight:
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            fanlight.wait_for_line(r"epoll.*Operation not permitted|Operation not permitted.*epoll")

    def test_an_unprivileged_user(self):
        with harness.Fanlight("--shards", "2", restrict=["--unprivileged"]) as fanlight:
            with open_stream(fanlight.address, "/stream").connection:
                self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            self.assertEqual(fanlight.stop()[0], 0)

    def test_emulator_is_the_default_and_is_logged(self):
        with harness.Fanlight() as fanlight:
            fanlight.wait_for_line("emulat")
            self.assertRegex(fanlight.lines[0], "^listening on ")

    def test_a_restart_on_the_same_port(self):
        with harness.Fanlight() as fanlight:
            address = fanlight.address
            stream = open_stream(address, "/stream")
            self.assertEqual(fanlight.stop()[0], 0)  # which leaves the port in TIME_WAIT
            stream.connection.socket.close()
        with harness.Fanlight(listen=[f"127.0.0.1:{address[1]}"]) as fanlight:
            self.assertEqual(fetch(address, "/healthz").status, 200)

    def test_signals_stop_it_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), \
                    harness.Fanlight("--source", "pattern", "--shards", "2") as fanlight:
                forms = [{}, {"advance": True}, {"boundary": "frame"}]
                targets = ["/stream", "/stream?advance_headers=1", "/video_feed"]
                streams = [open_stream(fanlight.address, target, **form)
                           for target, form in zip(targets, forms) for _ in range(3)]
                for stream in streams:
                    stream.part()
                idle = Connection(fanlight.address)
                idle.get("/healthz")
                idle.response()

                fanlight.process.send_signal(number)
                for stream in streams:
                    while not stream.ended:
                        stream.part()
                    stream.connection.expect_end()
                    stream.connection.socket.close()
                idle.expect_end()
                idle.socket.close()
                self.assertEqual(fanlight.process.wait(harness.DEADLINE_SECONDS), 0)

    def test_stalled_viewers_do_not_delay_the_exit(self):
        with harness.Fanlight("--source", "pattern", "--fps", "30", "--viewer-stall-timeout",
                              "1h") as fanlight:
            stalled = [Connection(fanlight.address) for _ in range(5)]
            for connection in stalled:
                connection.get("/stream")
            self.assertEqual(fanlight.stop()[0], 0)  # well before that hour
            for connection in stalled:
                connection.socket.close()

    def test_a_second_signal_stops_it_immediately(self):
        with harness.Fanlight("--source", "pattern", "--fps", "30") as fanlight:
            with Connection(fanlight.address) as stalled:
                stalled.get("/stream")
                fanlight.process.send_signal(signal.SIGTERM)
                self.assertIn(fanlight.stop()[0], (0, -signal.SIGTERM))

    def test_several_listeners(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/fanlight.sock"
            listen = ["127.0.0.1:0", "127.0.0.2:0", f"unix:{path}"]
            with harness.Fanlight("--shards", "2", listen=listen) as fanlight:
                for url in fanlight.urls:
                    for _ in range(4):  # may reach either shard
                        address = harness.address_of(url)
                        self.assertEqual(fetch(address, "/healthz").status, 200, url)
                self.assertEqual(fanlight.stop()[0], 0)
            self.assertFalse(os.path.exists(path))

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError as error:
            self.skipTest(str(error))
        with harness.Fanlight(listen=["[::1]:0", "127.0.0.1:0"]) as fanlight:
            self.assertRegex(fanlight.urls[0], r"^http://\[::1\]:\d+/$")
            with socket.create_connection(("::1", int(fanlight.urls[0].split(":")[-1][:-1]))) as v6:
                v6.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                self.assertTrue(v6.recv(1000).startswith(b"HTTP/1.1 200 OK"))

    def test_running_out_of_descriptors(self):
        with harness.Fanlight("--shards", "1", restrict=["--descriptors", "64"]) as fanlight:
            crowd = [Connection(fanlight.address)]
            crowd[0].get("/healthz")
            self.assertEqual(crowd[0].response().status, 200)
            crowd += [Connection(fanlight.address) for _ in range(99)]
            for connection in crowd:
                connection.socket.close()
            # Until it has detected that they left, it may refuse more clients.
            while not is_served(fanlight.address):
                pass
            self.assertEqual(fanlight.stop()[0], 0)

    def test_max_viewers_is_enforced(self):
        with harness.Fanlight("--max-viewers", "2", "--shards", "2") as fanlight:
            streams = [open_stream(fanlight.address, "/stream") for _ in range(2)]
            refused = fetch(fanlight.address, "/stream")
            self.assertEqual(refused.status, 503)
            self.assertRegex(refused.header("Retry-After"), r"^\d+$")
            self.assertEqual(fetch(fanlight.address, "/snapshot").status, 200)
            for stream in streams:
                stream.connection.socket.close()


if __name__ == "__main__":
    harness.main()
