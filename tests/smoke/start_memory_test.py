#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A start during which one allocation or one mmap fails: it ends with 71 and a line, or it serves.

By default each case of a sample is run; `--every 1` runs all: each allocation and each mmap of the
start and of the threads that begin with it, `--first N` begins with the N-th. A failure names its
case, for example "allocation 120".

A server that has started answers /healthz and ends with 0 on SIGTERM, whatever failed: what a
thread was doing may be lost, the process never.

Left out is what ends the process in libraries that nobody can mend from here: the sandbox, because
libseccomp crashes when it gets no memory for its filter; and libcamera, which is loaded unless a
source is named: loading it runs constructors of many libraries, which throw, abort or exit(3)."""
import argparse
import faulthandler
import os
import re
import signal
import subprocess
import sys
import unittest
import urllib.request

import harness

SAMPLE = 24  # cases of a kind, if --every is not given

options = argparse.Namespace()


def is_healthy(url):
    try:
        with urllib.request.urlopen(url + "healthz", timeout=harness.DEADLINE_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


def start(**environment):
    """Runs the server until it serves or ends, then stops it: the exit code, the lines, the counts
    of allocations and mmaps, and whether it was healthy (None: it did not say where it listens)."""
    faulthandler.dump_traceback_later(100, exit=True)  # anew: all starts together may take longer
    report, write_end = os.pipe()
    variables = {**os.environ, "LD_PRELOAD": options.library, "FAIL_REPORT": str(write_end),
                 **{name: str(value) for name, value in environment.items()}}
    command = [*harness.command_line([], None), "--listen", "127.0.0.1:0", "--shards", "2",
               "--sandbox", "off", "--source", "emulator"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables,
                               pass_fds=[write_end])
    os.close(write_end)
    lines, url, healthy, was_stopped = [], None, None, False
    with process.stderr:
        for line in process.stderr:
            lines.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                url = line.split()[2]
            # The last line of a start, or what is said in place of it.
            is_last = line.startswith(("memory: ", "there was no memory for"))
            if is_last and not was_stopped:
                healthy = is_healthy(url) if url else None
                process.send_signal(signal.SIGTERM)
                was_stopped = True
    code = process.wait(harness.DEADLINE_SECONDS)
    with os.fdopen(report) as file:
        counts = [int(word) for word in file.read().split()]
    return code, lines, counts, healthy


class StartMemoryTest(unittest.TestCase):
    def judge(self, what, number, outcome):
        code, lines, _, healthy = outcome
        case = f"{what} {number}: exit code {code}, {lines}"
        self.assertIn(code, (0, 71), case)
        if code == 71:
            self.assertEqual(len(lines), 1, case)
            # pthread_create(3) says the same for its stack as for a limit of threads.
            self.assertRegex(lines[0], "memory|allocat|no thread is left", case)
        else:
            self.assertIn(healthy, (True, None), case)
            self.assertTrue(any(re.match("listening on|there was no memory", line)
                                for line in lines), case)

    def every(self, what, variable, index):
        code, lines, counts, healthy = start()
        self.assertEqual((code, healthy), (0, True), lines)
        count = counts[index]
        self.assertGreater(count, 10)
        step = options.every or max(1, count // SAMPLE)
        refused = 0
        for number in range(options.first, count + 1, step):
            outcome = start(**{variable: number})
            with self.subTest(what=what, number=number):
                self.judge(what, number, outcome)
            refused += outcome[0] == 71
        print(f"{what}s: {count}, every {step}. tried, {refused} ended the start", file=sys.stderr)
        self.assertTrue(refused > 0 or options.first > 1, "no allocation was needed")

    def test_each_allocation(self):
        self.every("allocation", "FAIL_ALLOCATION", 0)

    def test_each_mmap(self):
        self.every("mmap", "FAIL_MMAP", 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--library", required=True)
    parser.add_argument("--every", type=int, default=0)
    parser.add_argument("--first", type=int, default=1)
    _, rest = parser.parse_known_args(namespace=options)
    sys.argv[1:] = rest
    harness.main()
