# SPDX-License-Identifier: Apache-2.0
"""The USB camera through libcamera."""
from audience import has_size, serving
from devices import wait_until
from scenes_usb import UsbScene, state_of

from client import open_stream


class Libcamera(UsbScene):
    def test_pictures(self):
        with serving("--source", "libcamera", "--size", "640x480") as (server, audience):
            audience.see_pictures(5, has_size(640, 480))
            self.assertIn("Emulated Camera", state_of(server)["device"])

    def test_unplugged_and_plugged_in(self):
        with serving("--source", "libcamera", "--size", "640x480") as (_, audience):
            for _ in range(2):
                audience.see_pictures()
                self.camera.unplug()
                audience.see_slate("unplugged|not there")
                self.camera.plug()
            audience.see_pictures()

    def test_the_device_is_idle_without_viewers(self):
        with serving("--source", "libcamera", "--capture-idle", "1s",
                     viewers_count=0) as (server, _):
            stream = open_stream(server.address, "/stream")
            while stream.part().slate:
                pass
            stopped = self.camera.count("stopped")
            stream.connection.socket.close()
            wait_until(lambda: self.camera.count("stopped") > stopped, "the camera stops")
