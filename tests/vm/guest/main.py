#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs all scenes, in the machine: main.py --tools BUILD/tools --vm BUILD/tests/vm [SCENE...]

SCENE in unittest's syntax: scenes_usb, scenes_usb.BadFrames, scenes_vivid.Hdmi.test_another_signal.
"""
import argparse
import faulthandler
import pathlib
import re
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "smoke")]

import client  # noqa: E402
import devices  # noqa: E402
import harness  # noqa: E402
import scenes_libcamera  # noqa: E402
import scenes_start  # noqa: E402
import scenes_usb  # noqa: E402
import scenes_vivid  # noqa: E402

SCENES = [scenes_start, scenes_usb, scenes_vivid, scenes_libcamera]
# A plain camera, one with several planes, and an HDMI input.
VIVID = ["n_devs=3", "node_types=0x1,0x1,0x1", "num_inputs=1,1,1", "input_types=0x0,0x0,0x3",
         "multiplanar=1,2,1"]
# Not every trace: vivid prints one after a delay ("schedule_timeout: wrong timeout").
SERIOUS = re.compile(r"BUG:|WARNING:|Oops|general protection|refcount_t")


class Kernel(unittest.TestCase):
    """Runs last: none of the tests may have caused a kernel error."""

    def test_has_reported_no_problems(self):
        messages = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
        self.assertEqual([line for line in messages.splitlines() if SERIOUS.search(line)], [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", required=True, type=pathlib.Path)
    parser.add_argument("--vm", required=True, type=pathlib.Path)
    parser.add_argument("scene", nargs="*")
    chosen = parser.parse_args()
    harness.options.binary = str(chosen.tools / "fanlight")
    harness.options.backend = "uring"
    harness.DEADLINE_SECONDS = client.TIMEOUT_SECONDS = 90
    devices.UsbCamera.program = str(chosen.vm / "uvc_camera")
    scenes_vivid.Formats.program = str(chosen.vm / "vivid_formats")
    faulthandler.dump_traceback_later(1200, exit=True)
    subprocess.run(["modprobe", "vivid", *VIVID], check=True)
    load = unittest.defaultTestLoader
    if chosen.scene:
        suite = load.loadTestsFromNames(chosen.scene)
    else:
        suite = unittest.TestSuite(map(load.loadTestsFromModule, SCENES))
    suite.addTests(load.loadTestsFromTestCase(Kernel))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
