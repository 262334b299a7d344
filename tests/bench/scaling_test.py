#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/scaling fits what it was given, and bench/SCALING.md shows all its runs, with what the
model of `fanlight plan` says now."""
import importlib.machinery
import importlib.util
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load():
    """bench/scaling, which is no .py, as a module."""
    loader = importlib.machinery.SourceFileLoader("scaling", str(ROOT / "bench/scaling"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("scaling", loader))
    sys.modules["scaling"] = module
    loader.exec_module(module)
    return module


scaling = load()


class FitTest(unittest.TestCase):
    def test_finds_the_constants_of_what_follows_the_model(self):
        constants = scaling.Constants(700, 1.3, 0.4, 1.03)
        runs = []
        for run in scaling.FITTED:
            made = scaling.Measured(run, 80_000, 0, 0 if run.how == "still" else 0.1, 1.03)
            runs.append(scaling.Measured(run, made.whole, scaling.predicted(made, constants),
                                         made.changed, made.markers))
        self.assertEqual(scaling.fit(runs), constants)

    def test_by_hand(self):
        # 4 of 40 frames are renewed; 4^0.5 times 10 % changed: 1 - 0.9 * 0.8 of 100,000.
        run = scaling.Run("", fps=10, every=4)
        made = scaling.Measured(run, 100_000, 29_000, 0.1, 1)
        constants = scaling.Constants(1000, 1, 0.5, 1)
        self.assertAlmostEqual(scaling.predicted(made, constants), 29_000)
        self.assertAlmostEqual(scaling.error(made, constants), 0)


class PageTest(unittest.TestCase):
    def test_all_runs_are_shown_with_what_the_model_says(self):
        text = (ROOT / "bench/SCALING.md").read_text()
        rows = re.findall(r"^\| ([^|]*?) \| (0\.\d{3}) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| "
                          r"([+-]\d+) % \|$", text, re.MULTILINE)
        runs = {run.name: run for run in scaling.FITTED + scaling.CHECKED}
        self.assertEqual([row[0] for row in rows], list(runs))
        constants = scaling.of_the_model()
        for name, *cells in rows:
            changed, whole, update, model, error = map(float, cells)
            made = scaling.Measured(runs[name], whole * 1000, update * 1000, changed, 1)
            # The page's figures are rounded.
            self.assertAlmostEqual(scaling.predicted(made, constants) / 1000, model,
                                   delta=0.02 * model, msg=name)
            self.assertAlmostEqual(100 * (model / update - 1), error, delta=0.8, msg=name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
