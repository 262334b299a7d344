#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/segments works, with few frames of synthetic clips: every row has its figures. What they
are does not matter here.

    segments_test.py BUILD [unittest's arguments]
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = sys.argv.pop(1)
CLIPS = {"vtest.avi": "192x128", "tree.avi": "128x96"}


def setUpModule():
    global folder
    kept = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(kept.cleanup)
    folder = pathlib.Path(kept.name)
    for name, size in CLIPS.items():
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i",
                        f"testsrc2=size={size}:rate=10", "-frames:v", "20", "-c:v", "mjpeg",
                        folder / name], check=True, timeout=60)


def segments(*flags):
    """The cells of each row, by its first one."""
    result = subprocess.run([ROOT / "bench/segments", "--quick", "--build", BUILD, *flags],
                            capture_output=True, text=True, timeout=150, check=False)
    assert result.returncode == 0, result.stderr
    rows = [line.strip("| ").split(" | ") for line in result.stdout.splitlines()
            if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows}


class ClipsTest(unittest.TestCase):
    def test_every_clip_is_replayed(self):
        page = folder / "segments.md"
        rows = segments("--clips", folder, "--step", "clips", "--results", page)
        self.assertIn("# Updates", page.read_text())
        measured = [what for what, row in rows.items() if len(row) == 3 and what != "what"]
        self.assertEqual([re.split(": |, PSNR", what)[0] for what in measured], [
            "vtest at 10 fps", "vtest at 10 fps", "a still scene with noise, 30 fps",
            "everything changes in every frame", "vtest, every seventh frame",
            "vtest, every seventh frame", "size of a frame with restart intervals "])
        for what in measured:
            figures, _, reached = rows[what]
            self.assertRegex(figures, r"\d", what)
            self.assertIn(reached, ("yes", "**no**"), what)
        clips = [name for name, row in rows.items() if len(row) == 11 and name != "clip"]
        self.assertEqual(len(clips), 12, rows)
        for name in clips:
            self.assertEqual(rows[name][0], "2" if "seventh" in name else "16", name)
            self.assertTrue(all(float(cell) >= 0 for cell in rows[name]), rows[name])
        self.assertGreater(float(rows["still"][1]), 2, "a still picture needs few bytes")
        self.assertEqual(rows["negative"][2], "16", "a negative is sent whole")

    def test_a_missing_clip_is_a_row_that_says_so(self):
        rows = segments("--clips", "/nonexistent", "--step", "clips")
        self.assertIn("failed: no vtest.avi", rows["clips"][0])

    def test_the_camera_thread_is_compared_with_libjpeg(self):
        rows = segments("--clips", folder, "--step", "camera")
        [row] = [row for what, row in rows.items() if what.startswith("camera's thread")]
        ratio, ours, floor = re.match(r"([\d.]+) \((\d+) : (\d+) µs", row[0]).groups()
        self.assertGreater(min(float(ratio), int(ours), int(floor)), 0)


class ServerTest(unittest.TestCase):
    """With a server, and viewers on the second processor."""

    def test_the_cost_of_an_update_is_compared_with_a_plain_send(self):
        rows = segments("--clips", folder, "--step", "cpu", "memory")
        usage = subprocess.run([f"{BUILD}/tools/fanlight-load", "--help"], capture_output=True,
                               text=True, timeout=20, check=True).stdout
        if "--segments" not in usage:
            self.assertIn("no --segments", rows["cpu"][0])
            self.assertIn("no --segments", rows["memory"][0])
            return
        [cpu] = [row for what, row in rows.items() if what.startswith("CPU time per update")]
        self.assertRegex(cpu[0], r"^[\d.]+ \([\d.]+ : [\d.]+ µs by floor-send, [\d.]+ KB")
        [memory] = [row for what, row in rows.items() if what.startswith("memory of a viewer")]
        self.assertRegex(memory[0], r"^-?\d+ bytes \(-?\d+ of them anonymous\)$")


class NetworkTest(unittest.TestCase):
    """With servers in networks of their own."""

    def test_viewers_on_a_wire_are_counted(self):
        rows = segments("--clips", folder, "--step", "wire")
        results = {what: row for what, row in rows.items() if what.startswith("200 Mbit/s wire")}
        self.assertEqual([re.search("motion interpolated|three times as fast", what)[0]
                          for what in results], ["motion interpolated", "three times as fast"])
        for figures, reach, _ in results.values():
            # As many as a quick check tries.
            self.assertRegex(figures, r"^1\.0 \(2 : 2; whole frames: [\d.]+ KB, age p95 \d+ ms, "
                                      r".*; updates: [\d.]+ KB, age p95 \d+ ms, ")
            self.assertEqual(reach, "≥ 6")
        tries = [row for row in rows.values() if len(row) == 9 and row[-1] == "nothing"]
        self.assertEqual(len(tries), 4, rows)

    def test_relays_show_what_the_first_one_shows(self):
        rows = segments("--clips", folder, "--step", "relay")
        results = [row for what, row in rows.items() if "over 10 Mbit/s each" in what]
        self.assertEqual(len(results), 2, rows)
        for figures, _, reached in results:
            self.assertRegex(figures, r"^\d+ of \d+ frames, [\d.]+ Mbit/s; 0 segments that are not "
                                      r"the origin's, the oldest [\d.]+ s; mean [\d.]+ dB, ")
            self.assertIn(reached, ("yes", "**no**"))
        self.assertEqual({relays for relays, row in rows.items() if len(row) == 10},
                         {"relays", "1", "3"})


class BrowserTest(unittest.TestCase):
    """With Chromium, and the packages of the browser tests."""

    def test_a_worker_draws_the_updates(self):
        rows = segments("--clips", folder, "--step", "browser")
        for where in ("/viewer.js", "the page"):
            [(what, drawn)] = [(what, row) for what, row in rows.items()
                               if what.startswith(f"Chromium, {where}, 1280x720")]
            self.assertRegex(what, r"[\d.]+ % of segments changed: from an update's arrival")
            self.assertRegex(drawn[0], r"^median [\d.]+ ms, p95 [\d.]+ ms, worst [\d.]+ ms "
                                       r"\(\d+ updates of [\d.]+ KB\)$")
            window = rows[f"Chromium, {where}: on the main thread"]
            self.assertRegex(window[0],
                             r"^0 decoded, 0 drawn; all its work for an update: [\d.]+ ms")
            self.assertEqual(window[2], "yes")


if __name__ == "__main__":
    unittest.main(verbosity=2)
