#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another server as the camera: trees of relays, all kinds of upstreams, and what goes wrong."""
import base64
import json
import os
import pathlib
import re
import ssl
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

import harness
from client import fetch, open_stream
from upstream import Upstream, chunked_stream, seed_stream, with_password
from viewers import Crowd

PATTERN = ("--source", "pattern", "--fps", "10", "--size", "160x120")
PATIENCE_SECONDS = 30


def relay_of(url, *flags):
    return harness.Fanlight("--source", url, *flags)


class TreeTest(unittest.TestCase):
    """Fanlight behind Fanlight behind Fanlight."""
    @classmethod
    def setUpClass(cls):
        cls.camera = harness.Fanlight(*PATTERN)
        cls.addClassCleanup(cls.camera.__exit__)
        cls.middle = relay_of(cls.camera.url + "/stream")
        cls.addClassCleanup(cls.middle.__exit__)
        cls.leaf = relay_of(cls.middle.url + "/video_feed?advance_headers=0")
        cls.addClassCleanup(cls.leaf.__exit__)

    def stream(self, fanlight, target="/stream"):
        stream = open_stream(fanlight.address, target)
        self.addCleanup(stream.connection.socket.close)
        return stream

    def test_pictures_and_times_are_the_same_at_the_end(self):
        at_camera, at_leaf = self.stream(self.camera), self.stream(self.leaf)
        sent, relayed = {}, {}
        reader = threading.Thread(target=lambda: sent.update(
            {part.timestamp: part.jpeg for part in at_camera.parts(60)}))
        reader.start()
        for part in at_leaf.parts(40):
            self.assertEqual(part.slate, "")
            relayed[part.timestamp] = part.jpeg
        reader.join()
        both = sent.keys() & relayed.keys()
        self.assertGreater(len(both), 10, f"{sorted(sent)} {sorted(relayed)}")
        for timestamp in both:
            self.assertEqual(sent[timestamp], relayed[timestamp])

    def test_each_relay_names_itself(self):
        self.assertIsNone(self.stream(self.camera).head.header("Via"))
        one = self.stream(self.middle).head.header("Via")
        self.assertRegex(one, r"^1\.1 fanlight-[0-9a-f]{16}$")
        two = self.stream(self.leaf).head.header("Via")
        self.assertRegex(two, rf"^{re.escape(one)}, 1\.1 fanlight-[0-9a-f]{{16}}$")
        self.assertNotEqual(*two.split(", "))

    def test_a_snapshot_url_is_asked_again_and_again(self):
        with relay_of(self.camera.url + "/snapshot", "--fps", "20") as relay:
            parts = self.stream(relay).parts(10)
        self.assertGreater(len({part.jpeg for part in parts}), 3)
        self.assertEqual({part.slate for part in parts}, {""})


class SlowTest(unittest.TestCase):
    def test_a_slow_camera_is_not_taken_for_a_lost_one(self):
        with harness.Fanlight("--source", "pattern", "--fps", "0.4", "--size", "160x120") as camera:
            with relay_of(camera.url + "/stream") as relay:
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    seen = {}
                    while len(seen) < 4:
                        part = stream.part()
                        self.assertEqual(part.slate, "")
                        seen[part.sequence] = part.jpeg
        self.assertEqual(len(set(seen.values())), 4)


class UpstreamTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with harness.Fanlight("--source", "emulator", "--fps", "20",
                              "--camera-stall-timeout", "60s") as emulator:
            stream = open_stream(emulator.address, "/stream")
            with stream.connection:
                cls.pictures = sorted({part.jpeg for part in stream.parts(12)})
        assert len(cls.pictures) == 3

    def check_relay(self, upstream, url=None):
        with relay_of(url or upstream.url(), "--camera-stall-timeout", "60s") as relay:
            stream = open_stream(relay.address, "/stream")
            with stream.connection:
                parts = stream.parts(12)
        self.assertEqual({part.jpeg for part in parts}, set(self.pictures))
        self.assertEqual({part.slate for part in parts}, {""})

    def test_one_without_lengths_like_the_tutorial(self):
        with Upstream(seed_stream(self.pictures)) as upstream:
            self.check_relay(upstream)

    def test_one_with_chunks_and_a_boundary_of_its_own(self):
        with Upstream(chunked_stream(self.pictures)) as upstream:
            self.check_relay(upstream)

    def test_the_newest_picture_is_not_held_back_until_the_next(self):
        def one_picture(client, _head):
            client.send(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x"
                        b"\r\n\r\n--x\r\n\r\n" + self.pictures[0])
            client.pause(PATIENCE_SECONDS)
        with Upstream(one_picture) as upstream:
            with relay_of(upstream.url(), "--camera-stall-timeout", "60s") as relay:
                self.assertEqual(fetch(relay.address, "/snapshot").body, self.pictures[0])

    def test_user_and_password_in_the_url(self):
        script = with_password(base64.b64encode(b"admin:s3cr@t").decode(),
                               seed_stream(self.pictures))
        with Upstream(script) as upstream:
            url = upstream.url("/video?pwd=hidden", "admin:s3cr%40t")
            self.check_relay(upstream, url)
            with relay_of(url, "--log-level", "debug") as relay:
                state = fetch(relay.address, "/api/v1/state").body.decode()
                json.loads(state)
                for text in (state, fetch(relay.address, "/state").body.decode(),
                             fetch(relay.address, "/cameras").body.decode()):
                    self.assertNotRegex(text, "s3cr|hidden")
                self.assertIn(f"http://***@127.0.0.1:{upstream.address[1]}/video?pwd=***", state)
                lines = "".join(line for line in relay.lines if line)
            self.assertNotRegex(lines, "s3cr|hidden")
            code, lines = harness.run_to_exit(
                "--source", upstream.url("/video?pwd=hidden", "admin:wr0ng"))
        self.assertEqual(code, 77, lines)
        self.assertIn("USER:PASSWORD@HOST", lines[-1])
        self.assertNotRegex("".join(lines), "wr0ng|hidden")

    def test_https_with_a_certificate_that_is_trusted_or_not(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = pathlib.Path(folder, "key"), pathlib.Path(folder, "certificate")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                            "-days", "2", "-keyout", key, "-out", certificate,
                            "-subj", "/CN=camera", "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True, timeout=60)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
            with Upstream(seed_stream(self.pictures), tls) as upstream:
                code, lines = harness.run_to_exit("--source", upstream.url())
                self.assertEqual(code, 66, lines)
                self.assertIn("its certificate is not trusted", lines[-1])
                with mock.patch.dict(os.environ, SSL_CERT_FILE=str(certificate)):
                    self.check_relay(upstream)

    def test_what_cannot_be_relayed_is_said_at_start(self):
        def says(answer):
            return lambda client, _head: client.send(answer)
        for answer, words in (
                (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
                (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503"),
                (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "text/html"),
                (b"220 mail\r\n", "no web server"), (b"", "without an answer")):
            with self.subTest(words), Upstream(says(answer)) as upstream:
                code, lines = harness.run_to_exit("--source", upstream.url("/", "a:s3cret"))
                self.assertEqual(code, 66, lines)
                self.assertIn(words, lines[-1])
                self.assertIn(upstream.url("/", "***"), lines[-1])
        code, lines = harness.run_to_exit("--source", upstream.url())
        self.assertEqual((code, "Connection refused" in lines[-1]), (66, True), lines)
        code, lines = harness.run_to_exit("--source", "http://a:s3cret@camera:99999/")
        self.assertEqual((code, "s3cret" in "".join(lines)), (64, False), lines)

    def test_nobody_watches_nobody_pulls(self):
        with Upstream(seed_stream(self.pictures)) as upstream:
            with relay_of(upstream.url(), "--capture-idle", "1s") as relay:
                relay.wait_for_line("stopped, nobody watches")
                upstream.wait_for_open(0)
                asked = len(upstream.requests)
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    while stream.part().jpeg not in self.pictures:
                        pass
                    upstream.wait_for_open(1)
                self.assertEqual(len(upstream.requests), asked + 1)
                relay.wait_for_line("stopped, nobody watches", nth=1)
                upstream.wait_for_open(0)


class LossTest(unittest.TestCase):
    def start_camera(self, *flags, port=0):
        camera = harness.Fanlight(*flags, listen=(f"127.0.0.1:{port}",))
        self.addCleanup(camera.__exit__)
        return camera

    def test_viewers_stay_while_the_upstream_is_killed_and_restarted(self):
        camera = self.start_camera(*PATTERN)
        with relay_of(camera.url + "/stream") as relay, Crowd(relay.address, 30) as crowd:
            def all_see(slate):
                return lambda: all(viewer.frames and re.search(slate, viewer.slate)
                                   for viewer in crowd.viewers)
            crowd.watch(all_see("^$"), PATIENCE_SECONDS)
            for _ in range(2):
                camera.process.kill()
                crowd.watch(all_see("camera lost"), PATIENCE_SECONDS)
                camera = self.start_camera(*PATTERN, port=camera.address[1])
                crowd.watch(all_see("^$"), PATIENCE_SECONDS)

    def test_two_that_relay_each_other_say_so(self):
        camera = self.start_camera(*PATTERN)
        with relay_of(camera.url + "/stream") as relay, Crowd(relay.address, 1) as crowd:
            viewer = crowd.viewers[0]
            crowd.watch(lambda: viewer.frames > 0 and not viewer.slate, PATIENCE_SECONDS)
            camera.process.kill()
            crowd.watch(lambda: viewer.slate, PATIENCE_SECONDS)
            self.start_camera("--source", relay.url + "/stream", port=camera.address[1])
            crowd.watch(lambda: "loop" in viewer.slate, PATIENCE_SECONDS)


if __name__ == "__main__":
    harness.main()
