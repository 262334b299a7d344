#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server in a container with little memory, and viewers that do not read: each of its sockets
may hold a quarter of the container's. What the server leaves in them is bounded, so nothing is
killed; and where the kernel refuses even that, frames are whole nevertheless.

    memory_test.py --binary FANLIGHT --backend uring|epoll [unittest's arguments]

Needs root, and a control group (cgroups(7)) of version 1 or 2 that it can make.
"""
import contextlib
import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from client import Connection, fetch, open_stream  # noqa: E402

GROUPS = pathlib.Path("/sys/fs/cgroup")
LIMIT = 64 << 20
SOCKETS_LIMIT = 8 << 20  # less than the stalled viewers' sockets hold otherwise
VIEWERS = 500
PARTS_MAX = 3000


class ControlGroup:
    """Of version 2, whose limit includes the buffers of sockets, or of version 1, which limits them
    apart, so that here they can run out first. A context manager. Raises OSError where there can be
    none."""

    def __init__(self):
        version_2 = GROUPS / "cgroup.subtree_control"
        self.is_version_2 = version_2.exists()
        if self.is_version_2 and "memory" not in version_2.read_text().split():
            raise OSError(f"{version_2} has no controller of memory")
        parent = GROUPS if self.is_version_2 else GROUPS / "memory"
        self.path = parent / f"fanlight-test-{os.getpid()}"
        self.path.mkdir()

    def __enter__(self):
        limits = {"memory.max": LIMIT} if self.is_version_2 else \
            {"memory.limit_in_bytes": LIMIT, "memory.kmem.tcp.limit_in_bytes": SOCKETS_LIMIT}
        for name, limit in limits.items():
            (self.path / name).write_text(str(limit))
        return self

    def __exit__(self, *_):
        self.path.rmdir()

    def sockets_ran_out(self):
        """Of version 1. A little above the limit is for what must not fail."""
        peak = int((self.path / "memory.kmem.tcp.max_usage_in_bytes").read_text())
        return peak >= SOCKETS_LIMIT

    def kills(self):
        events = self.path / ("memory.events" if self.is_version_2 else "memory.oom_control")
        return int(re.search(r"^oom_kill (\d+)$", events.read_text(), re.MULTILINE)[1])


def state(fanlight):
    return json.loads(fetch(fanlight.address, "/api/v1/state").body)


class MemoryTest(unittest.TestCase):
    def test_viewers_that_do_not_read_use_up_the_memory_for_sockets(self):
        with GROUP, contextlib.ExitStack() as opened, \
                harness.Fanlight("--source", "pattern", "--size", "1280x720", "--fps", "30",
                                 "--frame-memory", "16M", "--send-buffer", "16M",
                                 "--viewer-stall-timeout", "3s",
                                 restrict=["--cgroup", str(GROUP.path)]) as fanlight:
            watcher = open_stream(fanlight.address, "/stream")
            watcher.parts(2)
            for _ in range(VIEWERS):
                stalls = opened.enter_context(Connection(fanlight.address))
                stalls.get("/stream")
            sequences = self.watch_until_closed(fanlight, watcher)
            self.assertEqual(sequences, sorted(sequences))
            if not GROUP.is_version_2:
                self.assertTrue(GROUP.sockets_ran_out(), "there was memory enough")
            self.assertEqual(GROUP.kills(), 0)
            watcher.parts(10)
            watcher.connection.socket.close()
            self.assertEqual(fanlight.stop()[0], 0)

    def watch_until_closed(self, fanlight, watcher):
        """Each part is whole."""
        sequences = []
        for _ in range(PARTS_MAX):
            sequences.append(watcher.part().sequence)
            shards = state(fanlight)["shards"]
            if sum(shard["evicted_stalled"] for shard in shards) == VIEWERS:
                return sequences
        return self.fail(f"{shards} after {PARTS_MAX} parts")


if __name__ == "__main__":
    try:
        GROUP = ControlGroup()
    except OSError as problem:
        print(f"memory_test: no control group with a limit of memory: {problem}", file=sys.stderr)
        sys.exit(77)
    harness.main()
