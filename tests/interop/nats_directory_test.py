#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A directory of cameras on Debian's nats-server (docs/nats.md): who is announced is shown."""
import json
import pathlib
import signal
import sys
import tempfile
import unittest

for folder in ("smoke", "takeover"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
import harness  # noqa: E402
from case import TakeoverCase  # noqa: E402
from client import fetch, open_stream  # noqa: E402
from nats import Case, NatsClient, NatsServer, camera  # noqa: E402

ANNOUNCEMENT = {"X-Fanlight": "3"}


def directory(server, *flags, options=""):
    return harness.Fanlight("--camera", "*=" + server.url("fanlight.>") + options, "--sandbox",
                            "on", *flags)


def names(fanlight):
    cameras = json.loads(fetch(fanlight.address, "/api/v1/summary").body)["cameras"]
    return [each["name"] for each in cameras]


class DirectoryTest(Case):
    def expect(self, fanlight, *wanted):
        harness.wait_until(lambda: names(fanlight) == list(wanted), f"{wanted} are shown")

    def status(self, fanlight, target):
        return fetch(fanlight.address, target).status

    def test_cameras_are_shown_while_they_are_announced(self):
        server = self.using(NatsServer())
        edge = self.using(directory(server))
        self.assertEqual(names(edge), [])
        self.assertEqual(fetch(edge.address, "/readyz").body,
                         b"503 Service Unavailable: no camera is announced\n")
        self.assertEqual(self.status(edge, "/stream"), 404)
        page = fetch(edge.address, "/", "Accept: text/html").body
        self.assertIn(b"<title>Cameras", page)

        yard = self.using(camera(server.url("fanlight.yard")))
        self.expect(edge, "yard")
        self.assertIn(b"<title>yard", fetch(edge.address, "/").body)
        stream = open_stream(edge.address, "/cameras/yard/stream")
        self.addCleanup(stream.connection.socket.close)
        at_origin = self.stream(yard)
        sent = {part.jpeg for part in at_origin.parts(40)}
        self.assertTrue({part.jpeg for part in self.pictures(stream, 20)} & sent, "they are its")

        gate = self.using(camera(server.url("fanlight.North.gate_2")))
        self.expect(edge, "yard", "north-gate-2")
        self.assertEqual(self.status(edge, "/cameras/north-gate-2/snapshot"), 200)
        self.assertEqual(self.status(edge, "/?action=snapshot_1"), 200)

        yard.stop()
        self.expect(edge, "north-gate-2")
        self.assertEqual(self.status(edge, "/cameras/yard/snapshot"), 404)
        self.assertEqual(self.status(edge, "/stream"), 404)
        part = stream.part()
        while not part.slate:
            part = stream.part()

        self.using(camera(server.url("fanlight.yard")))
        self.expect(edge, "yard", "north-gate-2")
        self.pictures(stream, 3)
        self.assertEqual(gate.stop()[0], 0)
        self.assertEqual(edge.stop()[0], 0)

    def test_a_server_that_comes_later_and_is_restarted(self):
        reservation = self.using(harness.reserve_port())
        port = reservation.getsockname()[1]
        server = NatsServer(port=port)
        server.__exit__()
        edge = self.using(directory(server))
        edge.wait_for_line("^the directory at nats://.*: ")
        self.using(camera(server.url("fanlight.yard")))
        with NatsServer(port=port):
            self.expect(edge, "yard")
            edge.wait_for_line("^cameras are announced at nats://")
        edge.wait_for_line("^the directory at nats://.*: ", nth=1)
        self.assertEqual(names(edge), ["yard"], "nothing is known of it now")
        with NatsServer(port=port):
            harness.wait_until(lambda: self.status(edge, "/snapshot") == 200, "it is back")

    def test_what_is_not_shown(self):
        server = self.using(NatsServer())
        edge = self.using(directory(server, "--camera", "front=pattern,size=160x120",
                                    options=",max-cameras=2"))
        client = self.using(NatsClient(server.address))

        def announce(subject, headers=ANNOUNCEMENT):
            client.publish("_FANLIGHT." + subject, b"", headers)
            client.flush()

        def is_refused():
            announce("fanlight.front")  # the edge may not have subscribed yet
            return edge.says("fanlight.front is not shown: there is another camera of that name")
        harness.wait_until(is_refused, "the name is taken")
        for subject in ("fanlight.a", "fanlight.b", "other.d"):
            announce(subject)
        announce("fanlight.c")
        edge.wait_for_line("fanlight.c is not shown: there are 2 cameras already .max-cameras")
        announce("fanlight.e", {"X-Fanlight": "1"})
        announce("fanlight.f", {"Other": "3"})
        client.publish("fanlight.g", b"", ANNOUNCEMENT)
        client.flush()

        def are_shown():
            announce("fanlight.a")
            announce("fanlight.b")
            return names(edge) == ["front", "a", "b"]
        harness.wait_until(are_shown, "two are shown")
        self.assertEqual(self.status(edge, "/readyz"), 503, "which have no picture")
        self.assertEqual(self.status(edge, "/cameras/front/snapshot"), 200)

    def test_a_publisher_that_may_not_announce(self):
        server = self.using(NatsServer(
            "authorization { users = [ "
            '{ user: cam, password: p, permissions: { publish: "fanlight.>" } }, '
            "{ user: all, password: p } ] }"))
        url = server.url("fanlight.yard", "cam:p")
        self.using(camera(url))
        edge = self.using(harness.Fanlight("--source", server.url("fanlight.yard", "all:p")))
        lister = self.using(harness.Fanlight(
            "--camera", "*=" + server.url("fanlight.>", "all:p")))
        self.pictures(self.stream(edge), 30)  # longer than between two announcements
        self.assertEqual(names(lister), [])
        self.using(camera(server.url("fanlight.gate", "all:p")))
        self.expect(lister, "gate")

    def test_who_may_not_hear_it(self):
        server = self.using(NatsServer(
            "authorization { users = [ "
            '{ user: cam, password: p, permissions: { subscribe: "fanlight.>" } } ] }'))
        edge = self.using(harness.Fanlight("--camera", "*=" + server.url("fanlight.>", "cam:p")))
        said = edge.wait_for_line("^the directory at nats://.*: .*Violation for Subscription")[0]
        self.assertNotIn("cam", said)

    def test_its_cameras_have_histories_ladders_and_what_is_reloaded(self):
        server = self.using(NatsServer())
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        file = pathlib.Path(folder.name, "fanlight.toml")

        def write(fps):
            file.write_text('history = "10s"\n[camera."*"]\nladder = "80x60"\n'
                            f'source = "{server.url("fanlight.>")}"\n{fps}\n')
        write("")
        edge = self.using(harness.Fanlight("--config", str(file), "--sandbox", "on"))
        write("fps = 2")
        edge.process.send_signal(signal.SIGHUP)
        edge.wait_for_line(r"^reload: \*: fps is 2 now, was 0")
        self.using(camera(server.url("fanlight.yard")))
        self.expect(edge, "yard")
        stream = open_stream(edge.address, "/cameras/yard/stream?rung=1&frames=8")
        with stream.connection:
            times = [part.timestamp for part in stream.parts(8)]
        spaces = [b - a for a, b in zip(times[2:], times[3:])]
        self.assertGreater(sorted(spaces)[len(spaces) // 2], 0.35, "2 a second, of 10")
        past = fetch(edge.address, "/cameras/yard/snapshot?at=-1s")
        self.assertEqual(past.status, 200)
        write("max-cameras = 3")
        edge.process.send_signal(signal.SIGHUP)
        edge.wait_for_line(r"^reload: \*: another max-cameras needs a restart")


class DirectoryTakeoverTest(TakeoverCase):
    def test_a_new_process_has_them_as_soon_as_they_are_announced(self):
        """It does not know them when it takes the viewers over, so theirs end, in order."""
        server = self.enterContext(NatsServer())
        self.enterContext(camera(server.url("fanlight.yard")))
        self.flags = self.flags[:4] + ["--camera", "*=" + server.url("fanlight.>"), "--camera",
                                       "front=pattern,size=160x120,fps=5"]
        address = self.serve()

        def has_yard():
            return [each["name"] for each in self.summary(address)["cameras"]] == ["front", "yard"]
        harness.wait_until(has_yard, "yard is shown")
        streams = [open_stream(address, f"/cameras/{name}/stream") for name in ("yard", "front")]
        for stream in streams:
            stream.part()
        self.take_over()
        while not streams[0].ended:
            streams[0].part()
        streams[0].connection.expect_end()
        harness.wait_until(has_yard, "yard is shown again")
        again = open_stream(address, "/cameras/yard/stream")
        again.parts(3)
        streams[1].parts(5)
        for stream in (*streams, again):
            stream.connection.socket.close()


if __name__ == "__main__":
    harness.main()
