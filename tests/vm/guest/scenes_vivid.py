# SPDX-License-Identifier: Apache-2.0
"""vivid's cameras and its HDMI input: raw formats, errors that a driver reports, signals that
change."""
import re
import subprocess
import unittest

from audience import has_size, serving
from devices import set_control, v4l2_ctl, vivid_nodes
from scenes_usb import state_of

SINGLE, MULTIPLANAR, HDMI = range(3)  # the order in which main.py has them made
SMALL = ["--size", "320x180", "--fps", "15"]
# Values of the control dv_timings_signal_mode (Documentation/admin-guide/media/vivid.rst of Linux).
NO_SIGNAL, NO_LOCK, OUT_OF_RANGE, SELECTED = range(1, 5)


class Formats(unittest.TestCase):
    program = ""  # vivid_formats, set by main.py

    def test_every_raw_format_has_its_colours(self):
        subprocess.run([self.program], check=True, timeout=300)

    def test_several_planes(self):
        with serving("--source", f"v4l2:{vivid_nodes()[MULTIPLANAR]}", *SMALL) as (_, audience):
            audience.see_pictures(5, has_size(320, 180))


class Errors(unittest.TestCase):
    """Errors that vivid injects while people watch: pictures return after each of them."""

    def setUp(self):
        self.node = vivid_nodes()[SINGLE]

    def see_recovery(self, control, slate=None):
        with serving("--source", f"v4l2:{self.node}", *SMALL) as (_, audience):
            for _ in range(2):
                audience.see_pictures()
                set_control(self.node, control, 1)
                if slate:
                    audience.see_slate(slate)
            audience.see_pictures(5)

    def test_disconnected(self):
        self.see_recovery("disconnect", "unplugged")

    def test_fatal_streaming_error(self):
        self.see_recovery("inject_fatal_streaming_error", "failure")

    def test_damaged_pictures(self):
        self.see_recovery("inject_v4l2_buf_flag_error")

    def test_a_buffer_is_refused(self):
        self.see_recovery("inject_vidioc_qbuf_error")

    def see_recovery_when_opened(self, control):
        """Errors that occur while it is reopened after a disconnection."""
        with serving("--source", f"v4l2:{self.node}", *SMALL) as (_, audience):
            audience.see_pictures()
            set_control(self.node, control, 1)
            set_control(self.node, "disconnect", 1)
            audience.see_slate("camera lost")
            audience.see_pictures()

    def test_no_buffers(self):
        self.see_recovery_when_opened("inject_vidioc_reqbufs_error")

    def test_no_stream(self):
        self.see_recovery_when_opened("inject_vidioc_streamon_error")

    def test_half_of_the_pictures_are_lost(self):
        set_control(self.node, "percentage_of_dropped_buffers", 50)
        self.addCleanup(set_control, self.node, "percentage_of_dropped_buffers", 0)
        with serving("--source", f"v4l2:{self.node}", *SMALL) as (_, audience):
            audience.see_pictures(10)


class Hdmi(unittest.TestCase):
    def setUp(self):
        self.node = vivid_nodes()[HDMI]
        self.select("640x480p59")

    def signal(self, mode):
        set_control(self.node, "dv_timings_signal_mode", mode)

    def select(self, name):
        """Sets the signal on the cable, by vivid's name for it."""
        menu = v4l2_ctl(self.node, "--list-ctrls-menus").split("dv_timings 0x")[1]
        set_control(self.node, "dv_timings", re.search(rf"(\d+): {name}\b", menu)[1])
        self.signal(SELECTED)

    def test_signals_come_and_go(self):
        with serving("--source", f"v4l2:{self.node}") as (_, audience):
            audience.see_pictures(3, has_size(640, 480))
            for mode, slate in ((NO_SIGNAL, "no signal"), (NO_LOCK, "no stable signal"),
                                (OUT_OF_RANGE, "unsupported signal")):
                self.signal(mode)
                audience.see_slate(slate)
            self.signal(SELECTED)
            audience.see_pictures()

    def test_another_signal(self):
        with serving("--source", f"v4l2:{self.node}") as (server, audience):
            audience.see_pictures()
            for name, size in (("800x600p60", (800, 600)), ("720x400p85", (720, 400))):
                self.select(name)
                audience.see_pictures(3, has_size(*size))
                self.assertIn("{}x{}".format(*size), state_of(server)["format"])
