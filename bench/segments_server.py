# SPDX-License-Identifier: Apache-2.0
"""What updates cost a server: CPU time on its camera's thread and for each one sent, and memory of
its viewers.
"""
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

import segments_clips as clips
from frames import pad
from load import Load
from servers import FLOORS, Failed, Server

FPS = 10
CAMERA_SIZE = (1280, 720)
CAMERA_FRAMES = 60
CLIP_FRAMES = 100
SERVER = "fanlight-uring"


@dataclass(frozen=True)
class Scale:
    """How much is measured."""
    viewers: int = 1000
    few: int = 100  # viewers to which memory is compared
    seconds: int = 8
    settle: int = 3
    rounds: int = 3
    floors: tuple = FLOORS
    repetitions: int = 9
    repetition_seconds: float = 0.5


QUICK = Scale(viewers=20, few=10, seconds=2, settle=1, rounds=1, floors=("floor-send",),
              repetitions=1, repetition_seconds=0.01)


def camera_thread(build, clip, folder, scale):
    """CPU time per picture, in microseconds: of Fanlight, and of libjpeg alone; medians of
    interleaved repetitions."""
    jpegs = clips.make_jpegs(clip, folder / "camera", CAMERA_FRAMES, CAMERA_SIZE)
    text = subprocess.run(
        [build / "bench/divide_bench", "--benchmark_format=json",
         "--benchmark_enable_random_interleaving=true",
         f"--benchmark_repetitions={scale.repetitions}",
         f"--benchmark_min_time={scale.repetition_seconds}"], check=True, capture_output=True,
        text=True, timeout=600, env={**os.environ, "FANLIGHT_BENCH_CLIP": str(jpegs)}).stdout
    runs = [run for run in json.loads(text)["benchmarks"] if run["run_type"] == "iteration"]
    ours, floor = (statistics.median(run["cpu_time"] for run in runs if run["run_name"] == name)
                   for name in ("BM_DivideJpeg", "BM_CopyCoefficients"))
    return {"fanlight": ours, "libjpeg": floor, "bytes": runs[0]["bytes"]}


def can_load(build):
    """Whether fanlight-load can be a viewer of updates."""
    usage = subprocess.run([build / "tools/fanlight-load", "--help"], capture_output=True,
                           text=True, check=False, timeout=20).stdout
    return "--segments" in usage


def seconds_of_thread(pid, name):
    """CPU time of the threads with this name (schedstat: nanoseconds on a processor)."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def counters(address):
    """(bytes sent, frames and updates sent), since the server started."""
    connection = http.client.HTTPConnection(*address, timeout=20)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()

    def sum_of(name):
        return sum(float(value) for value in
                   re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))
    return sum_of("fanlight_sent_bytes_total"), sum_of("fanlight_frames_sent_total")


def run_load(build, server, viewers, scale, flags=("--segments",)):
    return Load(build / "tools/fanlight-load", server.url, viewers, scale.seconds, cpus="1",
                pid=server.pid, settle=scale.settle, flags=flags)


def check(result, viewers):
    if result["connected"] < viewers or result["disconnected"]:
        raise Failed(f"{result['connected']} of {viewers} viewers, {result['disconnected']} lost")
    if result["segments"]["broken"]:
        raise Failed(f"broken updates: {result['segments']['problem']}")


def updates_sent(build, jpegs, scale):
    """CPU time per update of all threads but the camera's, and bytes per update. The camera's share
    and the bytes are measured within the load generator's window, which begins after `settle` at
    the latest."""
    pause = threading.Event()
    with Server(SERVER, build, jpegs, FPS) as server:
        load = run_load(build, server, scale.viewers, scale)
        pause.wait(scale.settle)
        (bytes_before, sent_before), before = counters(server.address), time.monotonic()
        camera_before = seconds_of_thread(server.pid, "camera")
        pause.wait(0.9 * (scale.seconds - scale.settle))
        camera = seconds_of_thread(server.pid, "camera") - camera_before
        share = camera / (time.monotonic() - before)
        bytes_after, sent_after = counters(server.address)
        result = load.result()
        server.expect_alive()
    check(result, scale.viewers)
    if sent_after == sent_before:
        raise Failed("no updates were sent")
    cpu = result["server"]["cpu_s"] - share * result["duration_s"]
    return {"cpu": 1e6 * cpu / result["frames"],
            "bytes": (bytes_after - bytes_before) / (sent_after - sent_before),
            "camera": share, "whole": result["segments"]["whole_frames"] / result["frames"]}


def make_parts(size, folder):
    """Pictures whose parts in a stream have this size in the mean: Fanlight's head and delimiter
    are added to a JPEG."""
    part_bytes = 150
    if not folder.exists():
        folder.mkdir()
        tiny = subprocess.run([*clips.FFMPEG, "-f", "lavfi", "-i", "color=size=16x16", "-frames:v",
                               "1", "-f", "mjpeg", "-"], check=True, capture_output=True,
                              timeout=60).stdout
        for number in range(8):
            (folder / f"{number}.jpg").write_bytes(pad(tiny, int(size) - part_bytes))
    return folder


def plain_sent(build, name, frames, scale):
    with Server(name, build, frames, FPS) as server:
        result = run_load(build, server, scale.viewers, scale, flags=()).result()
        server.expect_alive()
    return result["server"]["cpu_us_per_frame"]


def cpu_per_update(build, clip, folder, scale):
    """In turn: updates of the clip, and plain sends of as many bytes; the median of each."""
    jpegs = clips.make_jpegs(clip, folder / "frames", CLIP_FRAMES)
    ours, floors = [], {name: [] for name in scale.floors}
    for _ in range(scale.rounds):
        ours.append(updates_sent(build, jpegs, scale))
        frames = make_parts(ours[0]["bytes"], folder / "parts")
        for name, found in floors.items():
            found.append(plain_sent(build, name, frames, scale))
    medians = {name: statistics.median(found) for name, found in floors.items()}
    cheapest = min(medians, key=medians.get)
    return {**{key: statistics.median(run[key] for run in ours) for key in ours[0]},
            "floor": medians[cheapest], "floor_name": cheapest}


def memory_per_viewer(build, clip, folder, scale):
    """Bytes of anonymous and of all resident memory that one viewer of updates more takes."""
    jpegs = clips.make_jpegs(clip, folder / "memory", CLIP_FRAMES)
    sizes = []
    with Server(SERVER, build, jpegs, FPS) as server:
        for viewers in (scale.few, scale.few + scale.viewers):
            result = run_load(build, server, viewers, scale).result()
            server.expect_alive()
            check(result, viewers)
            sizes.append([result["server"][key] for key in ("rss_end_kb", "rss_anon_end_kb")])
    resident, anonymous = (1024 * (many - few) / scale.viewers for few, many in zip(*sizes))
    return {"resident": resident, "anonymous": anonymous}
