# SPDX-License-Identifier: Apache-2.0
"""Messages at the start: which cameras there are, and why one is not available."""
import subprocess
import unittest

from audience import serving
from devices import CLASS, UsbCamera, name_of, vivid_nodes, wait_until

import harness


class Refusals(unittest.TestCase):
    """Errors that waiting does not fix, or for which the server must not wait."""

    def expect(self, code, words, *flags, **restrictions):
        found, lines = harness.run_to_exit(*flags, **restrictions)
        self.assertEqual(found, code, lines)
        self.assertRegex(lines[-1], words)

    def test_no_such_device(self):
        self.expect(66, "No such file", "--source", "v4l2:/dev/video99", "--exit-on-no-source")

    def test_not_a_capture_device(self):
        self.expect(66, "--list-devices", "--source", "v4l2:/dev/null")
        with UsbCamera() as camera:
            metadata = [path for path in CLASS.iterdir() if name_of(path) == "Emulated Camera"
                        and (path / "index").read_text() == "1\n"]
            self.assertTrue(camera.node() and metadata)
            self.expect(66, "--list-devices", "--source", f"v4l2:/dev/{metadata[0].name}")

    def test_no_permission(self):
        self.expect(77, "group 'video'", "--source", f"v4l2:{vivid_nodes()[0]}",
                    restrict=["--unprivileged"])

    def test_absurd_sizes(self):
        for size in ("1x1", "100000x100000"):
            self.expect(64, "size", "--source", f"v4l2:{vivid_nodes()[0]}", "--size", size)


class Waiting(unittest.TestCase):
    """The server starts before the camera is present, as with a USB hub that is detected late."""
    LINK = "/dev/v4l/by-id/usb-Fanlight_Emulated_Camera_E0001-video-index0"

    def test_viewers_see_the_camera_when_it_is_plugged_in(self):
        with serving("--source", f"v4l2:{self.LINK}") as (server, audience):
            server.wait_for_line("^camera: waiting: .*No such file")
            audience.see_slate("camera lost: not there")
            with UsbCamera():
                audience.see_pictures()
                server.wait_for_line("^camera: available$")
            audience.see_slate("unplugged|not there")

    def test_viewers_see_it_with_the_flags_of_ustreamer_too(self):
        with serving("--device", self.LINK, "--resolution", "640x480") as (_, audience):
            audience.see_slate("camera lost: not there")
            with UsbCamera():
                audience.see_pictures()


class Lists(unittest.TestCase):
    def listed(self):
        return subprocess.run([harness.options.binary, "--list-devices"], check=True, text=True,
                              capture_output=True, timeout=harness.DEADLINE_SECONDS).stdout

    def test_all_cameras_with_their_capabilities(self):
        with UsbCamera() as camera:
            link = "/dev/v4l/by-id/usb-Fanlight_Emulated_Camera_E0001-video-index0"
            wait_until(lambda: subprocess.run(["test", "-e", link]).returncode == 0, link)
            listed = self.listed()
            for node in [*vivid_nodes(), camera.node()]:
                self.assertIn(node, listed)
            self.assertIn(f"v4l2:{link}", listed)
            for words in ("MJPEG 640x480", "MJPEG 1280x720", "YUYV", "brightness=", "(auto)"):
                self.assertIn(words, listed)

    def test_the_marked_camera_is_used(self):
        with serving("--source", "auto", "--size", "320x180") as (server, audience):
            audience.see_pictures()
            chosen = server.wait_for_line(r"--source auto: (\S+)")[1]
            [marked] = [line for line in self.listed().splitlines() if line.endswith("(auto)")]
            self.assertEqual(marked.split()[0], chosen)
