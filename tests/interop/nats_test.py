#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's nats-server between Fanlights (docs/nats.md), in the sandbox, and all that others may
publish there."""
import contextlib
import json
import pathlib
import re
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import fetch, is_whole_jpeg, open_stream  # noqa: E402
from nats import (PARTS_MAX, SUBJECT, Case, NatsClient, NatsServer, camera, edge,  # noqa: E402
                  headers_of, state_of)
from pictures import make_pictures  # noqa: E402
from upstream import make_certificate  # noqa: E402


def configured(case, **keys):
    """The file of a camera with these keys."""
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    file = pathlib.Path(folder.name, "fanlight.toml")
    file.write_text("\n".join(["sandbox = \"on\"", "[camera.front]",
                               *(f"{name.replace('_', '-')} = {value}"
                                 for name, value in keys.items()), ""]))
    return file


class BusTest(Case):
    """A camera, a server, and an edge."""

    def test_pictures_and_times_pass_through_unchanged(self):
        server = self.using(NatsServer())
        origin = self.using(camera(server.url(SUBJECT)))
        origin.wait_for_line("published to nats://127.0.0.1")
        viewer = self.using(edge(server.url(SUBJECT)))
        at_origin, at_edge = self.stream(origin), self.stream(viewer)
        sent = {}
        reader = threading.Thread(target=lambda: sent.update(
            {part.timestamp: (part.sequence, part.jpeg) for part in at_origin.parts(60)}))
        reader.start()
        received = {part.timestamp: (part.sequence, part.jpeg)
                    for part in self.pictures(at_edge, 40)}
        reader.join()
        both = sent.keys() & received.keys()
        self.assertGreater(len(both), 10)
        for timestamp in both:
            self.assertEqual(sent[timestamp], received[timestamp])
        self.assertRegex(at_edge.head.header("Via"), r"^1\.1 fanlight-[0-9a-f]{16}$")
        figures = state_of(origin)
        self.assertGreater(figures["published"], 40)
        self.assertEqual(figures["publish_online"], 1)
        self.assertIn("fanlight_publish_online{camera=\"camera\"} 1",
                      fetch(origin.address, "/metrics").body.decode())

    def test_a_message_is_what_the_document_says(self):
        server = self.using(NatsServer())
        client = self.using(NatsClient(server.address))
        client.subscribe(SUBJECT)
        self.using(camera(server.url(SUBJECT)))
        headers, jpeg = client.message()
        self.assertEqual(headers.pop("X-Fanlight"), "1")
        self.assertRegex(headers.pop("X-Publisher"), r"^[0-9]{16}-[0-9a-f]{8}$")
        self.assertEqual(headers.pop("X-Size"), str(len(jpeg)))
        self.assertRegex(headers.pop("X-Timestamp"), r"^\d+\.\d{6}$")
        self.assertEqual(headers.pop("X-Number"), "1")
        self.assertRegex(headers.pop("X-Sequence"), r"^\d+$")
        self.assertEqual(headers, {})
        self.assertTrue(is_whole_jpeg(jpeg))

    def test_frames_larger_than_max_payload_are_sent_in_parts(self):
        server = self.using(NatsServer("max_payload: 4096"))
        origin = self.using(camera(server.url(SUBJECT), "--quality", "95"))
        client = self.using(NatsClient(server.address))
        client.subscribe(SUBJECT)
        self.assertRegex(client.message()[0]["X-Part"], r"^\d/[2-9]$")
        viewer = self.using(edge(server.url(SUBJECT)))
        for part in self.pictures(self.stream(viewer), 10):
            self.assertGreater(len(part.jpeg), 4096)
        self.assertEqual(state_of(viewer)["damaged_by_device"], 0)
        self.assertEqual(state_of(origin)["publish_too_large"], 0)

    def test_a_server_with_a_tiny_max_payload_is_refused(self):
        server = self.using(NatsServer("max_payload: 1024"))
        origin = self.using(camera(server.url(SUBJECT)))
        origin.wait_for_line("its max_payload is 1024 bytes")
        self.assertEqual(fetch(origin.address, "/snapshot").status, 200)

    def test_a_server_that_comes_later_and_is_restarted(self):
        reservation = self.using(harness.reserve_port())
        port = reservation.getsockname()[1]
        url = f"nats://127.0.0.1:{port}/{SUBJECT}"
        origin = self.using(camera(url))
        viewer = self.using(edge(url))
        origin.wait_for_line("not published to nats://127.0.0.1")
        stream = self.stream(viewer)
        self.assertNotEqual(stream.part().slate, "")
        for _ in range(2):
            with NatsServer(port=port):
                self.pictures(stream, 5)
            part = stream.part()
            while not part.slate:
                part = stream.part()
            self.assertRegex(part.slate, "camera lost: ")

    def test_it_stops_while_the_server_is_away(self):
        reservation = self.using(harness.reserve_port())
        origin = self.using(camera(f"nats://127.0.0.1:{reservation.getsockname()[1]}/{SUBJECT}"))
        origin.wait_for_line("not published to")
        self.assertEqual(origin.stop()[0], 0)


class LoginTest(Case):
    def check(self, server, user, *, keys=None, scheme="nats"):
        url = json.dumps(server.url(SUBJECT, user, scheme))
        source = json.dumps("pattern")
        keys = keys or {}
        origin = self.using(harness.Fanlight("--config", str(configured(
            self, source=source, publish=url, size='"160x120"', **keys))))
        viewer = self.using(harness.Fanlight("--config",
                                             str(configured(self, source=url, **keys))))
        self.pictures(self.stream(viewer), 3)
        return origin, viewer

    def test_user_and_password(self):
        server = self.using(NatsServer("authorization { user: me, password: \"s:cr@t\" }"))
        origin, viewer = self.check(server, "me:s%3Acr%40t")
        for fanlight in (origin, viewer):
            said = "\n".join(line for line in fanlight.lines if line)
            self.assertNotIn("cr%40t", said)
            state = fetch(fanlight.address, "/api/v1/state").body.decode()
            self.assertNotIn("cr%40t", state)
            self.assertNotIn("cr@t", said + state)

    def test_a_token(self):
        server = self.using(NatsServer("authorization { token: t0ken }"))
        for fanlight in self.check(server, "t0ken"):
            self.assertNotIn("t0ken", "\n".join(line for line in fanlight.lines if line))
            self.assertNotIn("t0ken", fetch(fanlight.address, "/api/v1/state").body.decode())

    def test_a_wrong_password_is_said_and_not_waited_for(self):
        server = self.using(NatsServer("authorization { token: t0ken }"))
        origin = self.using(camera(server.url(SUBJECT, "wrong")))
        origin.wait_for_line("not published to .*Authorization Violation")
        code, lines = harness.run_to_exit("--source", server.url(SUBJECT, "wrong"))
        self.assertEqual(code, 77, lines)
        self.assertNotIn("wrong", "\n".join(lines))

    def test_a_subject_that_is_not_permitted(self):
        server = self.using(NatsServer(
            "authorization { users = [ { user: a, password: b, "
            'permissions: { publish: "other", subscribe: "other" } } ] }'))
        origin = self.using(camera(server.url(SUBJECT, "a:b")))
        origin.wait_for_line("not published to .*Permissions Violation for Publish")
        code, lines = harness.run_to_exit("--source", server.url(SUBJECT, "a:b"))
        self.assertEqual(code, 77, lines)

    def test_tls_with_a_certificate_that_is_known(self):
        folder = self.using_folder()
        certificate = make_certificate(folder)[1]
        key = pathlib.Path(folder, "key")
        server = self.using(NatsServer(
            f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}'))
        self.check(server, "", scheme="tls", keys={"tls": f'{{ ca = "{certificate}" }}'})
        # It is not in the system's.
        stranger = self.using(edge(server.url(SUBJECT, scheme="tls")))
        self.assertIn("cannot be trusted", self.stream(stranger).part().slate)

    def using_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def test_tls_is_never_left_out(self):
        server = self.using(NatsServer())
        viewer = self.using(edge(server.url(SUBJECT, scheme="tls")))
        self.assertIn("cannot be trusted", self.stream(viewer).part().slate)


class BadInputTest(Case):
    """A client that publishes what it likes."""

    @classmethod
    def setUpClass(cls):
        _, cls.jpegs = make_pictures(cls)

    def setUp(self):
        self.server = self.using(NatsServer())
        self.client = self.using(NatsClient(self.server.address))

        self.number = 0

    def publish(self, jpeg, **others):
        """A frame with the next number, unless `others` has another one."""
        self.number += 1
        self.client.publish(SUBJECT, jpeg, headers_of(self.number, jpeg, **others))
        self.client.flush()

    @contextlib.contextmanager
    def repeating(self, jpeg, **others):
        stop = threading.Event()

        def repeat():
            while not stop.wait(0.05):
                self.publish(jpeg, **others)
        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def opened(self):
        """An edge that shows the first picture, and its stream."""
        viewer = self.using(edge(self.server.url(SUBJECT)))
        stream = self.stream(viewer)
        with self.repeating(self.jpegs[0]):
            part = self.pictures(stream, 1)[0]
        self.assertEqual(part.jpeg, self.jpegs[0])
        return viewer, stream

    def check_refused(self, viewer, send):
        """It is counted as damaged, between good frames. (Sent again until it is: an edge that is
        late asks for one message at a time.)"""
        before = state_of(viewer)["damaged_by_device"]

        def is_counted():
            self.publish(self.jpegs[0])
            send()
            return state_of(viewer)["damaged_by_device"] > before
        harness.wait_until(is_counted, "it is not counted as damaged")

    def check_goes_on(self, stream):
        """The next other picture is a good one: no forged one was shown."""
        with self.repeating(self.jpegs[2]):
            for _ in range(PARTS_MAX):
                part = stream.part()
                if part.jpeg != self.jpegs[0] and not part.slate:
                    return self.assertEqual(part.jpeg, self.jpegs[2])
        raise AssertionError("always the same picture")

    def test_messages_that_are_not_ours(self):
        viewer, stream = self.opened()
        for payload, headers in ((b"hello", None), (self.jpegs[1], None), (b"", {}),
                                 (self.jpegs[1], {"Content-Type": "image/jpeg"}),
                                 (self.jpegs[1], {"X-Fanlight": "2"})):
            with self.subTest(headers):
                self.check_refused(viewer,
                                   lambda: self.client.publish(SUBJECT, payload, headers))
        self.check_goes_on(stream)

    def test_forged_frames(self):
        viewer, stream = self.opened()
        forged = self.jpegs[1]
        for jpeg, others in ((forged[:-20], {}), (b"\xff\xd8\xff\xd9", {}),
                             (forged, {"X_Size": 10}), (forged, {"X_Size": len(forged) + 1}),
                             (forged, {"X_Size": 1 << 40}), (forged, {"X_Part": "3/2"}),
                             (forged, {"X_Timestamp": "tomorrow"}), (forged, {"X_Sequence": -1}),
                             (forged, {"X_Publisher": None}),
                             # Numbers of the past.
                             (forged, {"X_Number": 1}), (forged, {"X_Sequence": 1})):
            with self.subTest(others):
                self.check_refused(viewer, lambda: self.publish(jpeg, **others))
        self.check_goes_on(stream)

    def publish_other(self):
        self.publish(self.jpegs[1], X_Publisher="4-other")

    def test_two_publishers_at_once(self):
        viewer, stream = self.opened()
        self.check_refused(viewer, self.publish_other)
        viewer.wait_for_line("two publishers: shown is 5-test, which started last, and not 4-other")
        self.check_goes_on(stream)

    def test_a_silent_publisher_gives_way_to_the_other_one(self):
        viewer, stream = self.opened()
        self.check_refused(viewer, self.publish_other)
        with self.repeating(self.jpegs[1], X_Publisher="4-other"):
            slates = set()
            for _ in range(PARTS_MAX):
                part = stream.part()
                if part.jpeg == self.jpegs[1]:
                    break
                slates.add(part.slate)
            self.assertEqual(part.jpeg, self.jpegs[1])
            self.assertIn("camera lost: two publishers have its subject", slates)
            viewer.wait_for_line("that was shown is silent; from now on it is 4-other")

    def test_two_fanlights_on_one_subject(self):
        """The one that started last is shown."""
        url = self.server.url(SUBJECT)
        first = self.using(camera(url))
        first.wait_for_line("published to")
        second = self.using(harness.Fanlight("--source", "emulator", "--fps", "10", "--publish",
                                             url))
        second.wait_for_line("published to")
        viewer = self.using(edge(url))
        viewer.wait_for_line("two publishers: shown is")
        stream = self.stream(viewer)
        emulated = {part.jpeg for part in self.stream(second).parts(20)}
        self.pictures(stream, 3)
        for part in self.pictures(stream, 10):
            self.assertIn(part.jpeg, emulated)

    def test_a_loop(self):
        """A camera whose source is what it publishes."""
        viewer = self.using(harness.Fanlight("--source", self.server.url(SUBJECT), "--publish",
                                             self.server.url(SUBJECT)))
        viewer.wait_for_line("published to")
        with self.repeating(self.jpegs[0], X_Publisher="0-test"):
            viewer.wait_for_line("relay loop")

    def test_urls_that_are_none(self):
        for url, why in (("nats://127.0.0.1", "no subject"), ("nats://127.0.0.1/a.*", "a wildcard"),
                         ("nats://127.0.0.1/$SYS.a", "the server's own"),
                         ("nats://me:secret@/a", "no host")):
            for flag in ("--source", "--publish"):
                more = ("--source", "pattern") if flag == "--publish" else ()
                code, lines = harness.run_to_exit(*more, flag, url)
                self.assertEqual(code, 64, lines)
                self.assertRegex("\n".join(lines), re.escape(why))
                self.assertNotIn("secret", "\n".join(lines))


if __name__ == "__main__":
    harness.main()
