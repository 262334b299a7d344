#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""plan_test.py FANLIGHT: what docs/plan.md shows is what `fanlight plan` prints, and mistakes
are explained."""
import json
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/plan.md"
BINARY = ""
NEEDED = ("--wire", "1Gbit", "--viewers", "100000", "--size", "1280x720")


def plan(*arguments):
    return subprocess.run([BINARY, "plan", *arguments], capture_output=True,
                          text=True, timeout=10, check=False)


class PlanTest(unittest.TestCase):
    def test_the_page_shows_what_is_printed(self):
        command, shown = re.search(r"```sh\nfanlight plan (.*?)\n```\n\n```text\n(.*?)```",
                                   PAGE.read_text(), re.DOTALL).groups()
        done = plan(*shlex.split(command))
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", shown))

    def test_json(self):
        done = plan(*NEEDED, "--camera-wire", "20Mbit", "--price", "0.01", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = json.loads(done.stdout)
        self.assertGreater(found["one_server"]["refused"], 0)
        tree = found["every_picture"]
        self.assertEqual(tree["relays"], sum(tree["levels"]))
        self.assertEqual(tree["server"]["updates"]["fps"], 30)
        self.assertTrue(tree["pulls_updates"])
        traffic = tree["traffic"]
        self.assertAlmostEqual(traffic["gb_per_month"] * 0.01, traffic["price"], delta=0.01)

    def test_mistakes(self):
        for arguments, line in (
                ((), "plan: --wire is missing; see fanlight plan --help"),
                ((*NEEDED, "--changed", "0.1"),
                 "plan: --changed '0.1': a share from 0% to 100% is expected"),
                ((*NEEDED, "--viewer", "5"),
                 "plan: --viewer: no such flag; did you mean '--viewers'?; "
                 "see fanlight plan --help")):
            done = plan(*arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                             (64, "", f"fanlight: {line}\n"))

    def test_help(self):
        done = plan("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("\nUsage: fanlight plan [FLAG]...\n", done.stdout)


if __name__ == "__main__":
    BINARY = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
