#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another server as the camera: trees of relays, all kinds of upstreams, and their errors."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import unittest
from unittest import mock

import harness
from client import fetch, jpeg_size, open_stream, wait_for_picture
from pictures import make_large_picture, make_pictures
from upstream import (Upstream, chunked_stream, configured, make_certificate, seed_stream,
                      with_password)
from viewers import Crowd

PATTERN = ("--source", "pattern", "--fps", "10", "--size", "160x120")
PATIENCE_SECONDS = 30
PICTURES_PER_SECOND_MAX = 125  # of a stream, unless --fps says otherwise


def relay_of(url, *flags):
    return harness.Fanlight("--source", url, *flags)


class TreeTest(unittest.TestCase):
    """A chain of three: Fanlight relays Fanlight, which relays Fanlight."""
    @classmethod
    def setUpClass(cls):
        cls.camera = harness.Fanlight(*PATTERN)
        cls.addClassCleanup(cls.camera.__exit__)
        cls.middle = relay_of(cls.camera.url + "/stream")
        cls.addClassCleanup(cls.middle.__exit__)
        cls.leaf = relay_of(cls.middle.url + "/video_feed?advance_headers=0")
        cls.addClassCleanup(cls.leaf.__exit__)
        wait_for_picture(cls.leaf.address)

    def stream(self, fanlight, target="/stream"):
        stream = open_stream(fanlight.address, target)
        self.addCleanup(stream.connection.socket.close)
        return stream

    def test_pictures_times_and_numbers_pass_through_unchanged(self):
        at_camera, at_leaf = self.stream(self.camera), self.stream(self.leaf)
        sent, relayed = {}, {}
        reader = threading.Thread(target=lambda: sent.update(
            {part.timestamp: (part.sequence, part.jpeg) for part in at_camera.parts(60)}))
        reader.start()
        for part in at_leaf.parts(40):
            self.assertEqual(part.slate, "")
            relayed[part.timestamp] = (part.sequence, part.jpeg)
        reader.join()
        both = sent.keys() & relayed.keys()
        self.assertGreater(len(both), 10, f"{sorted(sent)} {sorted(relayed)}")
        for timestamp in both:
            self.assertEqual(sent[timestamp], relayed[timestamp])

    def test_each_relay_adds_itself_to_via(self):
        self.assertIsNone(self.stream(self.camera).head.header("Via"))
        one = self.stream(self.middle).head.header("Via")
        self.assertRegex(one, r"^1\.1 fanlight-[0-9a-f]{16}$")
        two = self.stream(self.leaf).head.header("Via")
        self.assertRegex(two, rf"^{re.escape(one)}, 1\.1 fanlight-[0-9a-f]{{16}}$")
        self.assertNotEqual(*two.split(", "))

    def test_a_snapshot_url_is_polled(self):
        with relay_of(self.camera.url + "/snapshot", "--fps", "20") as relay:
            wait_for_picture(relay.address)
            parts = self.stream(relay).parts(10)
        self.assertGreater(len({part.jpeg for part in parts}), 3)
        self.assertEqual({part.slate for part in parts}, {""})


class SlowTest(unittest.TestCase):
    def test_a_slow_camera_is_not_reported_as_lost(self):
        with harness.Fanlight("--source", "pattern", "--fps", "0.4", "--size", "160x120") as camera:
            with relay_of(camera.url + "/stream") as relay:
                wait_for_picture(relay.address)
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    seen = {}
                    while len(seen) < 4:
                        part = stream.part()
                        self.assertEqual(part.slate, "")
                        seen[part.sequence] = part.jpeg
        self.assertEqual(len(set(seen.values())), 4)


class SilentTest(unittest.TestCase):
    """A server that sends only when the picture changes, and one that ends its streams."""
    @classmethod
    def setUpClass(cls):
        _, pictures = make_pictures(cls)
        cls.picture = pictures[0]

    def test_the_picture_stays_while_the_connection_is_open(self):
        is_over = threading.Event()

        def one_picture(client, _head):
            if is_over.is_set():
                client.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
                return
            client.send(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x"
                        b"\r\n\r\n--x\r\n\r\n" + self.picture + b"\r\n--x\r\n")
            is_over.wait(PATIENCE_SECONDS)
        with Upstream(one_picture) as upstream:
            with relay_of(upstream.url(), "--camera-stall-timeout", "500ms") as relay:
                wait_for_picture(relay.address)
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    first = stream.part()
                    for _ in range(3):  # repeats, 1.9 s apart
                        part = stream.part()
                        self.assertEqual((part.slate, part.timestamp), ("", first.timestamp))
                    self.assertEqual(fetch(relay.address, "/readyz").status, 200)
                    self.assertEqual(len(upstream.requests), 1)
                    self.assertFalse([line for line in relay.lines if line and "lost" in line])
                    is_over.set()
                    while not stream.part().slate:
                        pass
                    # While a viewer is watching: an idle camera counts as ready. Another shard may
                    # have the slate a little later.
                    harness.wait_until(lambda: fetch(relay.address, "/readyz").status == 503,
                                       "it is not ready")

    def test_a_first_picture_may_be_late_and_configured_headers_are_sent(self):
        asked = threading.Event()

        def late(client, head):
            self.assertIn("\r\nX-Key: secret\r\n", head)
            if asked.is_set():
                client.pause(2.5)  # longer than a start waits
                client.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" %
                            len(self.picture) + self.picture)
            asked.set()
            client.pause(PATIENCE_SECONDS)
        with Upstream(late) as upstream:
            with configured(upstream.url(), 'headers = { X-Key = "secret" }') as config:
                with harness.Fanlight(*config) as relay:
                    relay.wait_for_line("^camera: waiting: .*no answer")
                    relay.wait_for_line("^camera: available$")
                    self.assertEqual(wait_for_picture(relay.address).body, self.picture)


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
            wait_for_picture(relay.address)
            stream = open_stream(relay.address, "/stream")
            with stream.connection:
                parts = stream.parts(12)
        self.assertEqual({part.jpeg for part in parts}, set(self.pictures))
        self.assertEqual({part.slate for part in parts}, {""})

    def test_an_upstream_without_lengths_like_the_tutorial(self):
        with Upstream(seed_stream(self.pictures)) as upstream:
            self.check_relay(upstream)

    def test_an_upstream_with_chunks_and_another_boundary(self):
        with Upstream(chunked_stream(self.pictures)) as upstream:
            self.check_relay(upstream)

    def test_the_newest_picture_does_not_wait_for_the_next(self):
        def one_picture(client, _head):
            client.send(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x"
                        b"\r\n\r\n--x\r\n\r\n" + self.pictures[0])
            client.pause(PATIENCE_SECONDS)
        with Upstream(one_picture) as upstream:
            with relay_of(upstream.url(), "--camera-stall-timeout", "60s") as relay:
                self.assertEqual(wait_for_picture(relay.address).body, self.pictures[0])

    def test_forty_viewers_get_no_more_of_a_flood_than_they_can_use(self):
        """Each picture that the relay publishes costs a send for each viewer."""
        parts = b"".join(b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" %
                         (len(picture), picture) for picture in self.pictures)

        def flood(client, _head):
            client.send(b"HTTP/1.0 200 OK\r\n"
                        b"Content-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n")
            while True:
                client.send(50 * parts)

        began = time.monotonic()
        with Upstream(flood) as upstream, relay_of(upstream.url()) as relay, \
                Crowd(relay.address, 40) as crowd:
            crowd.watch(lambda: min(viewer.frames for viewer in crowd.viewers) >= 50,
                        PATIENCE_SECONDS)
            metrics = fetch(relay.address, "/metrics").body.decode()
            most = PICTURES_PER_SECOND_MAX * (time.monotonic() - began) + 1
        published = re.search(r'^fanlight_encoded_frames_total\{.*\} (\d+)$', metrics, re.M)[1]
        late = re.search(r'^fanlight_dropped_frames_total\{.*"late"\} (\d+)$', metrics, re.M)[1]
        self.assertLessEqual(int(published), most)
        self.assertLessEqual(max(viewer.frames - viewer.repeats for viewer in crowd.viewers), most)
        self.assertGreater(int(late), int(published))

    def test_user_and_password_in_the_url(self):
        script = with_password(base64.b64encode(b"admin:s3cr@t").decode(),
                               seed_stream(self.pictures))
        with Upstream(script) as upstream:
            url = upstream.url("/hidden/video?pwd=hidden", "admin:s3cr%40t")
            self.check_relay(upstream, url)
            with relay_of(url, "--log-level", "debug") as relay:
                state = fetch(relay.address, "/api/v1/state").body.decode()
                json.loads(state)
                for text in (state, fetch(relay.address, "/state").body.decode(),
                             fetch(relay.address, "/cameras").body.decode()):
                    self.assertNotRegex(text, "s3cr|hidden")
                self.assertIn(f"http://127.0.0.1:{upstream.address[1]}/...", state)
                for target in ("/api/v1/state", "/cameras", "/metrics", "/program.json"):
                    text = fetch(relay.address, target, "Via: 1.1 proxy").body.decode()
                    self.assertNotIn(f"127.0.0.1:{upstream.address[1]}", text)
                lines = "".join(line for line in relay.lines if line)
            self.assertNotRegex(lines, "s3cr|hidden")
            code, lines = harness.run_to_exit(
                "--source", upstream.url("/hidden/video?pwd=hidden", "admin:wr0ng"))
        self.assertEqual(code, 77, lines)
        self.assertIn("USER:PASSWORD@HOST", lines[-1])
        self.assertNotRegex("".join(lines), "wr0ng|hidden")

    def test_https_with_and_without_a_trusted_certificate(self):
        with tempfile.TemporaryDirectory() as folder:
            tls, certificate = make_certificate(folder)
            with Upstream(seed_stream(self.pictures), tls) as upstream:
                code, lines = harness.run_to_exit("--source", upstream.url(),
                                                  "--exit-on-no-source")
                self.assertEqual(code, 66, lines)
                self.assertIn("its certificate is not trusted", lines[-1])
                self.assertIn("self-signed", lines[-1])
                with mock.patch.dict(os.environ, SSL_CERT_FILE=str(certificate)):
                    self.check_relay(upstream)
                self.check_trust(upstream, pathlib.Path(folder, "key"), certificate)

    def check_trust(self, upstream, key, certificate):
        public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                                check=True, capture_output=True, timeout=60).stdout
        pin = "sha256//" + base64.b64encode(hashlib.sha256(public).digest()).decode()
        other = "sha256//" + base64.b64encode(bytes(32)).decode()
        name = upstream.url().replace("127.0.0.1", "localhost")  # the certificate has the address
        for url, keys, refusal in (
                (upstream.url(), f'tls = {{ ca = "{certificate}" }}', None),
                (name, f'tls = {{ ca = "{certificate}" }}', "another name"),
                (name, f'tls = {{ pin = "{pin}" }}', None),
                (name, f'tls = {{ pin = "{other}" }}', "does not match `pin`"),
                (upstream.url(), f'tls = {{ ca = "{certificate}", pin = "{other}" }}', "`pin`"),
                (upstream.url(), 'tls = { ca = "/nowhere" }', "cannot be read"),
                (name, "insecure = true", None)):
            with self.subTest(keys), configured(url, keys) as config:
                if refusal:
                    code, lines = harness.run_to_exit(*config, "--exit-on-no-source")
                    self.assertEqual(code, 66, lines)
                    self.assertIn(refusal, lines[-1])
                    continue
                with harness.Fanlight(*config) as relay:
                    self.assertIn(wait_for_picture(relay.address).body, self.pictures)
                    warned = any("certificate" in line for line in relay.lines if line)
                    self.assertEqual(warned, keys == "insecure = true", relay.lines)

    def test_unusable_upstreams_are_reported_at_start(self):
        def says(answer):
            return lambda client, _head: client.send(answer)
        for answer, words in (
                (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
                (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503"),
                (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "text/html"),
                (b"220 mail\r\n", "not a web server"), (b"", "without a response")):
            with self.subTest(words), Upstream(says(answer)) as upstream:
                source = ("--source", upstream.url("/", "a:s3cret"))
                code, lines = harness.run_to_exit(*source, "--exit-on-no-source")
                self.assertEqual(code, 66, lines)
                self.assertIn(words, lines[-1])
                self.assertIn(upstream.url("/"), lines[-1])
                with harness.Fanlight(*source) as relay:  # later it may answer differently
                    said = relay.wait_for_line("^camera: waiting: (.*)")[1]
                    self.assertIn(words, said)
                    self.assertIn(upstream.url("/"), said)
                    self.assertEqual(fetch(relay.address, "/readyz").status, 503)
        code, lines = harness.run_to_exit("--source", upstream.url(), "--exit-on-no-source")
        self.assertEqual((code, "Connection refused" in lines[-1]), (66, True), lines)
        code, lines = harness.run_to_exit("--source", "http://a:s3cret@camera:99999/")
        self.assertEqual((code, "s3cret" in "".join(lines)), (64, False), lines)

    def test_without_viewers_nothing_is_pulled(self):
        with Upstream(seed_stream(self.pictures)) as upstream:
            with relay_of(upstream.url(), "--capture-idle", "1s") as relay:
                relay.wait_for_line("stopped, no one is watching")
                upstream.wait_for_open(0)
                asked = len(upstream.requests)
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    while stream.part().jpeg not in self.pictures:
                        pass
                    upstream.wait_for_open(1)
                self.assertEqual(len(upstream.requests), asked + 1)
                relay.wait_for_line("stopped, no one is watching", nth=1)
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

    def test_a_relay_started_first_shows_the_pictures_once_they_arrive(self):
        with harness.reserve_port() as reservation:
            port = reservation.getsockname()[1]
            url = f"http://127.0.0.1:{port}/stream"
            with relay_of(url) as relay, Crowd(relay.address, 30) as crowd:
                relay.wait_for_line(rf"^camera: waiting: http://127.0.0.1:{port}/...: .*refused")
                viewers = crowd.viewers
                crowd.watch(lambda: all(each.slate == "camera lost: connection refused"
                                        for each in viewers), PATIENCE_SECONDS)
                self.start_camera(*PATTERN, port=port)
                crowd.watch(lambda: all(each.frames and not each.slate for each in viewers),
                            PATIENCE_SECONDS)
                self.assertFalse([each for each in viewers if each.ended])
                relay.wait_for_line("^camera: available$")
                said = [line for line in relay.lines if "camera: waiting: " in line]
                self.assertEqual(len(said), 1, relay.lines)

    def test_pictures_of_a_late_upstream_fit(self):
        """The ring is created while the upstream is away, and its pictures are large."""
        picture = make_large_picture()
        is_there = threading.Event()

        def one_picture(client, _head):
            if not is_there.is_set():
                client.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
                return
            client.send(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x"
                        b"\r\n\r\n--x\r\n\r\n" + picture + b"\r\n--x\r\n")
            client.pause(PATIENCE_SECONDS)
        with Upstream(one_picture) as upstream:
            with relay_of(upstream.url(), "--camera-stall-timeout", "60s") as relay:
                relay.wait_for_line("^camera: waiting: .*503")
                is_there.set()
                relay.wait_for_line("^camera: available$")
                snapshot = fetch(relay.address, "/snapshot")
                self.assertEqual(jpeg_size(snapshot.body), (3840, 2160))
                self.assertGreater(len(snapshot.body), 9_000_000)

    def test_unresponsive_upstreams_do_not_delay_viewers(self):
        """Eight upstreams that accept and send nothing: tried one after another they would take
        longer than a start may."""
        def says_nothing(client, _head):
            client.pause(PATIENCE_SECONDS)
        with Upstream(says_nothing) as upstream:
            flags = [flag for n in range(8) for flag in ("--camera", f"c{n}={upstream.url()}")]
            with harness.Fanlight(*flags) as relay:
                for n in range(8):
                    stream = open_stream(relay.address, f"/cameras/c{n}/stream?frames=1")
                    with stream.connection:
                        self.assertEqual(stream.part().slate, "camera lost: it does not answer")

    def test_two_servers_relaying_each_other_report_a_loop(self):
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
