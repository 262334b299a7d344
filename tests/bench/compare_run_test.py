#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/compare from end to end, with few viewers for a second each: all servers, one table.

    compare_run_test.py BUILD
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from servers import ALL  # noqa: E402

build = sys.argv.pop()
ALLOWED = pathlib.Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")


class CompareTest(unittest.TestCase):
    def test_all_servers_are_measured(self):
        allowed = ALLOWED.read_text()
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                [str(ROOT / "bench/compare"), "--quick", "--scenario", "paced-20k", "full",
                 "--build", build, "--results", folder], capture_output=True, text=True,
                timeout=200, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            table = (pathlib.Path(folder) / "paced-20k.md").read_text()
            full = (pathlib.Path(folder) / "full.md").read_text()
            self.assertGreater((pathlib.Path(folder) / "cpu.png").stat().st_size, 5000)
        self.assertIn("congestion control: cubic", table)
        self.assertNotIn("rounds:", table, "a server failed")
        rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:]
                for line in table.splitlines() if line.startswith("| ")}
        self.assertEqual(set(rows) - {"server"}, set(ALL))
        for server in ALL:
            cpu, delivered = rows[server][:2]
            self.assertRegex(cpu, r"^\d+\.\d\d \d+\.\d\d×$", server)
            self.assertGreater(float(delivered), 0, server)
        self.assertIn("| fanlight-uring, --max-viewers 500 | 500 | 500 |", full)
        self.assertEqual(ALLOWED.read_text(), allowed, "the allowed algorithms are restored")


if __name__ == "__main__":
    unittest.main(verbosity=2)
