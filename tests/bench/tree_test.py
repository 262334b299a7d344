#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small tree of relays, by bench/tree: what its viewers see while an edge is killed, a line is
cut and a clock is set. tree_test.py BUILD"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = sys.argv.pop(1)
VIEWERS = 24
WHOLE = ("edge-1", "edge-2", "cache-1", "cache-2")


class TreeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "figures")
            result = subprocess.run(
                [ROOT / "bench/tree", "--build", BUILD, "--viewers", str(VIEWERS), "--pollers", "6",
                 "--size", "320x240", "--seconds", "4", "--json", path],
                capture_output=True, text=True, timeout=200, check=False)
            if result.returncode != 0:
                raise AssertionError(result.stderr)
            cls.figures = json.loads(path.read_text())
        print(json.dumps(cls.figures), file=sys.stderr)

    def test_frames_are_the_same_everywhere(self):
        same = self.figures["same"]
        self.assertEqual(same["differing"], [])
        self.assertEqual(same["contradictions"], 0)
        for server in (*WHOLE, "edge-3"):
            self.assertGreater(same[server], 5, server)

    def test_pictures_of_updates_have_no_segment_of_their_own(self):
        segments = self.figures["segments"]
        self.assertGreater(segments["frames"], 5)
        self.assertEqual((segments["foreign"], segments["unknown"]), (0, 0))
        self.assertGreater(segments["psnr_min"], 34)

    def test_viewers_of_a_dead_edge_go_to_another(self):
        killed = self.figures["edge_killed"]
        self.assertEqual(killed["viewers"], VIEWERS // 3)
        self.assertEqual(killed["moved"], killed["viewers"])

    def test_viewers_of_an_edge_that_is_cut_off_go_to_another(self):
        cut = self.figures["line_cut"]
        self.assertGreaterEqual(cut["viewers"], VIEWERS // 3)
        self.assertEqual(cut["moved"], cut["viewers"])

    def test_a_clock_that_jumps_moves_nobody(self):
        clock = self.figures["clock_set"]
        self.assertEqual(clock["viewers_moved"], 0)
        self.assertGreater(clock["frames"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
