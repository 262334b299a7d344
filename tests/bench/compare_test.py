#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How bench/compare handles frames and figures; without a server."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/smoke")]
import results  # noqa: E402
import scenarios  # noqa: E402
import servers  # noqa: E402
from client import jpeg_size  # noqa: E402
from frames import COUNT, make_frames, pad  # noqa: E402
from servers import ALL  # noqa: E402


class FramesTest(unittest.TestCase):
    def test_frames_have_exactly_the_size_and_differ(self):
        for size, picture in ((20 << 10, (640, 360)), (44 << 10, (1280, 720)),
                              (100 << 10, (1280, 720))):
            with tempfile.TemporaryDirectory() as folder:
                make_frames(size, pathlib.Path(folder) / "frames")
                jpegs = [path.read_bytes() for path in pathlib.Path(folder).glob("frames/*")]
            self.assertEqual([len(jpeg) for jpeg in jpegs], [size] * COUNT)
            self.assertEqual(len(set(jpegs)), COUNT)
            self.assertEqual({jpeg_size(jpeg) for jpeg in jpegs}, {picture})

    def test_padding_is_whole_comments_of_any_size(self):
        end = b"\xff\xd9"
        for size in (*range(8, 40), *range(65_530, 65_560), 200_000):
            with self.subTest(size):
                padded = pad(b"\xff\xd8" + end, size)
                self.assertEqual(len(padded), size)
                position = 2
                while padded[position:position + 2] == b"\xff\xfe":
                    length = int.from_bytes(padded[position + 2:position + 4], "big")
                    self.assertGreaterEqual(length, 2)
                    position += 2 + length
                self.assertEqual(padded[position:], end)

    def test_an_unreachable_size_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(ValueError):
            make_frames(600, pathlib.Path(folder) / "frames")


def paced(cpu):
    return {"cpu": cpu, "delivered": 99.9, "age_p99": None}


class TableTest(unittest.TestCase):
    def table(self):
        table = results.Table("paced-20k")
        for cpu in (6.0, 5.0, 7.0):
            table.add("floor-send", paced(cpu))
            table.add("floor-uring-64", paced(cpu - 1))
            table.add("fanlight-uring", paced(cpu))
        for what in (paced(20.0), "the server died (Aborted)", "the server died (Aborted)"):
            table.add("ustreamer", what)
        return table

    def test_cells_have_best_median_and_ratio_to_the_cheapest_floor(self):
        table = self.table()
        self.assertEqual(table.floor("cpu"), 4.0)
        self.assertEqual(table.cell("fanlight-uring", "cpu"), "5.00 (6.00) 1.25×")
        self.assertEqual(table.cell("floor-uring-64", "cpu"), "4.00 (5.00) 1.00×")
        self.assertEqual(table.cell("fanlight-uring", "delivered"), "99.9 (99.9)")
        self.assertEqual(table.cell("fanlight-uring", "age_p99"), "–")

    def test_higher_rates_are_better(self):
        table = results.Table("saturated")
        for label, rate in (("floor-send", 100_000), ("floor-sendfile", 120_000),
                            ("fanlight-epoll", 90_000)):
            table.add(label, {"rate": rate})
        self.assertEqual(table.cell("fanlight-epoll", "rate"), "90000 0.75×")

    def test_failures_are_listed_below_the_table(self):
        text = self.table().markdown()
        self.assertIn("| ustreamer | 20.00 5.00× | 99.9 | –", text)
        self.assertIn("- ustreamer, 2 of 3 rounds: the server died (Aborted)\n", text)
        self.assertNotIn("| seed |", text, "the seed never ran")

    def test_the_overview_lists_a_server_that_always_failed(self):
        table = self.table()
        for _ in range(3):
            table.add("seed", "the seed did not start")
        summary = json.loads(json.dumps(table.summary()))
        self.assertEqual(summary["cells"]["seed"], "failed")
        self.assertEqual(summary["plot"], {"floor-send": 5.0, "floor-uring-64": 4.0,
                                           "fanlight-uring": 5.0, "ustreamer": 20.0})

    def test_every_metric_of_every_scenario_is_known(self):
        for name, scenario in scenarios.SCENARIOS.items():
            self.assertEqual(set(scenario.metrics) - set(scenarios.METRICS), set(), name)
            self.assertEqual({server for server, _ in scenario.rows.values()} - set(ALL), set())

    def test_the_overview_keeps_other_scenarios(self):
        facts = {"machine": "m", "kernel": "k", "congestion": "cubic", "date": "d", "rounds": 3,
                 "load_average": "0.00", "command": "c"}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder) / "results"
            kept, drawn = results.draw, []
            self.addCleanup(setattr, results, "draw", kept)
            results.draw = lambda plots, picture: drawn.append(plots)
            memory = results.Table("memory")
            memory.add("fanlight-uring", {"rss_few": 5000})
            results.write_all([memory], folder, facts)
            results.write_all([self.table()], folder, facts)
            overview = (folder / "README.md").read_text()
            self.assertIn("congestion control: cubic", (folder / "memory.md").read_text())
        self.assertEqual(overview.count("[memory](memory.md)"), 1)
        self.assertEqual(overview.count("[paced-20k](paced-20k.md)"), 1)
        self.assertEqual([list(plots) for plots in drawn], [["paced-20k"]])


class PeerTest(unittest.TestCase):
    """Servers that the user has built, by --peer."""

    def add(self, name, path):
        kept = {key: dict(scenario.rows) for key, scenario in scenarios.SCENARIOS.items()}

        def put_back():
            servers.PEER_PATHS.clear()
            for key, rows in kept.items():
                scenarios.SCENARIOS[key].rows.clear()
                scenarios.SCENARIOS[key].rows.update(rows)
        self.addCleanup(put_back)
        servers.PEER_PATHS[name] = path
        scenarios.add_peer(name)

    def command(self, name):
        return servers.command_of(name, pathlib.Path("build"), pathlib.Path("frames"), 25)

    def test_a_second_ustreamer_is_listed_next_to_the_first(self):
        self.add("ustreamer-6.62", "/opt/ustreamer")
        rows = scenarios.SCENARIOS["full"].rows
        self.assertEqual(rows["ustreamer-6.62, 256 descriptors"],
                         ("ustreamer-6.62", {"descriptors": 256}))
        self.assertIn("ustreamer, 256 descriptors", rows)
        self.assertNotIn("ustreamer-6.62", scenarios.SCENARIOS["saturated-two-shards"].rows)
        self.assertEqual(self.command("ustreamer-6.62")[0][0], "/opt/ustreamer")
        self.assertEqual(self.command("ustreamer")[0][0], "ustreamer")
        self.assertEqual(self.command("ustreamer-6.62")[1:3], self.command("ustreamer")[1:3])

    def test_mjpg_streamer_plays_the_same_frames(self):
        with tempfile.TemporaryDirectory() as folder:
            plugins = pathlib.Path(folder, "plugins")
            plugins.mkdir()
            for name in ("input_file", "output_http"):
                (plugins / f"{name}.so").touch()
            self.add("mjpg-streamer", folder)
            command, environment, path, ready = self.command("mjpg-streamer")
            self.assertEqual(command[:3], [f"{folder}/mjpg_streamer", "-i",
                                           f"{plugins}/input_file.so -f frames -e -d 0.0400"])
        self.assertEqual((environment, path), ({}, "/?action=stream"))
        self.assertEqual(re.search(ready, " o: HTTP TCP port........: 4711")["port"], "4711")

    def test_a_peer_has_its_own_column(self):
        self.add("ustreamer-6.62", "/opt/ustreamer")
        table = results.Table("paced-20k")
        table.add("ustreamer-6.62", paced(20.0))
        facts = dict.fromkeys(("machine", "kernel", "congestion", "date", "rounds", "load_average",
                               "command"), "")
        with tempfile.TemporaryDirectory() as folder:
            results.write_overview({"paced-20k": table.summary()}, pathlib.Path(folder), facts)
            lines = pathlib.Path(folder, "README.md").read_text().splitlines()
        [head] = [line for line in lines if line.startswith("| scenario")]
        [row] = [line for line in lines if line.startswith("| [paced-20k]")]
        self.assertEqual(dict(zip(head.split(" | "), row.split(" | ")))["ustreamer-6.62 |"],
                         "20.00 |")


class CommandTest(unittest.TestCase):
    def run_compare(self, *flags, **how):
        return subprocess.run([str(ROOT / "bench/compare"), *flags], capture_output=True,
                              text=True, timeout=20, **how)

    def test_invalid_flags_are_refused(self):
        self.assertEqual(self.run_compare("--scenario", "none").returncode, 2)
        for peer in ("nginx=/bin/sh", "ustreamer-7=/nonexistent"):
            self.assertEqual(self.run_compare("--peer", peer).returncode, 2, peer)

    @unittest.skipIf(os.geteuid() == 0, "root needs no sudo")
    def test_without_root_and_sudo_it_exits_with_a_message(self):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(sys.executable, pathlib.Path(folder) / "python3")
            result = self.run_compare("--build", folder, env={"PATH": folder})
        self.assertEqual((result.returncode, result.stderr.count("\n")), (77, 1), result)
        self.assertIn("no sudo", result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_an_unknown_congestion_control_is_refused(self):
        result = self.run_compare("--congestion", "none")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (71, 1), result)


if __name__ == "__main__":
    unittest.main(verbosity=2)
