#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nginx as a proxy: with its defaults, and configured as in docs/nginx.md."""
import json
import pathlib
import queue
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "smoke"))
import harness  # noqa: E402
from client import fetch  # noqa: E402
from pictures import make_pictures  # noqa: E402
from proxies import Nginx  # noqa: E402
from upstream import Upstream, one_by_one  # noqa: E402

HANDSHAKE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def documented():
    """The location of docs/nginx.md, and the map outside its server."""
    text = (ROOT / "docs" / "nginx.md").read_text()
    block = re.search(r"```nginx\n(.*?)```", text, re.DOTALL)[1]
    location = re.search(r"location / \{(.*?)\}", block, re.DOTALL)[1]
    return location, re.search(r"map .*?\n\}", block, re.DOTALL)[0]


def next_picture(connection):
    """The JPEG of the next part, which is read to its last byte and no further."""
    head = connection.read_until(b"\r\n\r\n")
    return connection.read_exactly(int(re.search(rb"Content-Length: (\d+)\r\n", head)[1]))


class NginxTest(unittest.TestCase):
    def test_default_configuration_adds_no_delay(self):
        """HTTP/1.0 upstream and buffering: a part arrives whole before there is a next one."""
        _, pictures = make_pictures(type(self))
        shown = queue.SimpleQueue()
        shown.put(pictures[0])  # the server waits for its first one
        self.addCleanup(shown.put, None)
        with Upstream(one_by_one(shown)) as camera, \
                harness.Fanlight("--source", camera.url(),
                                 "--camera-stall-timeout", "60s") as fanlight, \
                Nginx(f"proxy_pass {fanlight.url};") as nginx, nginx.connect() as stream:
            stream.get("/stream", version="1.0")  # with 1.1 nginx would use chunks
            self.assertIn(b"200 OK", stream.read_until(b"\r\n\r\n"))
            received = self.read_all_that_was_sent(fanlight, stream, pictures[0], 0)
            for picture in pictures[1:]:
                shown.put(picture)
                received = self.read_all_that_was_sent(fanlight, stream, picture, received)

    def read_all_that_was_sent(self, fanlight, stream, picture, received):
        """Reads up to `picture` and until no part is in flight; returns how many have arrived. The
        newest one is sent repeatedly, so a proxy that delays parts always has one in flight."""
        while next_picture(stream) != picture:
            received += 1
        received += 1
        for _ in range(5):
            state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
            if state["viewers"][0]["frames"] <= received:
                return received
            next_picture(stream)
            received += 1
        raise AssertionError(f"a part is delayed: {received} arrived")

    def test_upgrade_without_websocket_configuration_is_refused(self):
        with harness.Fanlight() as fanlight, Nginx(f"proxy_pass {fanlight.url};") as nginx:
            with nginx.connect() as client:
                client.get("/ws", *HANDSHAKE)
                self.assertEqual(client.response().status, 426)

    def test_documented_configuration_passes_websockets(self):
        with harness.Fanlight() as fanlight:
            location, outside = documented()
            with Nginx(location.replace("http://127.0.0.1:5000", fanlight.url), outside) as nginx:
                with nginx.connect() as client:
                    client.get("/ws", *HANDSHAKE, f"Origin: http://127.0.0.1:{nginx.port}",
                               host=f"127.0.0.1:{nginx.port}")
                    self.assertIn(b"101 Switching", client.read_until(b"\r\n\r\n"))
                    self.assertEqual(client.read_exactly(1), b"\x81")

    def test_the_outer_name_must_be_allowed(self):
        location, outside = documented()
        for flags, status in (((), 421), (("--allowed-host", "cam.example.org"), 200)):
            with harness.Fanlight(*flags) as fanlight, Nginx(
                    location.replace("http://127.0.0.1:5000", fanlight.url), outside) as nginx:
                with nginx.connect() as client:
                    client.get("/snapshot", host="cam.example.org")
                    answer = client.response()
                    self.assertEqual(answer.status, status)
                    if status == 421:
                        self.assertIn(b"--allowed-host cam.example.org", answer.body)
                    client.get("/snapshot", "X-Forwarded-Host: cam.example.org",
                               host="evil.example")
                    self.assertEqual(client.response().status, 421)

    def test_its_clients_are_not_taken_for_this_machine(self):
        """With its defaults it shows nothing but HTTP/1.0; with HTTP/1.1, one field."""
        modern = "proxy_http_version 1.1; proxy_set_header"
        with harness.Fanlight() as fanlight:
            self.assertEqual(fetch(fanlight.address, "/viewers").status, 200)
            for more in ("", f"{modern} X-Real-IP $remote_addr;", f"{modern} Host cam.local;",
                         f"{modern} X-Forwarded-Proto https;"):
                with Nginx(f"proxy_pass {fanlight.url}; {more}") as nginx, \
                        nginx.connect() as client:
                    client.get("/viewers")
                    self.assertEqual(client.response().status, 403, more)
                    client.get("/api/v1/state")
                    state = json.loads(client.response().body)
                    self.assertEqual((state["view"], state["flags"]), ("viewer", {}), more)

    def test_viewers_behind_it_are_counted_by_their_own_addresses(self):
        with harness.Fanlight("--trusted-proxy", "127.0.0.1", "--max-viewers-per-address",
                              "2") as fanlight:
            location, outside = documented()
            with Nginx(location.replace("http://127.0.0.1:5000", fanlight.url), outside) as nginx:
                statuses = []
                viewers = []
                for source in ("127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.3"):
                    viewers.append(nginx.connect(source))
                    viewers[-1].get("/stream")
                    head = viewers[-1].read_until(b"\r\n\r\n")
                    statuses.append(int(head.split()[1]))
                for viewer in viewers:
                    viewer.socket.close()
                self.assertEqual(statuses, [200, 200, 503, 200])


if __name__ == "__main__":
    harness.main()
