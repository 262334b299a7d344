#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/history works, with a few frames of a synthetic clip: every row has its figures. What they
are does not matter here.

    history_test.py BUILD [unittest's arguments]
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = sys.argv.pop(1)


class HistoryTest(unittest.TestCase):
    def test_every_clip_is_replayed(self):
        with tempfile.TemporaryDirectory() as kept:
            folder = pathlib.Path(kept)
            subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                            "testsrc2=size=192x128:rate=10", "-frames:v", "40", "-c:v", "mjpeg",
                            folder / "vtest.avi"], check=True, timeout=60)
            page = folder / "history.md"
            result = subprocess.run([ROOT / "bench/history", "--quick", "--build", BUILD,
                                     "--clips", folder, "--size", "192x128", "--results", page],
                                    capture_output=True, text=True, timeout=150, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(page.read_text(), result.stdout)
        rows = [line.strip("| ").split(" | ") for line in result.stdout.splitlines()
                if line.startswith("| ")]
        clips = [row for row in rows if len(row) == 7 and row[0] != "clip"]
        self.assertEqual(len(clips), 5, result.stdout)
        for row in clips:
            self.assertTrue(all(float(cell) > 0 for cell in row[1:]), row)
        ratios = {row[0]: float(row[6]) for row in clips}
        self.assertGreater(ratios["a still scene with noise"], ratios["everything moves (pan)"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
