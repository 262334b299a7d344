# SPDX-License-Identifier: Apache-2.0
"""One row of bench/wire: many viewers behind a bottleneck, and what each of them received."""
import dataclasses
import math
import pathlib
import time

import wire_servers
from network import Network

FRAME_BYTES = 44_000
FPS = 30
USED_SHARE = 0.95       # of the wire: what a budget may use
SEGMENT_BYTES = 1448    # of TCP with timestamps on Ethernet
FRAMING_BYTES = 90      # of a segment, from TCP to the gap between frames
PART_HEAD_BYTES = 130
FRAMES_MIN = 30         # in a window, so that one frame makes a difference of 3 %
# This long before the end, the load generator starts writing its report.
REPORT_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Row:
    bits_per_second: int
    viewers: int
    bottleneck: str  # local, remote, or none
    congestion: str
    server: str      # budget, off, ustreamer
    seconds: int


@dataclasses.dataclass(frozen=True)
class Binaries:
    fanlight: pathlib.Path
    load: pathlib.Path
    fake_camera: pathlib.Path
    flags: tuple = ()  # additional, for fanlight


def share_fps(bits_per_second, viewers):
    """Frames per second for each viewer within the share that a budget may use."""
    part = FRAME_BYTES + PART_HEAD_BYTES
    on_wire = part + math.ceil(part / SEGMENT_BYTES) * FRAMING_BYTES
    return min(FPS, bits_per_second / 8 * USED_SHARE / on_wire / viewers)


def window_seconds(bits_per_second, viewers):
    return max(5, math.ceil(FRAMES_MIN / share_fps(bits_per_second, viewers)))


def start(row, network, binaries, frames):
    if row.server == "ustreamer":
        return wire_servers.ustreamer(network, binaries.fake_camera, frames)
    egress = f"{row.bits_per_second}" if row.server == "budget" else "off"
    return wire_servers.fanlight(network, binaries.fanlight, frames, "--max-egress", egress,
                                 *binaries.flags)


def run(row, binaries, frames):
    """The row's figures; None where a figure is not known."""
    bucket = None if row.bottleneck == "none" else row.bits_per_second
    with Network(bucket, row.bottleneck, row.congestion) as network, \
            start(row, network, binaries, frames) as server, network.sampled() as samples, \
            wire_servers.WireLoad(network, binaries.load, server, row.viewers,
                                  row.seconds) as load:
        result = load.result()
        end = time.monotonic() - REPORT_SECONDS
        server.expect_alive()
        figures = figures_of(row, result)
        figures["use"] = network.use(samples, end - row.seconds + REPORT_SECONDS, end)
        figures["drops"] = network.counters()["drops"]
        return {**figures, **network.retransmitted()}


def figures_of(row, result):
    fast = result["fast"]
    fps = {key: fast["frames"][key] / row.seconds for key in ("min", "median", "max")}
    age = fast["age_ms"] or {}  # not every server states when a picture was taken
    return {
        "fps_min": fps["min"], "fps_median": fps["median"], "fps_max": fps["max"],
        "share": fps["min"] / share_fps(row.bits_per_second, row.viewers),
        "jain": fast["jain"],
        "age_p50": age.get("p50"), "age_p95": age.get("p95"), "age_p99": age.get("p99"),
        "never": result["first_frame_ms"]["never"],
        "disconnected": result["disconnected"] + result["connect_errors"],
        "torn": result["torn"] + (result["falling"] or 0),
        "cpu": result["server"]["cpu_us_per_frame"],
        "server_busy": result["server"]["cpu_s"] / row.seconds * 100,
        "load_busy": result["load"]["cpu_s"] / row.seconds * 100,
    }


# Targets of a row with a budget: (figure, text when it is missed, whether it is reached).
TARGETS = [
    ("share", "share", lambda value: value >= 0.95),
    ("jain", "Jain", lambda value: value >= 0.998),
    ("use", "use", lambda value: value >= 0.93),
    ("age_p95", "age", lambda value: value <= 50),
    ("drops", "drops", lambda value: value == 0),
    ("disconnected", "disconnected", lambda value: value == 0),
    ("never", "no frame", lambda value: value == 0),
    ("torn", "torn", lambda value: value == 0),
]


def missed(figures):
    """The targets that a row with these figures misses."""
    return [name for key, name, reaches in TARGETS
            if figures[key] is None or not reaches(figures[key])]
