# SPDX-License-Identifier: Apache-2.0
"""The measurements: one function for each kind of run, one entry for each row of figures."""
import http.client
import json
import pathlib
import re
import threading
from dataclasses import dataclass, field
from typing import Callable

from load import Load
from servers import ALL, FANLIGHTS, FLOORS, Failed, Server

KILOBYTE = 1024
SETTLE_SECONDS = 3  # between the last connect and the measurement, at most


@dataclass(frozen=True)
class Metric:
    """A column. `better` chooses the best of the rounds; with `ratio` it is also given as a
    multiple of the best floor."""
    title: str
    better: Callable = min
    digits: int = 0
    ratio: bool = False


METRICS = {
    "cpu": Metric("CPU µs/frame", min, 2, ratio=True),
    "rate": Metric("frames/s", max, 0, ratio=True),
    "delivered": Metric("delivered %", max, 1),
    "busy": Metric("server CPU %", min, 0),
    "load_busy": Metric("load CPU %", min, 0),
    "least": Metric("min/median frames", max, 3),
    "jain": Metric("Jain", max, 4),
    "age_p50": Metric("age p50 ms", min, 1),
    "age_p99": Metric("age p99 ms", min, 1, ratio=True),
    "skew_p99": Metric("skew p99 ms", min, 1, ratio=True),
    "rank_min": Metric("rank min", max, 2),
    "rank_max": Metric("rank max", min, 2),
    "broken": Metric("torn or falling", min, 0),
    "lost": Metric("disconnected", min, 0),
    "never": Metric("without any frame", min, 0),
    "first_p50": Metric("first frame p50 ms", min, 0),
    "first_p99": Metric("p99 ms", min, 0),
    "first_max": Metric("max ms", min, 0),
    "spread": Metric("largest shard imbalance %", min, 1),
    "rss_few": Metric("RSS, few viewers, kB", min, 0),
    "rss_many": Metric("RSS, many viewers, kB", min, 0),
    "rss_per_viewer": Metric("bytes/viewer", min, 0),
    "anonymous_per_viewer": Metric("anonymous bytes/viewer", min, 0),
    "loss": Metric("loss of fast viewers %", min, 2),
    "fast_rate": Metric("delivered to fast viewers %", max, 1),
    "slow_frames": Metric("slow viewers: median frames", max, 0),
    "slow_age": Metric("slow viewers: age p50 ms", min, 0),
    "closed": Metric("stalled viewers closed", max, 0),
    "closed_max": Metric("closed after at most, s", min, 1),
    "rss_left": Metric("RSS not released, kB", min, 0),
    "pages_before": Metric("TCP pages before", min, 0),
    "pages_full": Metric("while stalled", min, 0),
    "pages_after": Metric("after", min, 0),
    "served": Metric("served", max, 0),
    "refused": Metric("503 + Retry-After", max, 0),
    "unanswered": Metric("unanswered", min, 0),
    "log_lines": Metric("log lines", min, 0),
    "served_again": Metric("served of 100 later viewers", max, 0),
}


@dataclass
class Context:
    """Shared by all runs."""
    build: pathlib.Path
    load: pathlib.Path
    frames: Callable  # bytes: the directory of JPEGs of that size
    quick: bool = False

    def seconds(self, seconds):
        return 1 if self.quick else seconds

    def viewers(self, viewers):
        return max(10, viewers // 20) if self.quick else viewers


@dataclass(frozen=True)
class Scenario:
    title: str
    run: Callable  # (context, scenario, server's name, flags of this row): {metric: figure}
    metrics: tuple
    size: int = 20 * KILOBYTE  # bytes of a JPEG
    viewers: int = 1000
    fps: int = 30
    seconds: int = 10
    shards: int = 1
    flags: tuple = ()  # of the load generator
    # Label of a row: (server, keyword arguments of Server).
    rows: dict = field(default_factory=lambda: {name: (name, {}) for name in ALL})


def divided(value, by):
    return None if value is None or not by else value / by


def stream_figures(result, viewers, fps):
    """Figures of one run of the load generator; None where it has none."""
    fast, server, seconds = result["fast"], result["server"], result["duration_s"]
    mean = fast["frames"]["mean"]
    return {
        "cpu": server["cpu_us_per_frame"], "rate": result["frames_per_s"],
        "delivered": 100 * result["frames"] / (viewers * fps * seconds),
        "busy": divided(server["cpu_s"], seconds / 100),
        "load_busy": 100 * result["load"]["cpu_s"] / seconds,
        "least": divided(fast["frames"]["min"], fast["frames"]["median"]), "jain": fast["jain"],
        "age_p50": fast["age_ms"]["p50"], "age_p99": fast["age_ms"]["p99"],
        "skew_p99": result["skew_ms"]["p99"],
        "rank_min": result["rank"]["min"], "rank_max": result["rank"]["max"],
        "broken": result["torn"] + (result["falling"] or 0), "lost": result["disconnected"],
        "never": result["first_frame_ms"]["never"],
        "first_p50": result["first_frame_ms"]["p50"], "first_p99": result["first_frame_ms"]["p99"],
        "first_max": result["first_frame_ms"]["max"],
        "loss": None if fast["loss"] is None else 100 * fast["loss"],
        "fast_rate": None if mean is None else 100 * mean / (fps * seconds),
        "slow_frames": result["slow"]["frames"]["median"],
        "slow_age": result["slow"]["age_ms"]["p50"],
    }


def start(context, scenario, name, extra, **also):
    both = "0,1" if scenario.shards > 1 else "0"
    return Server(name, context.build, context.frames(scenario.size), scenario.fps, cpus=both,
                  shards=scenario.shards, **{**extra, **also})


def start_load(context, scenario, server, viewers=None, seconds=None, flags=(), pid=True):
    viewers = context.viewers(viewers or scenario.viewers)
    # A burst larger than the backlog of 4096 would measure SYN retransmissions.
    ramp = f"{viewers / 2000:.3f}s" if viewers > 1000 else "0"
    return Load(context.load, server.url, viewers, seconds or context.seconds(scenario.seconds),
                cpus="0,1" if scenario.shards > 1 else "1", pid=server.pid if pid else None,
                settle=SETTLE_SECONDS, flags=["--ramp", ramp, *scenario.flags, *flags])


def run_stream(context, scenario, name, extra):
    """N viewers for some seconds."""
    with start(context, scenario, name, extra) as server:
        load = start_load(context, scenario, server)
        spread = shard_spread(context, scenario, server) if scenario.shards > 1 else None
        result = load.result()
        server.expect_alive()
    viewers = context.viewers(scenario.viewers)
    return {**stream_figures(result, viewers, scenario.fps), "spread": spread}


def shard_spread(context, scenario, server):
    """The largest deviation of a shard's number of viewers from an even share, in %."""
    if server.name not in FANLIGHTS:
        return None
    pause = threading.Event()
    viewers = [0]
    for _ in range(100):  # until all have connected, if they do
        connection = http.client.HTTPConnection(*server.address, timeout=20)
        connection.request("GET", "/api/v1/state")
        shards = json.load(connection.getresponse())["shards"]
        connection.close()
        viewers = max(viewers, [shard["viewers"] for shard in shards], key=sum)
        if sum(viewers) >= context.viewers(scenario.viewers):
            break
        pause.wait(0.05)
    mean = sum(viewers) / len(viewers)
    return divided(100 * max(abs(count - mean) for count in viewers), mean)


def run_memory(context, scenario, name, extra):
    """The memory of a server with few viewers, then with many."""
    sizes = []
    counts = [context.viewers(100), context.viewers(scenario.viewers)]
    with start(context, scenario, name, extra) as server:
        for viewers in (100, scenario.viewers):
            result = start_load(context, scenario, server, viewers).result()
            server.expect_alive()
            if result["connected"] < context.viewers(viewers):
                raise Failed(f"only {result['connected']} of {viewers} viewers were served")
            usage = result["server"]
            sizes.append((usage["rss_end_kb"], usage["rss_anon_end_kb"]))
    more = counts[1] - counts[0]
    return {"rss_few": sizes[0][0], "rss_many": sizes[1][0],
            "rss_per_viewer": KILOBYTE * (sizes[1][0] - sizes[0][0]) / more,
            "anonymous_per_viewer": KILOBYTE * (sizes[1][1] - sizes[0][1]) / more}


def tcp_pages():
    """Pages in the queues of all TCP sockets (proc(5), sockstat): the minimum within a second."""
    pause = threading.Event()
    pages = []
    for _ in range(20):
        text = pathlib.Path("/proc/net/sockstat").read_text()
        pages.append(int(re.search(r"^TCP:.* mem (\d+)", text, re.MULTILINE)[1]))
        pause.wait(0.05)
    return min(pages)


def run_stalled(context, scenario, name, extra):
    """Viewers that stop reading, alongside a tenth as many that continue."""
    timeout = 3 if context.quick else 10  # ustreamer's own is 10 s
    flags = ("--viewer-stall-timeout", f"{timeout}s") if name in FANLIGHTS else ()
    pause = threading.Event()
    with start(context, scenario, name, extra, flags=flags) as server:
        fast = start_load(context, scenario, server, scenario.viewers // 10, timeout + 10)
        pause.wait(SETTLE_SECONDS)
        rss, pages = server.resident_kilobytes()[0], tcp_pages()
        stalled = start_load(context, scenario, server, seconds=timeout + 5, pid=False,
                             flags=["--stalled", "100%"])
        pause.wait(timeout / 2)
        pages_full = tcp_pages()
        pause.wait(timeout / 2 + 2)
        rss_after, pages_after = server.resident_kilobytes()[0], tcp_pages()
        gone, others = stalled.result()["stalled"], fast.result()
        server.expect_alive()
    after = gone["closed_after_ms"]["max"]
    viewers = context.viewers(scenario.viewers // 10)
    return {**stream_figures(others, viewers, scenario.fps), "closed": gone["closed"],
            "closed_max": None if after is None else after / 1000,
            "rss_left": rss_after - rss, "pages_before": pages, "pages_full": pages_full,
            "pages_after": pages_after}


def run_full(context, scenario, name, extra):
    """More viewers than the server may have, then others once those have left."""
    with start(context, scenario, name, extra) as server:
        before = len(server.lines)
        result = Load(context.load, server.url, scenario.viewers,
                      context.seconds(scenario.seconds), pid=server.pid).result()
        lines = len(server.lines) - before
        later = Load(context.load, server.url, 100, 1).result()
        server.expect_alive()
    refused = result["refused"]
    served = result["connected"]
    return {"served": served, "refused": refused["503_with_retry_after"],
            "unanswered": scenario.viewers - served - refused["503"], "log_lines": lines,
            "busy": 100 * result["server"]["cpu_s"] / result["duration_s"],
            "served_again": later["connected"]}


PACED = ("cpu", "delivered", "least", "jain", "age_p50", "age_p99", "skew_p99", "rank_min",
         "rank_max", "broken", "lost", "never", "load_busy")
SATURATED = ("rate", "cpu", "busy", "load_busy", "least", "broken", "lost", "never")
SCENARIOS = {
    "paced-20k": Scenario("1000 viewers, 20 KB, 30 fps", run_stream, PACED),
    "paced-100k": Scenario("1000 viewers, 100 KB, 30 fps", run_stream, PACED,
                           size=100 * KILOBYTE),
    "paced-4000": Scenario("4000 viewers, 20 KB, 30 fps", run_stream, PACED, viewers=4000),
    "many-9000": Scenario(
        "9000 viewers, 20 KB, 5 fps", run_stream,
        ("cpu", "delivered", "least", "first_p99", "first_max", "never", "lost", "broken",
         "load_busy"), viewers=9000, fps=5),
    "saturated": Scenario("4000 viewers, 20 KB, as fast as possible (source 240 fps)", run_stream,
                          SATURATED, viewers=4000, fps=240),
    "saturated-two-shards": Scenario(
        "4000 viewers, 20 KB, source 240 fps; two shards and the load generator on the same two "
        "CPUs", run_stream, ("rate", "spread", "least", "broken", "lost", "never"), viewers=4000,
        fps=240, shards=2, rows={name: (name, {}) for name in FANLIGHTS + FLOORS}),
    "burst-1000": Scenario("1000 simultaneous connects, 20 KB, 30 fps", run_stream,
                           ("first_p50", "first_p99", "first_max", "never", "lost"), seconds=2),
    "memory": Scenario("memory at 100 and then at 4000 viewers, 20 KB, 5 fps", run_memory,
                       ("rss_few", "rss_many", "rss_per_viewer", "anonymous_per_viewer"),
                       viewers=4000, fps=5, seconds=3),
    "slow-10-percent": Scenario(
        "1000 viewers, 20 KB, 30 fps; 100 of them read 50 KB/s with a receive buffer of 16 K",
        run_stream, ("loss", "fast_rate", "lost", "slow_frames", "slow_age", "age_p50", "age_p99",
                     "broken", "cpu"),
        flags=("--slow", "10%", "--slow-rate", "50K", "--slow-receive-buffer", "16K")),
    "stalled-1000": Scenario(
        "1000 viewers stop reading while 100 others continue; 20 KB, 30 fps, stall timeout 10 s",
        run_stalled, ("loss", "fast_rate", "closed", "closed_max", "rss_left", "pages_before",
                      "pages_full", "pages_after", "lost")),
    "full": Scenario(
        "1000 connects with capacity for fewer; 20 KB, 1 fps", run_full,
        ("served", "refused", "unanswered", "log_lines", "busy", "served_again"), fps=1,
        seconds=5,
        rows={**{f"{name}, --max-viewers 500": (name, {"flags": ("--max-viewers", "500")})
                 for name in FANLIGHTS},
              **{f"{name}, 256 descriptors": (name, {"descriptors": 256})
                 for name in (*FANLIGHTS, "ustreamer")}}),
}


def add_peer(name):
    """The peer has a row wherever Debian's ustreamer has one, just before that one."""
    for scenario in SCENARIOS.values():
        rows = dict(scenario.rows)
        scenario.rows.clear()
        for label, (server, extra) in rows.items():
            if server == "ustreamer":
                scenario.rows[label.replace(server, name)] = (name, extra)
            scenario.rows[label] = (server, extra)
