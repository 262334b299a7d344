#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/nats.md with Debian's nats-server: a hub, a leaf and an edge, and the
program that publishes."""
import pathlib
import re
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from nats import NatsServer  # noqa: E402
from nats_test import Case, camera, edge  # noqa: E402
from pictures import make_pictures  # noqa: E402

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/nats.md").read_text()
SUBJECT = "fanlight.yard.gate"


def configuration_of(name):
    """The lines of the block that follows the file's name, but for where clients connect."""
    block = PAGE.split(f"`{name}`:\n\n```text\n")[1].split("```")[0]
    return re.sub(r"^listen: .*\n", "", block)


class LeafTest(Case):
    """Camera -> leaf -> hub -> edge, each a process of its own."""

    def setUp(self):
        reservation = self.using(harness.reserve_port())
        between = f"127.0.0.1:{reservation.getsockname()[1]}"
        self.hub = self.using(NatsServer(
            configuration_of("hub.conf").replace("0.0.0.0:7422", between)))
        self.leaf = self.using(NatsServer(
            configuration_of("leaf.conf").replace("hub.example.org:7422", between)))

    def test_frames_cross_the_leaf_and_stay_what_they_are(self):
        origin = self.using(camera(self.leaf.url(SUBJECT)))
        viewer = self.using(edge(self.hub.url(SUBJECT)))
        at_edge, at_origin = self.stream(viewer), self.stream(origin)
        self.pictures(at_edge, 1)  # the leaf knows by now that somebody subscribes
        sent = {}
        reader = threading.Thread(target=lambda: sent.update(
            {part.timestamp: part.jpeg for part in at_origin.parts(50)}))
        reader.start()
        received = self.pictures(at_edge, 30)
        reader.join()
        sequences = [part.sequence for part in received]
        self.assertEqual(sequences, sorted(sequences), "the same one again is a sign of life")
        both = [part for part in received if part.timestamp in sent]
        self.assertGreater(len(both), 10)
        for part in both:
            self.assertEqual(sent[part.timestamp], part.jpeg)
        # Another camera of the site, at the same time.
        other = self.using(edge(self.hub.url("fanlight.yard.other")))
        self.assertRegex(self.stream(other).part().slate, "camera lost: ")

    def test_the_camera_goes_on_while_the_hub_is_away(self):
        origin = self.using(camera(self.leaf.url(SUBJECT)))
        local = self.using(edge(self.leaf.url(SUBJECT)))
        stream = self.stream(local)
        self.pictures(stream, 3)
        self.hub.__exit__()
        for part in self.pictures(stream, 20):
            self.assertEqual(part.slate, "")
        self.assertTrue(origin.process.poll() is None)


class ProgramTest(Case):
    """The one in Python."""

    def test_its_picture_is_shown(self):
        folder, pictures = make_pictures(type(self))
        server = self.using(NatsServer())
        program = PAGE.split("```python\n")[1].split("```")[0]
        (folder / "still.jpg").write_bytes(pictures[0])
        program = program.replace("4222", str(server.port))
        process = subprocess.Popen([sys.executable, "-c", program], cwd=folder)
        try:
            viewer = self.using(edge(server.url("fanlight.still")))
            stream = self.stream(viewer)
            parts = self.pictures(stream, 2)
            self.assertEqual({part.jpeg for part in parts}, {pictures[0]})
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    harness.main()
