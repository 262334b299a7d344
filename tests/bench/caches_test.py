#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/caches: a short run of each kind. caches_test.py BUILD"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = sys.argv.pop(1)
POLLERS = 10


class CachesTest(unittest.TestCase):
    def run_bench(self, *flags):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "figures")
            subprocess.run([ROOT / "bench/caches", "--build", BUILD, "--pollers", str(POLLERS),
                            "--duration", "4", "--json", path, *flags], check=True, timeout=100,
                           stdout=subprocess.DEVNULL)
            figures = json.loads(path.read_text())
        # Frames, or updates of them, are seen, and none leaves the server twice.
        self.assertEqual(set(figures["times_sent"]), {"1"})
        self.assertGreaterEqual(figures["frames"], 2)
        self.assertLessEqual(figures["seen"], POLLERS * figures["frames"])
        self.assertGreater(figures["age_median_intervals"], 0)

    def test_nginx(self):
        self.run_bench("--fps", "1")

    def test_varnish_with_updates(self):
        self.run_bench("--cache", "varnish", "--fps", "2", "--updates")


if __name__ == "__main__":
    unittest.main()
