#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Client identity: the admin listener, trusted proxies, and which clients see viewer addresses."""
import json
import pathlib
import tempfile
import unittest

import harness
from client import Connection, fetch, open_stream

ADMINS = 40  # at the same time, so that the shards hand some to each other


class AddressTest(unittest.TestCase):
    def serve(self, *flags):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.admin = str(pathlib.Path(folder.name) / "admin.sock")
        fanlight = harness.Fanlight("--source", "pattern", "--fps", "5", "--size", "320x240",
                                    "--admin-listen", f"unix:{self.admin}", *flags)
        self.addCleanup(fanlight.__exit__)
        fanlight.wait_for_line(r"^listening on unix:\S+ for administration$")
        return fanlight

    def watch(self, fanlight, *headers):
        stream = open_stream(fanlight.address, "/stream", *headers)
        self.addCleanup(stream.connection.socket.close)
        stream.part()
        return stream

    def test_local_clients_see_addresses_unless_behind_a_proxy(self):
        fanlight = self.serve()
        self.watch(fanlight)
        page = fetch(fanlight.address, "/viewers")
        self.assertEqual(page.status, 200)
        self.assertIn(b"<tr><td>127.0.0.1<td><a href=\"cameras/camera\">camera</a><td>", page.body)
        state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
        self.assertEqual([viewer["address"] for viewer in state["viewers"]], ["127.0.0.1"])
        proxied = "X-Forwarded-For: 203.0.113.9"
        refused = fetch(fanlight.address, "/viewers", proxied)
        self.assertEqual(refused.status, 403)
        self.assertIn(b"--admin-listen", refused.body)
        state = json.loads(fetch(fanlight.address, "/api/v1/state", proxied).body)
        self.assertEqual(["address" in viewer for viewer in state["viewers"]], [False])

    def test_a_proxy_on_this_machine_is_warned_of_once(self):
        fanlight = self.serve()
        for headers in (("Via: 1.1 proxy",), ("X-Forwarded-Proto: https",), ("X-Real-IP: ::1",)):
            self.assertEqual(fetch(fanlight.address, "/viewers", *headers).status, 403)
        for version, host in (("1.1", "pi5"), ("1.0", "127.0.0.1")):
            with Connection(fanlight.address) as connection:
                connection.get("/viewers", version=version, host=host)
                self.assertEqual(connection.response().status, 403)
        self.assertEqual(fetch(fanlight.address, "/viewers").status, 200)
        fanlight.stop()
        warnings = [line for line in fanlight.lines if line and "may come through a proxy" in line]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("--trusted-proxy 127.0.0.1", warnings[0])

    def test_viewers_behind_a_trusted_proxy_count_separately(self):
        fanlight = self.serve("--trusted-proxy", "127.0.0.0/8", "--max-viewers-per-address", "1")
        self.watch(fanlight, "X-Forwarded-For: 198.51.100.7, 203.0.113.1")
        self.watch(fanlight, "X-Forwarded-For: 203.0.113.2")
        refused = fetch(fanlight.address, "/stream", "X-Forwarded-For: 203.0.113.1")
        self.assertEqual(refused.status, 503)
        self.assertIn(b"your address", refused.body)
        # The proxy's clients are not this machine, whatever address they claim.
        for headers in ((), ("X-Forwarded-For: 127.0.0.1",)):
            self.assertEqual(fetch(fanlight.address, "/viewers", *headers).status, 403)
        page = fetch(self.admin, "/viewers").body
        self.assertIn(b"<tr><td>203.0.113.1<td><a href=\"cameras/camera\">camera</a><td>", page)
        self.assertIn(b"<tr><td>203.0.113.2<td><a href=\"cameras/camera\">camera</a><td>", page)
        self.assertIn(b"2 of at most", page)

    def test_admin_clients_keep_their_rights_on_every_shard(self):
        fanlight = self.serve("--shards", "2", "--trusted-proxy", "127.0.0.1",
                              "--trusted-proxy", "unix")
        connections = [Connection(self.admin) for _ in range(ADMINS)]
        for connection in connections:
            self.addCleanup(connection.socket.close)
        for connection in connections:
            connection.get("/viewers")
        for connection in connections:
            self.assertEqual(connection.response().status, 200)
        state = json.loads(fetch(self.admin, "/api/v1/state").body)
        self.assertTrue(all(shard["connections"] > 1 for shard in state["shards"]), state["shards"])
        self.assertEqual(fetch(fanlight.address, "/viewers").status, 403)

    def test_an_invalid_address_is_refused_at_start(self):
        for flag, value in (("--trusted-proxy", "10.0.0.0/99"), ("--trusted-proxy", "localhost"),
                            ("--admin-listen", "nowhere:http")):
            code, lines = harness.run_to_exit("--source", "pattern", flag, value)
            self.assertEqual(code, 64, lines)
            self.assertIn(flag, lines[-1])


if __name__ == "__main__":
    harness.main()
