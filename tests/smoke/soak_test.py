#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/soak, when it is interrupted: what was measured until then is in its files."""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import harness

SOAK = pathlib.Path(__file__).resolve().parents[2] / "tools/soak"
DEADLINE_SECONDS = 60
FIELDS = 10  # of a sample


class SoakTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, *flags):
        soak = subprocess.Popen(
            [sys.executable, str(SOAK), "--binary", harness.options.binary, "--backend",
             harness.options.backend, "--out", str(self.folder), "--viewers", "5", "--seed", "1",
             "--duration", "1000s", "--baseline-max", "60", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(soak.communicate)
        self.addCleanup(soak.kill)
        return soak

    def samples(self):
        file = self.folder / "samples.tsv"
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_samples(self, soak, count):
        """They are in the file while the run goes on."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(self.samples()) < count:
            self.assertLess(time.monotonic(), deadline, "no samples")
            try:
                soak.wait(0.1)
                self.fail(f"it ended: {soak.communicate()}")
            except subprocess.TimeoutExpired:
                pass
        self.assertEqual({len(line.split("\t")) for line in self.samples()[:count]}, {FIELDS})

    def interrupt(self, soak, number):
        """The exit code and the figures."""
        soak.send_signal(number)
        output, errors = soak.communicate(timeout=DEADLINE_SECONDS)
        self.assertIn(f"| interrupted | {signal.Signals(number).name} |", output, errors)
        figures = json.loads((self.folder / "soak.json").read_text())
        self.assertEqual(figures["interrupted"], signal.Signals(number).name)
        self.assertEqual((figures["torn"], figures["exit_code"]), (0, 0), errors)
        self.assertGreater(figures["frames"], 0)
        self.assertLess(figures["seconds"], 1000)
        return soak.returncode, figures

    def test_an_interrupt_ends_it_with_its_results(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                # The slope of a few seconds says nothing.
                soak = self.start("--slope-max=1e9")
                self.wait_for_samples(soak, 3)
                code, figures = self.interrupt(soak, number)
                self.assertEqual((code, figures["violations"]), (128 + number, []))
                if shutil.which("gnuplot"):
                    self.assertIn("</svg>", (self.folder / "soak.svg").read_text())
                (self.folder / "samples.tsv").unlink()

    def test_a_violated_limit_has_the_last_word(self):
        soak = self.start("--slope-max=-1e9")
        self.wait_for_samples(soak, 1)
        code, figures = self.interrupt(soak, signal.SIGTERM)
        self.assertEqual((code, len(figures["violations"])), (1, 1), figures["violations"])


if __name__ == "__main__":
    harness.main()
