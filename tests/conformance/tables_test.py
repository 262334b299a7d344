#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables: as many cases as stated, no two of them the same, each with its section."""
import collections
import pathlib
import re
import unittest

from servers import SERVERS
from tables import TABLES, cases_of

CASES_MIN = 400


class TablesTest(unittest.TestCase):
    def test_each_table_has_as_many_cases_as_stated(self):
        found = {table: len(list(cases_of(table))) for table in TABLES}
        self.assertEqual(found, {table: count for table, (_, count) in TABLES.items()})
        self.assertGreaterEqual(sum(found.values()), CASES_MIN)

    def test_every_table_is_listed(self):
        folder = pathlib.Path(__file__).resolve().parent
        files = {path.stem for path in folder.glob("*.py")
                 if re.search(r"^CASES = ", path.read_text(), re.MULTILINE)}
        self.assertEqual(files, set(TABLES))

    def test_no_two_cases_are_the_same(self):
        names, steps = collections.Counter(), collections.Counter()
        for table in TABLES:
            for one in cases_of(table):
                names[(table, one.section, one.name)] += 1
                sent = tuple(step for step in one.steps if not hasattr(step, "status"))
                steps[(one.server, repr(sent))] += 1
        self.assertEqual([name for name, count in names.items() if count > 1], [])
        self.assertEqual([what for what, count in steps.items() if count > 1], [])

    def test_each_has_a_section_a_server_and_something_to_await(self):
        for table in TABLES:
            for one in cases_of(table):
                with self.subTest(case=one.name):
                    self.assertRegex(one.section, r"^RFC \d{4} \d+(\.\d+)*$|^contract: [A-Za-z-]")
                    self.assertIn(one.server, SERVERS)
                    self.assertTrue(any(not isinstance(step, bytes) for step in one.steps))


if __name__ == "__main__":
    unittest.main()
