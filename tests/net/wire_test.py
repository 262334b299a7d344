#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The budget of the wire, on a real wire: network namespaces with a token bucket between them.

    wire_test.py --binary FANLIGHT --load FANLIGHT-LOAD [unittest's arguments]

Needs root. The server has a real-time priority (sched(7)), so that the machine's other load does
not affect the result.
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import network  # noqa: E402
import wire_servers  # noqa: E402
from frames import make_frames  # noqa: E402
from network import Network  # noqa: E402

RATE = 200_000_000
VIEWERS = 100
SECONDS = 6
TRIES = 3
FRAME_BYTES = 44_000
DEADLINE_SECONDS = 50

options = argparse.Namespace()


def namespaces_of(process_id):
    return [line for line in network.run("ip", "netns", "list").splitlines()
            if line.startswith(f"fanlight-{process_id}-")]


class NetworkTest(unittest.TestCase):
    """The network that the other tests rely on."""

    PROGRAM = ("import sys; sys.path.insert(0, sys.argv[1]); from network import *\n"
               "with Network(1_000_000): print('there', flush=True); signal.pause()\n")

    def test_a_signal_removes_everything(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([sys.executable, "-c", self.PROGRAM,
                                   str(pathlib.Path(network.__file__).parent)],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                self.assertEqual(process.stdout.readline(), b"there\n")
                self.assertEqual(len(namespaces_of(process.pid)), 3)
                process.send_signal(number)
                process.wait(network.COMMAND_SECONDS)
                self.assertEqual(namespaces_of(process.pid), [])


class WireTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.frames = pathlib.Path(folder.name) / "frames"
        make_frames(FRAME_BYTES, cls.frames)

    def serve(self, net, *flags):
        return wire_servers.fanlight(net, options.binary, self.frames, *flags,
                                     prefix=("chrt", "--fifo", "10"))

    def measure(self, bottleneck, egress, seconds=SECONDS):
        """(what the viewers received, the share of the bucket's rate used in each second, packets
        dropped there)"""
        with Network(RATE, bottleneck) as net, self.serve(net, "--max-egress", egress) as server, \
                net.sampled() as samples, \
                wire_servers.WireLoad(net, options.load, server, VIEWERS, seconds) as load:
            result = load.result()
            end = time.monotonic()
            self.assertEqual(result["connected"], VIEWERS)
            self.assertEqual(result["torn"] + result["falling"], 0)
            uses = [net.use(samples, end - second - 1, end - second) for second in range(seconds)]
            known = [use for use in uses if use is not None]
            return result, known, net.counters()["drops"]

    def check_budget(self, bottleneck):
        # The best of some: where the machine stalls, the packets of that time come all at once.
        for _ in range(TRIES):
            result, uses, drops = self.measure(bottleneck, "200Mbit")
            frames = result["fast"]["frames"]
            print(f"{bottleneck}: {frames}, Jain {result['fast']['jain']}, use {uses}, "
                  f"{drops} drops", file=sys.stderr)
            if drops + result["disconnected"] == 0 and result["fast"]["jain"] >= 0.998:
                break
        self.assertEqual((drops, result["disconnected"]), (0, 0))
        self.assertGreaterEqual(result["fast"]["jain"], 0.998)
        # No viewer is more than a frame or 5 % below the median.
        self.assertGreaterEqual(frames["min"], min(0.95 * frames["median"], frames["median"] - 1))
        # If the whole machine stalled for a second, nothing was sent in that second.
        self.assertGreaterEqual(max(uses), 0.90)
        self.assertLessEqual(sum(uses) / len(uses), 1.0)

    def test_a_full_wire_is_shared_evenly_and_drops_nothing(self):
        self.check_budget("local")

    def test_a_full_wire_behind_a_router_is_shared_evenly_and_drops_nothing(self):
        self.check_budget("remote")

    def test_without_a_budget_the_same_wire_drops(self):
        _, _, drops = self.measure("local", "off", seconds=2)
        self.assertGreater(drops, 0)

    def test_the_budget_is_the_speed_of_the_default_routes_link(self):
        with Network() as net:
            speed = int(network.run(*net.inside(net.server), "cat",
                                    "/sys/class/net/to-router/speed"))
            with self.serve(net) as server:
                server.wait_for_line(rf"^egress: {speed * 95 // 100} of {speed} Mbit/s "
                                     r"\(to-router\) ")
                url = server.url.replace("/stream", "/api/v1/state")
                state = json.loads(network.run(*net.inside(net.client), "curl", "--silent",
                                               "--fail", "--max-time", "10", url))
        self.assertEqual(state["egress"]["bits_per_second"], speed * 1_000_000)
        self.assertEqual(state["egress"]["origin"], "to-router")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--load", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    if os.geteuid() != 0:
        print("wire_test: needs root for network namespaces", file=sys.stderr)
        sys.exit(77)
    # ctest kills a test that hangs, and its namespaces would stay; this interrupts it first.
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(DEADLINE_SECONDS)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
