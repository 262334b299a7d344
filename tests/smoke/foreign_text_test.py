#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Text from other servers, at each place where Fanlight passes it on."""
import json
import struct
import unittest

import harness
from client import Connection, fetch, open_stream
from pictures import make_pictures
from upstream import Upstream

PATIENCE_SECONDS = 30
# A carriage return that would inject a field, an escape, a quote, and bytes that are not UTF-8.
SAID = b"lost\rX-Evil: 1\x1b[31m\"\xff\xe2\x82"
AS_ASCII = r"^lost X-Evil: 1\?+\[31m\"\?+$"


def web_socket_messages(connection, count):
    """The next text messages (RFC 6455 section 5.2)."""
    texts = []
    while len(texts) < count:
        first, size = connection.read_exactly(2)
        if size == 126:
            size, = struct.unpack(">H", connection.read_exactly(2))
        elif size == 127:
            size, = struct.unpack(">Q", connection.read_exactly(8))
        payload = connection.read_exactly(size)
        if first == 0x81:
            texts.append(payload.decode("utf-8"))
    return texts


class ForeignTextTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, pictures = make_pictures(cls, size="320x240")

        def slate(client, _head):
            client.send(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=x"
                        b"\r\n\r\n")
            for _ in range(10 * PATIENCE_SECONDS):
                client.send(b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\nX-Slate: %s"
                            b"\r\n\r\n%s\r\n" % (len(pictures[0]), SAID, pictures[0]))
                client.pause(0.1)
        cls.upstream = Upstream(slate)
        cls.addClassCleanup(cls.upstream.__exit__)
        cls.relay = harness.Fanlight("--source", cls.upstream.url())
        cls.addClassCleanup(cls.relay.__exit__)

    def test_heads_stay_intact(self):
        stream = open_stream(self.relay.address, "/stream")
        with stream.connection:
            self.assertRegex(stream.parts(1)[0].slate, AS_ASCII)
        snapshot = fetch(self.relay.address, "/snapshot")
        self.assertEqual(snapshot.status, 503)
        self.assertRegex(snapshot.header("X-Slate"), AS_ASCII)
        self.assertIsNone(snapshot.header("X-Evil"))

    def test_json_stays_valid(self):
        said = "lost X-Evil: 1\ufffd[31m\"\ufffd\ufffd\ufffd"

        def reason():
            """Empty in the report of a shard that has not seen a slate yet."""
            return json.loads(fetch(self.relay.address, "/cameras").body)["cameras"][0]["reason"]
        self.assertEqual(harness.wait_until(reason, "no reason"), said)
        with Connection(self.relay.address) as connection:
            connection.get("/ws?cameras=*", "Connection: Upgrade", "Upgrade: websocket",
                           "Sec-WebSocket-Version: 13",
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
            self.assertIn(b"101", connection.read_until(b"\r\n\r\n"))
            for text in web_socket_messages(connection, 3):
                self.assertEqual(json.loads(text)["slate"], said)


if __name__ == "__main__":
    harness.main()
