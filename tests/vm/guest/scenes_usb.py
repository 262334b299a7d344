# SPDX-License-Identifier: Apache-2.0
"""A USB camera: its pictures, their errors, and how it is unplugged and plugged in again."""
import contextlib
import json
import os
import subprocess
import unittest

from audience import VIEWERS, Audience, frame_number, has_size, serving
from devices import UsbCamera, v4l2_ctl, wait_until

import harness
from client import Connection, fetch, open_stream

FOREVER = 1_000_000_000  # frames


def state_of(server):
    [camera] = json.loads(fetch(server.address, "/api/v1/state").body)["cameras"]
    return camera


def patch_controls(server, values):
    body = json.dumps(values)
    with Connection(server.address) as connection:
        name = state_of(server)["name"]
        connection.get(f"/cameras/{name}/controls", "Content-Type: application/json",
                       f"Content-Length: {len(body)}", method="PATCH")
        connection.send(body)
        return connection.response()


class UsbScene(unittest.TestCase):
    def setUp(self):
        self.camera = UsbCamera()
        self.addCleanup(self.camera.__exit__)

    def serving(self, *flags, **options):
        return serving("--source", f"v4l2:{self.camera.node()}", "--size", "640x480", *flags,
                       **options)

    def wait_until_stopped(self):
        """It stops because no one is watching (--capture-idle)."""
        wait_until(lambda: self.camera.count("stopped") == self.camera.count("streaming"),
                   "the camera stops")


class Pictures(UsbScene):
    def test_mjpeg_is_passed_through(self):
        with self.serving() as (server, audience):
            audience.see_pictures(10, has_size(640, 480))
            self.assertIn("MJPEG", state_of(server)["format"])
            self.assertIn("Emulated Camera", state_of(server)["device"])
            numbers = [frame_number(jpeg) for jpeg in audience.viewers[0].pictures]
            # The camera's own bytes, in its order, without duplicates.
            self.assertEqual(numbers, sorted(set(numbers)))
            self.assertNotIn(None, numbers)

    def test_yuyv_is_encoded(self):
        self.camera.replug("yuyv")
        with self.serving() as (server, audience):
            audience.see_pictures(5, has_size(640, 480))
            self.assertIn("YUYV", state_of(server)["format"])
            self.assertIsNone(frame_number(audience.newest()))

    def test_the_requested_size(self):
        with serving("--source", f"v4l2:{self.camera.node()}",
                     "--size", "1280x720") as (_, audience):
            audience.see_pictures(3, has_size(1280, 720))

    def test_rotated_without_loss(self):
        with self.serving("--rotate", "90") as (_, audience):
            audience.see_pictures(3, has_size(480, 640))

    def test_a_stable_name(self):
        link = f"/dev/v4l/by-id/usb-Fanlight_Emulated_Camera_{self.camera.serial}-video-index0"
        wait_until(lambda: os.path.exists(link), link)
        with serving("--source", f"v4l2:{link}") as (_, audience):
            audience.see_pictures()

    def test_the_first_viewer_gets_the_first_frame(self):
        with self.serving("--capture-idle", "1s", viewers_count=0) as (server, _):
            self.wait_until_stopped()
            for _ in range(2):
                started = self.camera.count("streaming")
                self.camera.command("stall")
                stream = open_stream(server.address, "/stream")
                wait_until(lambda: self.camera.count("streaming") > started, "the camera starts")
                self.camera.command("give 1")
                part = stream.part()
                while part.slate or frame_number(part.jpeg) is None:
                    part = stream.part()
                self.assertEqual(frame_number(part.jpeg), 1)
                stopped = self.camera.count("stopped")
                stream.connection.socket.close()
                wait_until(lambda: self.camera.count("stopped") > stopped, "the camera stops")


class BadFrames(UsbScene):
    def see_them_dropped(self, fault):
        """Until some were dropped: the kernel itself may lose a few of the bad ones."""
        with self.serving() as (server, audience):
            audience.see_pictures()
            for dropped in (0, 1):
                while state_of(server)["dropped_bad"] <= dropped:
                    self.camera.command(f"{fault} 3")
                    audience.see_pictures()
            audience.see_pictures(5)
            self.assertEqual([viewer.slates for viewer in audience.viewers][0], [])

    def test_corrupt_frames_reach_no_viewer(self):
        self.see_them_dropped("corrupt")

    def test_truncated_frames_reach_no_viewer(self):
        self.see_them_dropped("truncate")

    def test_only_corrupt_frames(self):
        with self.serving("--camera-stall-timeout", "1s") as (_, audience):
            audience.see_pictures()
            self.camera.command(f"corrupt {FOREVER}")
            audience.see_slate("broken")
            self.camera.command("corrupt 0")
            audience.see_pictures()

    def test_missing_tables_are_added(self):
        self.camera.command(f"no-tables {FOREVER}")
        with self.serving() as (server, audience):
            audience.see_pictures(5)
            self.assertIn(b"\xff\xc4", audience.newest())
            self.assertEqual(state_of(server)["dropped_bad"], 0)

    def test_padding_is_removed(self):
        self.camera.command(f"pad {FOREVER}")
        with self.serving() as (server, audience):
            audience.see_pictures(5)
            self.assertEqual(state_of(server)["dropped_bad"], 0)

    def test_frames_marked_as_bad_by_the_camera(self):
        with self.serving() as (_, audience):
            audience.see_pictures()
            self.camera.command("flag 3")
            audience.see_pictures(8)


class ComingAndGoing(UsbScene):
    def test_frozen(self):
        with self.serving("--camera-stall-timeout", "1s") as (_, audience):
            audience.see_pictures()
            opened = self.camera.count("streaming")
            self.camera.command("stall")
            audience.see_slate("no picture")
            # It is closed and reopened, which revives real cameras.
            audience.watch(lambda: self.camera.count("streaming") > opened)
            self.camera.command("go")
            audience.see_pictures()

    def test_unplugged_and_plugged_in(self):
        with self.serving() as (_, audience):
            for _ in range(3):
                audience.see_pictures()
                self.camera.unplug()
                audience.see_slate("unplugged|not there")
                self.camera.plug()
            audience.see_pictures()

    def test_comes_back_under_another_name(self):
        before = self.camera.node()
        with self.serving() as (server, audience):
            audience.see_pictures()
            # The kernel does not reuse a name while the old device is open.
            with open(before, "rb", buffering=0):
                self.camera.unplug()
                audience.see_slate("unplugged|not there")
                after = self.camera.plug()
                self.assertNotEqual(after, before)
                audience.see_pictures()
                server.wait_for_line(f"v4l2:{after}")

    def test_another_camera_under_the_same_name(self):
        before = self.camera.node()
        with self.serving("--capture-idle", "1s", viewers_count=0) as (server, _):
            self.wait_until_stopped()
            self.camera.unplug()
            with UsbCamera(serial="E0002") as other:
                self.assertEqual(other.node(), before)
                self.assertNotEqual(self.camera.plug(), before)
                with Audience(server.address, VIEWERS) as audience:
                    audience.see_pictures()
                self.assertEqual(other.count("streaming"), 0)

    def test_comes_back_with_another_format(self):
        with self.serving() as (server, audience):
            audience.see_pictures(3, frame_number)
            self.camera.replug("yuyv")
            audience.see_pictures(3, lambda jpeg: frame_number(jpeg) is None)
            self.assertIn("YUYV", state_of(server)["format"])
            self.camera.replug("all")
            audience.see_pictures(3, frame_number)

    def test_killed(self):
        with self.serving() as (_, audience):
            audience.see_pictures()
            self.camera.kill()
            audience.see_slate("unplugged|not there")
            with UsbCamera():
                audience.see_pictures()
                # The cleanup of this test ends the killed camera.


class Controls(UsbScene):
    def brightness(self):
        return int(v4l2_ctl(self.camera.node(), "--get-ctrl", "brightness").split()[-1])

    def test_set_at_start_and_by_viewers_and_after_a_replug(self):
        with self.serving("--control", "brightness=200", "--allow-control") as (server, audience):
            audience.see_pictures()
            self.assertEqual(self.brightness(), 200)
            answer = patch_controls(server, {"brightness": 50})
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(self.brightness(), 50)
            self.assertEqual(patch_controls(server, {"brightness": 5000}).status, 400)
            rows = {row["name"]: row["value"] for row in state_of(server)["controls"]}
            self.assertEqual(rows["brightness"], 50)
            self.camera.unplug()
            audience.see_slate("unplugged|not there")
            self.camera.plug()
            audience.see_pictures()
            self.assertEqual(self.brightness(), 50)  # the last requested value, not the default


@contextlib.contextmanager
def occupying(node):
    """Another program that streams from the device."""
    with subprocess.Popen(["v4l2-ctl", "-d", node, "--stream-mmap", "--stream-count", str(FOREVER)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other:
        yield other
        other.kill()


class Busy(UsbScene):
    def test_at_start_the_other_program_is_named(self):
        with occupying(self.camera.node()) as other:
            wait_until(lambda: self.camera.count("streaming"), "it streams")
            # In the sandbox no other process can be examined.
            source = ("--sandbox", "off", "--source", f"v4l2:{self.camera.node()}")
            code, lines = harness.run_to_exit(*source, "--exit-on-no-source")
            self.assertEqual(code, 66, lines)
            self.assertIn(f"v4l2-ctl (pid {other.pid})", lines[-1])
            with harness.Fanlight(*source) as server:
                server.wait_for_line(rf"waiting: .*v4l2-ctl \(pid {other.pid}\)")

    def test_while_serving_viewers_see_the_reason(self):
        with self.serving("--capture-idle", "1s", viewers_count=0) as (server, _):
            self.wait_until_stopped()
            with occupying(self.camera.node()):
                wait_until(lambda: self.camera.count("streaming") > self.camera.count("stopped"),
                           "it streams")
                stream = open_stream(server.address, "/stream")
                while "in use" not in stream.part().slate:
                    pass
            part = stream.part()
            while part.slate:
                part = stream.part()
            stream.connection.socket.close()
