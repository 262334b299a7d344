#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cameras without hardware: missing ones, forbidden ones, several at the same time, and requests
for them. Real devices are in tests/vm."""
import json
import os
import subprocess
import tempfile
import time
import unittest
from unittest import mock

import harness
from client import Connection, fetch, jpeg_size, open_stream
from pictures import make_pictures

MISSING = "v4l2:/dev/no-such-camera"
JSON = "Content-Type: application/json"


def state_of(address, name):
    cameras = json.loads(fetch(address, "/cameras", "Accept: application/json").body)["cameras"]
    return next(camera for camera in cameras if camera["name"] == name)


def lost_camera(address):
    """What a shard's summary has of the first camera that is lost."""
    cameras = json.loads(fetch(address, "/api/v1/summary").body)["cameras"]
    return next((camera for camera in cameras if camera["state"] == "lost"), None)


class ExitTest(unittest.TestCase):
    """Errors that end the start immediately: mistakes, and with a flag an absent camera."""

    def refused(self, code, said, *flags, **how):
        found, lines = harness.run_to_exit("--listen", "127.0.0.1:0", *flags, **how)
        self.assertEqual((found, len(lines)), (code, 1), lines)
        self.assertRegex(lines[0], said)

    def test_a_missing_device_with_exit_on_no_source(self):
        self.refused(66, "/dev/no-such-camera.*No such file", "--source", MISSING,
                     "--exit-on-no-source")
        with mock.patch.dict(os.environ, FANLIGHT_EXIT_ON_NO_SOURCE="on"):
            self.refused(66, "/dev/no-such-camera.*No such file", "--source", MISSING)
        self.refused(66, "/dev/no-such-camera.*No such file", "--camera", f"a={MISSING}",
                     "--camera", "b=http://127.0.0.1:1/", "--exit-on-no-source")

    def test_an_invalid_device_name(self):
        self.refused(64, "v4l2:video0.*did you mean 'v4l2:/dev/video0'", "--source", "v4l2:video0")

    def test_auto_needs_a_camera(self):
        listed = subprocess.run([harness.options.binary, "--list-devices"], check=True, text=True,
                                capture_output=True, timeout=harness.DEADLINE_SECONDS).stdout
        if "(auto)" not in listed:
            self.refused(66, "no camera was found", "--source", "auto")
            return
        with harness.Fanlight("--source", "auto") as server:
            server.wait_for_line("^--source auto: ")

    def test_a_device_that_is_not_a_camera(self):
        self.refused(66, "/dev/null.*not a video device", "--source", "v4l2:/dev/null")

    def test_a_device_that_may_not_be_opened(self):
        with tempfile.NamedTemporaryFile() as file:
            os.chmod(file.name, 0)
            os.chmod(os.path.dirname(file.name), 0o1777)
            self.refused(77, f"{file.name}.*video.*Permission denied", "--source",
                         f"v4l2:{file.name}", restrict=["--unprivileged"])
            # Waiting for the other cameras does not help either.
            with harness.Fanlight("--camera", f"forbidden=v4l2:{file.name}", "--camera",
                                  f"away={MISSING}", restrict=["--unprivileged"]) as server:
                stream = open_stream(server.address, "/cameras/forbidden/stream?frames=1")
                with stream.connection:
                    self.assertEqual(stream.part().slate, "camera lost: not permitted")

    def test_no_such_libcamera_camera(self):
        self.refused(66, "libcamera", "--source", "libcamera:no-such-camera",
                     "--exit-on-no-source")

    def test_an_unknown_control(self):
        self.refused(64, "brightness", "--source", "pattern", "--control", "brightness=7")

    def test_invalid_sources(self):
        self.refused(64, "v4l2", "--source", "v4l2:")
        self.refused(64, "http", "--source", "http://")

    def test_list_devices_prints_and_exits(self):
        self.assertEqual(harness.run_to_exit("--list-devices")[0], 0)


class AwayTest(unittest.TestCase):
    """Cameras that are absent at start."""

    def sees(self, server, reason):
        stream = open_stream(server.address, "/stream?frames=2")
        with stream.connection:
            self.assertEqual({part.slate for part in stream.parts(2)}, {f"camera lost: {reason}"})
        self.assertEqual(fetch(server.address, "/snapshot").status, 503)
        # Another shard may have its first slate a little later.
        said = f"503 Service Unavailable: camera: lost: {reason}\n".encode()
        harness.wait_until(lambda: fetch(server.address, "/readyz").body == said, said)
        self.assertEqual(fetch(server.address, "/readyz").status, 503)
        self.assertEqual(fetch(server.address, "/healthz").status, 200)
        camera = harness.wait_until(lambda: lost_camera(server.address), "the summary has it")
        self.assertEqual((camera["state"], camera["reason"], camera["fps"]),
                         ("lost", f"camera lost: {reason}", 0))
        self.assertIsNone(camera["newest_age_seconds"])
        metrics = fetch(server.address, "/metrics").body.decode()
        self.assertIn('fanlight_camera_online{camera="camera"} 0\n', metrics)
        self.assertIn('fanlight_frame_age_seconds_count{camera="camera"} 0\n', metrics)

    def test_a_missing_device_shows_a_slate_and_logs_a_line(self):
        by_id = "/dev/v4l/by-id/usb-No_Such_Camera-video-index0"
        for flags in (("--source", MISSING), ("--source", f"v4l2:{by_id}"),
                      ("--device", "/dev/no-such-camera"), ("-d", by_id, "-r", "640x480")):
            with self.subTest(flags), harness.Fanlight(*flags) as server:
                server.wait_for_line("^camera: waiting: v4l2:/dev/.*No such file")
                self.sees(server, "not there")
                self.assertEqual(server.stop()[0], 0)
                server.reader.join()
                self.assertEqual(len([line for line in server.lines if "waiting" in (line or "")]),
                                 1, server.lines)

    def test_a_missing_device_in_the_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(f'source = "{MISSING}"\n')
            file.flush()
            with harness.Fanlight("--config", file.name) as server:
                self.sees(server, "not there")
            file.write("exit-on-no-source = true\n")
            file.flush()
            code, lines = harness.run_to_exit("--config", file.name, "--listen", "127.0.0.1:0")
            self.assertEqual((code, len(lines)), (66, 1), lines)


class SeveralTest(unittest.TestCase):
    """One camera is present, the other is absent."""

    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--camera", f"away={MISSING}", "--camera",
                                        "here=pattern,size=320x240,fps=20,rotate=90",
                                        "--allow-control")
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.address = cls.fanlight.address

    def test_the_missing_camera_states_why(self):
        stream = open_stream(self.address, "/cameras/away/stream?frames=2")
        with stream.connection:
            for part in stream.parts(2):
                self.assertEqual(part.slate, "camera lost: not there")
        away = harness.wait_until(lambda: lost_camera(self.address), "the summary has it")
        self.assertEqual((away["name"], away["reason"]), ("away", "camera lost: not there"))
        self.fanlight.wait_for_line("away: waiting: .*No such file")

    def test_the_other_camera_works_and_is_rotated(self):
        stream = open_stream(self.address, "/cameras/here/stream?frames=3")
        with stream.connection:
            for part in stream.parts(3):
                self.assertEqual(part.slate, "")
                self.assertEqual(jpeg_size(part.jpeg), (240, 320))

    def change(self, camera, body, *headers):
        with Connection(self.address) as connection:
            text = "\r\n".join([f"PATCH /cameras/{camera}/controls HTTP/1.1", "Host: x",
                                f"Content-Length: {len(body)}", *headers, "", body])
            connection.send(text)
            return connection.response()

    def test_controls_reach_the_camera(self):
        self.assertEqual(self.change("away", '{"brightness":1}', JSON).status, 503)
        answer = self.change("here", '{"brightness":1}', JSON)
        self.assertEqual(answer.status, 400)
        self.assertIn(b"no control 'brightness'", answer.body)
        self.assertEqual(self.change("here", '{"brightness":1}').status, 415)
        self.assertEqual(
            self.change("here", '{"brightness":1}', JSON, "Origin: http://evil.example").status,
            403)
        self.assertEqual(self.change("none", "{}", JSON).status, 404)

    def test_controls_need_a_flag(self):
        with harness.Fanlight("--source", "pattern") as closed:
            with Connection(closed.address) as connection:
                connection.send("PATCH /cameras/camera/controls HTTP/1.1\r\nHost: x\r\n"
                                f"{JSON}\r\nContent-Length: 2\r\n\r\n{{}}")
                self.assertEqual(connection.response().status, 405)


class UnwatchedTest(unittest.TestCase):
    def test_nothing_is_encoded_without_viewers_and_new_ones_get_a_new_picture(self):
        with harness.Fanlight("--source", "pattern", "--fps", "25", "--size", "320x240") as server:
            fetch(server.address, "/snapshot")
            deadline = time.monotonic() + harness.DEADLINE_SECONDS
            camera = state_of(server.address, "camera")
            while not camera["idle"] and time.monotonic() < deadline:
                camera = state_of(server.address, "camera")
            self.assertEqual((camera["idle"], camera["online"]), (True, True), camera)
            encoded = camera["encoded"]
            newest = fetch(server.address, "/snapshot")
            self.assertGreater(int(newest.header("X-Sequence")), encoded)


class TurnedFilesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.pictures = make_pictures(cls, size="320x240")

    def test_jpegs_are_rotated_without_reencoding(self):
        with harness.Fanlight("--source", f"files:{self.folder}", "--fps", "20", "--rotate", "90",
                              "--mirror", "on") as server:
            stream = open_stream(server.address, "/stream?frames=3")
            with stream.connection:
                for part in stream.parts(3):
                    self.assertEqual(jpeg_size(part.jpeg), (240, 320))


if __name__ == "__main__":
    harness.main()
