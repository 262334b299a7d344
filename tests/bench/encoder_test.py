#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/encoder works, and measures like with like: Fanlight's encoder and tjbench make JPEGs of
the same size from the same picture. The speed of each does not matter here.
"""
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = sys.argv.pop()


class EncoderTest(unittest.TestCase):
    def test_both_make_jpegs_of_the_same_size(self):
        output = subprocess.run(
            [ROOT / "bench/encoder", "--build", BUILD, "--size", "322x240", "--rounds", "1",
             "--seconds", "0.05"], check=True, capture_output=True, text=True, timeout=120).stdout
        rows = [line.strip("| ").split(" | ") for line in output.splitlines() if line[:2] == "| "]
        self.assertEqual([row[0] for row in rows], ["layout", "yuv420", "yuv422", "bgr"], output)
        for row in rows[1:]:
            self.assertEqual(row[4], "yes", output)
            self.assertTrue(all(float(figure) > 0 for figure in row[1:4]), output)


if __name__ == "__main__":
    unittest.main()
