#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Updates of changed segments between Fanlights, by way of Debian's nats-server (docs/nats.md)."""
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import is_whole_jpeg  # noqa: E402
from nats import PARTS_MAX, SUBJECT, Case, NatsClient, NatsServer, edge, state_of  # noqa: E402


def camera_of_updates(server):
    return harness.Fanlight("--source", "pattern", "--fps", "10", "--size", "640x480",
                            "--sandbox", "on", "--publish", server.url(SUBJECT) + "?segments=1")


class UpdatesTest(Case):
    def test_updates_are_joined_to_whole_pictures(self):
        server = self.using(NatsServer())
        origin = self.using(camera_of_updates(server))
        viewer = self.using(edge(server.url(SUBJECT)))
        at_origin, at_edge = self.stream(origin), self.stream(viewer)
        sent = {}
        reader = threading.Thread(target=lambda: sent.update(
            {part.sequence: part.jpeg for part in at_origin.parts(60)}))
        reader.start()
        received = {}
        for part in self.pictures(at_edge, 50):
            self.assertTrue(is_whole_jpeg(part.jpeg))
            received[part.sequence] = part.jpeg
        reader.join()
        self.assertLess(max(received) - min(received), 3 * len(received),
                        "not only one frame in twenty, those that come whole")
        same = [number for number in received if received[number] == sent.get(number)]
        self.assertGreater(len(same), 1, "at least one in two seconds is whole")
        mean = sum(map(len, sent.values())) / len(sent)
        figures = state_of(origin)
        self.assertLess(figures["published_bytes"], figures["published"] * mean / 2)
        self.assertEqual(state_of(viewer)["damaged_by_device"], 0)

    def test_an_update_is_what_the_document_says(self):
        server = self.using(NatsServer())
        client = self.using(NatsClient(server.address))
        client.subscribe(SUBJECT)
        self.using(camera_of_updates(server))
        before, _ = client.message()
        self.assertNotIn("X-Update", before)
        for _ in range(PARTS_MAX):
            headers, payload = client.message()
            if "X-Update" in headers:
                break
            before = headers
        text, atlas = payload[:int(headers["X-Update"])], payload[int(headers["X-Update"]):]
        message = json.loads(text)
        self.assertEqual(headers["X-Size"], str(len(payload)))
        self.assertEqual(message["sequence"], int(headers["X-Sequence"]))
        self.assertEqual(message["update"]["base"], int(before["X-Sequence"]))
        self.assertTrue(is_whole_jpeg(atlas))


if __name__ == "__main__":
    harness.main()
