#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/mutate_equivalent.txt names places that are there, and reports count what they should."""
import pathlib
import sys
import tempfile
import types
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import mutant_report  # noqa: E402


def mutant(line, change):
    return types.SimpleNamespace(line=line, change=change)


class EquivalentsTest(unittest.TestCase):
    def test_each_entry_of_this_tree_names_one_place(self):
        # Whether clang finds that mutant there, tools/mutate itself checks.
        for file, line, change in mutant_report.Equivalents(ROOT).places:
            before = change.removeprefix("delete ").split("`")[1].removesuffix("...")
            text = (ROOT / file).read_text().splitlines()[line - 1:line + 9]
            self.assertIn(before, " ".join(" ".join(text).split()), f"{file}:{line}")

    def test_lines_before_it_tell_equal_lines_apart(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            (tree / "tools").mkdir()
            (tree / "a.cpp").write_text("one();\n  run(1);\ntwo();\n  run(1);\n")
            entries = tree / mutant_report.LIST
            entry = "file: a.cpp\n{}line: run(1);\nchange: `1` -> `2`\nreason: None.\n"
            entries.write_text(entry.format("line: two();\n"))
            equivalents = mutant_report.Equivalents(tree)
            self.assertTrue(equivalents.has(tree / "a.cpp", mutant(4, "`1` -> `2`")))
            self.assertFalse(equivalents.has(tree / "a.cpp", mutant(2, "`1` -> `2`")))
            for wrong in (entry.format(""), entry.format("line: three();\n"),
                          "change: `1` -> `2`\n", "file: a.cpp\nline: one();\n", "nonsense\n"):
                entries.write_text(wrong)
                with self.assertRaises(mutant_report.EquivalentsError, msg=wrong):
                    mutant_report.Equivalents(tree)


class ReportTest(unittest.TestCase):
    def test_counts_and_survives_a_change_of_the_lines_above(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, path = pathlib.Path(folder), pathlib.Path(folder, "a.cpp")
            path.write_text("one();\ntwo();\n")
            report = mutant_report.Report(tree, path)
            report.begin(9, types.SimpleNamespace(seed=3, sample=4), ["tests/x_test"])
            for number, verdict in enumerate(("killed", "slow", "alive", "invalid", "equal")):
                report.add(mutant(1, f"change {number}"), verdict)
            report.add(mutant(2, "change"), "alive")
            report.save()
            self.assertEqual(
                report.summary(),
                "a.cpp: 6 of 9 mutants, seed 3: 1 do not compile, 1 equal, 2 killed "
                "(1 by a limit), 0 equivalent, 2 alive; 50.0 % killed")
            self.assertIn("| `a.cpp` | 9 | 6 (3) | 1, 1 | 2, 50.0 % | 0 | 2 |",
                          mutant_report.table(tree))

            path.write_text("new();\none();\ntwo();\n")
            again = mutant_report.Report(tree, path)
            self.assertTrue(again.is_alive(mutant(3, "change")))
            self.assertFalse(again.is_alive(mutant(2, "change 0")))
            again.add(mutant(3, "change"), "killed")
            self.assertEqual((again.count("alive"), len(again.data["mutants"])), (1, 6))


if __name__ == "__main__":
    unittest.main()
