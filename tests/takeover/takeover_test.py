#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A new process takes over from the one that runs: listeners, streams, the place at the service
manager. Nobody may notice."""
import json
import os
import pathlib
import select
import shutil
import signal
import unittest

from case import CAMERA, EX_CONFIG, EX_UNAVAILABLE, TakeoverCase
import certificate
import harness
import manager
from client import Connection, Stream, fetch, open_stream
from viewers import Crowd

VIEWERS = 1000
HANDSHAKE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


class ViewersTest(TakeoverCase):
    def test_a_thousand_viewers_lose_nothing(self):
        address = self.serve()
        with Crowd(address, VIEWERS) as crowd:
            self.expect_continues(crowd)
            instance = self.summary(address)["instance_id"]
            self.take_over()
            self.assertEqual(self.service.wait(), 0)
            self.service.wait_for(self.service.lines, "stopped after")
            self.expect_continues(crowd, 20)
            summary = self.summary(address)
            self.assertEqual(summary["viewers"], VIEWERS)
            self.assertNotEqual(summary["instance_id"], instance)

    def test_again_and_again_with_other_shards_and_backends(self):
        unix = f"{self.folder}/http.sock"
        address = self.serve("--listen", f"unix:{unix}", "--shards", "3")
        process = self.service.process.pid
        with Crowd(address, 30) as crowd:
            for shards, backend in (("1", "epoll"), ("4", "uring"), ("2", "epoll"), ("2", "uring")):
                self.expect_continues(crowd)
                process = self.take_over("--listen", f"unix:{unix}", "--shards", shards,
                                         backend=backend)
                self.expect_continues(crowd)
                state = json.loads(fetch(address, "/api/v1/state").body)
                self.assertEqual(state["viewer_count"], 30)
                self.assertEqual(len(state["shards"]), int(shards))
                for _ in range(20):  # one for each listening socket, more or less
                    self.assertEqual(fetch(address, "/healthz").status, 200)
                self.assertEqual(fetch(unix, "/healthz").status, 200)
        os.kill(process, signal.SIGTERM)
        self.wait_for_state("STOPPING=1")
        self.wait_for_end(process)
        self.assertFalse(os.path.exists(unix))
        self.assertFalse(os.path.exists(self.path))

    def wait_for_end(self, process):
        with open(os.pidfd_open(process), "rb", closefd=True) as end:
            self.assertTrue(select.select([end], [], [], harness.DEADLINE_SECONDS)[0])

    def test_each_form_of_stream_goes_on(self):
        address = self.serve()
        plain = open_stream(address, "/stream")
        seed = open_stream(address, "/video_feed", boundary="frame")
        advance = open_stream(address, "/stream?advance_headers=1", advance=True)
        seed_advance = open_stream(address, "/video_feed?advance_headers=1", boundary="frame",
                                   advance=True)
        dual = open_stream(address, "/stream?dual_final_frames=1")
        ending = open_stream(address, "/stream?frames=4")
        streams = (plain, seed, advance, seed_advance, dual, ending)
        before = [stream.parts(2)[-1] for stream in streams]
        keyed = Connection(address)
        keyed.get("/stream?extra_headers=1&key=kitchen")
        keyed.read_until(b"X-UStreamer-Latency: ")
        self.take_over()
        for stream, part in zip(streams, before):
            after = stream.parts(2)[-1]
            self.assertGreaterEqual(after.sequence, part.sequence)
        self.assertTrue(ending.ended)
        keyed.read_until(b"X-UStreamer-Latency: ")
        keyed.read_until(b"X-UStreamer-Latency: ")
        clients = json.loads(fetch(address, "/state").body)["result"]["stream"]["clients_stat"]
        self.assertEqual([each["key"] for each in clients.values() if each["extra_headers"]],
                         ["kitchen"])
        rows = json.loads(fetch(address, "/api/v1/state").body)["viewers"]
        self.assertEqual(len(rows), 6)
        self.assertTrue(all(row["frames"] >= 3 for row in rows), rows)
        for stream in (*streams, keyed):
            (stream if stream is keyed else stream.connection).socket.close()

    def test_the_rest_of_the_interval_is_waited_for(self):
        address = self.serve()
        slow = open_stream(address, "/stream?fps=0.5")
        first = slow.part()
        self.take_over()
        second = slow.part()
        # The newest frame then, which is older where the camera's thread had to wait.
        self.assertGreaterEqual(second.timestamp - first.timestamp, 1)
        self.assertGreater(second.sequence, first.sequence)
        slow.connection.socket.close()

    def test_a_stream_ends_in_order_after_the_takeover(self):
        address = self.serve()
        stream = open_stream(address, "/stream")
        stream.part()
        process = self.take_over()
        stream.part()
        os.kill(process, signal.SIGTERM)
        while not stream.ended:
            stream.part()
        stream.connection.expect_end()
        stream.connection.socket.close()

    def test_what_cannot_be_passed_on_ends_in_order(self):
        pair = certificate.Pair()
        self.flags[self.flags.index("127.0.0.1:0")] = "http://127.0.0.1:0"
        self.flags += ["--listen", "https://127.0.0.1:0", *pair.flags, "--kernel-tls", "off"]
        address = self.serve()
        secure = harness.address_of(self.secure_url())
        connection = Connection(secure)
        connection.socket = pair.context.wrap_socket(connection.socket, server_hostname="localhost")
        connection.get("/stream")
        encrypted = Stream(connection)
        encrypted.part()
        web_socket = Connection(address)
        web_socket.get("/ws", *HANDSHAKE)
        web_socket.read_until(b"\r\n\r\n")
        plain = open_stream(address, "/stream")
        plain.part()
        self.take_over()
        while not encrypted.ended:
            encrypted.part()
        self.assertTrue(web_socket.read_to_end().endswith(b"\x88\x02\x03\xe9"))
        plain.parts(3)
        with Connection(secure) as again:
            again.socket = pair.context.wrap_socket(again.socket, server_hostname="localhost")
            again.get("/healthz")
            self.assertEqual(again.response().status, 200)
        for each in (plain.connection, encrypted.connection, web_socket):
            each.socket.close()
        pair.folder.cleanup()

    def secure_url(self):
        line = self.service.wait_for(self.service.lines, "listening on https://")
        return line.split()[-1].replace("https", "http")

    def test_a_viewer_that_takes_nothing_does_not_hold_up_the_others(self):
        self.flags[self.flags.index("--size") + 1] = "1280x720"
        address = self.serve("--viewer-stall-timeout", "60s")
        with Connection(address, receive_buffer=4096) as stuck, Crowd(address, 5) as crowd:
            stuck.get("/stream")
            self.expect_continues(crowd, 10)
            self.take_over()
            self.expect_continues(crowd)
            self.assertEqual(self.service.wait(), 0)
            self.assertEqual(self.summary(address)["viewers"], 5)

    def test_a_camera_that_is_not_there_any_more(self):
        self.flags = self.flags[:4]
        address = self.serve("--camera", "a=pattern", "--camera", "b=pattern")
        streams = [open_stream(address, f"/cameras/{name}/stream") for name in "ab"]
        for stream in streams:
            stream.part()
        self.take_over("--camera", "b=pattern", "--camera", "c=pattern")
        while not streams[0].ended:
            streams[0].part()
        streams[0].connection.expect_end()
        streams[0].connection.socket.close()
        # It follows when it has taken its frame, at the latest.
        while not (rows := json.loads(fetch(address, "/api/v1/state").body)["viewers"]):
            streams[1].part()
        self.assertEqual([row["camera"] for row in rows], ["b"])
        streams[1].parts(5)
        streams[1].connection.socket.close()


class ManagerTest(TakeoverCase):
    def test_the_manager_learns_who_the_service_is(self):
        address = self.serve(watchdog_microseconds=400_000)
        stream = open_stream(address, "/stream")
        process = self.take_over()
        self.wait_for_state("READY=1", 2)
        with self.service.changed:
            states = [state for state in self.service.states if not state.startswith("WATCHDOG")]
            count = self.service.states.count("WATCHDOG=1")
        self.assertEqual([state.split("\n")[0] for state in states],
                         ["READY=1", f"MAINPID={process}", "READY=1"])
        self.assertEqual(self.service.wait(), 0)
        self.wait_for_state("WATCHDOG=1", count + 3)
        self.assertFalse([state for state in self.service.states if "STOPPING" in state])
        stream.connection.socket.close()

    def test_inherited_sockets_are_passed_on(self):
        with manager.listening_socket() as web, manager.listening_socket() as admin:
            self.flags = ["--takeover-socket", self.path, *CAMERA]
            self.serve(sockets=[web, admin], names=["web", "admin"])
            for _ in range(2):
                self.take_over()
                for listener in (web, admin):
                    answer = fetch(listener.getsockname(), "/api/v1/state",
                                   "X-Forwarded-For: 192.0.2.1")
                    self.assertEqual(json.loads(answer.body)["view"],
                                     "whole" if listener is admin else "viewer")

    def test_reload_with_the_same_program_reads_the_file_again(self):
        file = pathlib.Path(self.folder, "fanlight.toml")
        file.write_text("idle-timeout = 70\n")
        self.flags += ["--config", str(file)]
        address = self.serve()
        instance = self.summary(address)["instance_id"]
        file.write_text("idle-timeout = 7\n")
        code, log = self.run_command("--reload")
        self.assertEqual((code, log), (0, ""))
        self.service.wait_for(self.service.lines, "reload: idle-timeout is 7 now, was 70")
        self.assertEqual(self.summary(address)["instance_id"], instance)
        file.write_text("colour = 7\n")
        self.assertEqual(self.run_command("--reload")[0], EX_CONFIG)
        self.assertEqual(self.summary(address)["instance_id"], instance)

    def test_reload_with_another_program_takes_over(self):
        address = self.serve()
        copy = shutil.copy2(harness.options.binary, f"{self.folder}/fanlight")
        with Crowd(address, 5) as crowd:
            self.expect_continues(crowd)
            code, log = self.run_command("--reload", binary=copy)
            self.assertEqual(code, 0, log)
            self.wait_for_state("MAINPID=")
            self.expect_continues(crowd)

    def test_reload_without_a_server(self):
        code, log = self.run_command("--reload")
        self.assertEqual(code, EX_UNAVAILABLE)
        self.assertIn("no server to take over from", log)

    def test_a_second_server_at_the_same_socket(self):
        self.serve()
        code, log = self.run_command()
        self.assertEqual(code, 71)
        self.assertIn("--take-over replaces it", log)


if __name__ == "__main__":
    harness.main()
