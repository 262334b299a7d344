#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Relays that pull only the changed segments of another Fanlight."""
import contextlib
import json
import pathlib
import socket
import tempfile
import unittest

import harness
from client import fetch, jpeg_size, open_stream, wait_for_picture
from pictures import make_noisy_pictures, make_pictures
from upstream import Upstream, make_certificate, seed_stream

PATTERN = ("--source", "pattern", "--fps", "10", "--size", "320x240")
HOW = "changed segments of"


def relay_of(url, *flags, **options):
    return harness.Fanlight("--camera", f"yard={url},segments=on", *flags, **options)


def camera_of(fanlight):
    return json.loads(fetch(fanlight.address, "/api/v1/state").body)["cameras"][0]


def pass_on_to(address):
    """A script of an upstream that is a proxy in front of a server."""
    def pump(client, head):
        with socket.create_connection(address) as server:
            server.sendall(head.encode("latin-1"))
            while data := server.recv(1 << 16):
                client.send(data)
    return pump


class SegmentsRelayTest(unittest.TestCase):
    def check_pictures(self, relay, count=15):
        """They are whole, of the right size, and new ones."""
        wait_for_picture(relay.address)
        stream = open_stream(relay.address, "/stream")
        with stream.connection:
            parts = stream.parts(count)
        self.assertEqual({part.slate for part in parts}, {""})
        self.assertEqual({jpeg_size(part.jpeg) for part in parts}, {(320, 240)})
        self.assertGreater(len({part.jpeg for part in parts}), count // 2)
        self.assertEqual([part.timestamp for part in parts],
                         sorted(part.timestamp for part in parts))

    def test_a_chain_relays_whole_pictures(self):
        with harness.Fanlight(*PATTERN) as camera, relay_of(camera.url + "/stream") as middle, \
                relay_of(middle.url + "/cameras/yard/stream") as leaf:
            self.check_pictures(leaf)
            for relay in (middle, leaf):
                state = camera_of(relay)
                self.assertTrue(state["format"].startswith(HOW), state)
                self.assertEqual(state["damaged_by_device"], 0)
            viewers = json.loads(fetch(camera.address, "/api/v1/state").body)["viewers"]
            self.assertEqual([viewer["transport"] for viewer in viewers], ["websocket"])

    def test_a_chain_loses_no_more_than_its_first_relay(self):
        """Noise, which does not count as a change: the camera's server renews it, and relays pass
        on all that it sends, so each shows what the relay before it shows."""
        folder = make_noisy_pictures(type(self), 10)
        with harness.Fanlight("--source", f"files:{folder}", "--fps", "20", "--refresh",
                              "1s") as camera, \
                relay_of(camera.url + "/stream", "--refresh", "1h") as middle, \
                relay_of(middle.url + "/cameras/yard/stream", "--refresh", "1h") as leaf, \
                contextlib.ExitStack() as stack:
            wait_for_picture(leaf.address)
            streams = [open_stream(relay.address, "/stream") for relay in (middle, leaf)]
            for stream in streams:
                stack.enter_context(stream.connection)
            one, other = {}, {}
            while len({one[at] for at in one.keys() & other.keys()}) <= 10:
                self.assertLess(len(one), 400)
                for stream, seen in zip(streams, (one, other)):
                    for part in stream.parts(5):
                        seen[part.timestamp] = part.jpeg
        both = one.keys() & other.keys()
        self.assertEqual([at for at in both if one[at] != other[at]], [], "byte for byte")

    def test_a_picture_that_stays_is_passed_on_byte_for_byte(self):
        _, pictures = make_pictures(type(self))
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "picture.jpg").write_bytes(pictures[0])
            with harness.Fanlight("--source", f"latest:{folder}") as camera, \
                    relay_of(camera.url + "/stream", "--camera-stall-timeout", "3s") as relay:
                stream = open_stream(relay.address, "/stream")
                with stream.connection:
                    parts = stream.parts(4)  # at least two seconds apart
                here = fetch(camera.address, "/snapshot").body
                self.assertEqual({part.jpeg for part in parts}, {here})
                self.assertEqual({part.slate for part in parts}, {""})

    def test_tls_and_a_proxy_are_no_obstacle(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            tls, certificate = make_certificate(folder)
            camera = stack.enter_context(harness.Fanlight(*PATTERN))
            proxy = stack.enter_context(Upstream(pass_on_to(camera.address), tls))
            config = pathlib.Path(folder, "fanlight.toml")
            config.write_text(f'[camera.yard]\nsource = "{proxy.url("/stream")}"\n'
                              f'segments = true\ntls = {{ ca = "{certificate}" }}\n')
            relay = stack.enter_context(harness.Fanlight("--config", str(config)))
            self.check_pictures(relay)
            self.assertTrue(camera_of(relay)["format"].startswith(HOW))

    def test_another_server_is_pulled_as_without_the_option(self):
        _, pictures = make_pictures(type(self))
        with Upstream(seed_stream(pictures)) as upstream, relay_of(upstream.url()) as relay:
            relay.wait_for_line("sends no updates; pulling whole frames")
            self.assertIn(fetch(relay.address, "/snapshot").body, pictures)
            self.assertNotIn(HOW, camera_of(relay)["format"])


if __name__ == "__main__":
    harness.main()
