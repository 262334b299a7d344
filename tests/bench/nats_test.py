#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/nats works, briefly: it has every figure of each edge, and they are what they must be.

    nats_test.py BUILD [unittest's arguments]
"""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = sys.argv.pop(1)

PUBLISHED = re.compile(r"1 cameras x 100000 bytes x 5\.0 fps: (\d+) frames published, "
                       r"(\d+) skipped by the publishers")
EDGE = re.compile(r"edge (\d)( \(thin line\))?: (\d+) frames shown, (\d+) stale, (\d+) lost, "
                  r"(\d+) skipped, age (\d+\.\d+) s median, (\d+\.\d+) s at most")


class NatsTest(unittest.TestCase):
    def test_every_figure_is_printed(self):
        result = subprocess.run([ROOT / "bench/nats", "--cameras", "1", "--edges", "2", "--fps",
                                 "5", "--seconds", "2", "--build", BUILD], capture_output=True,
                                text=True, timeout=100, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        first, *edges = result.stdout.splitlines()
        published, skipped = map(int, PUBLISHED.fullmatch(first).groups())
        self.assertGreater(published, 5)
        self.assertEqual(skipped, 0)
        rows = [EDGE.fullmatch(line).groups() for line in edges]
        self.assertEqual([(row[0], bool(row[1])) for row in rows], [("1", False), ("2", True)])
        for name, thin, *figures in rows:
            shown, stale, lost, late = map(int, figures[:4])
            median, most = map(float, figures[4:])
            self.assertGreater(shown, 0, name)
            self.assertEqual(stale, 0, name)
            if not thin:
                self.assertEqual((lost, late), (0, 0), name)
            self.assertLess(0, median, name)
            self.assertLessEqual(median, most, name)


if __name__ == "__main__":
    unittest.main()
