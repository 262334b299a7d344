# SPDX-License-Identifier: Apache-2.0
"""What updates cost a browser: the time from an update's arrival until it is drawn, and the main
thread's share of it.
"""
import json
import subprocess

import segments_clips as clips
from segments_server import CAMERA_SIZE, SERVER
from servers import ROOT, Failed, Server

FPS = 10
FRAMES = 40
SECONDS, SECONDS_QUICK = 20, 3


def drawing(build, clip, folder, is_quick):
    """What segments_browser.mjs found, for the element and for the page. A tenth of the segments
    changes in each frame: the part that moves, and those that are renewed. The browser may use all
    CPUs, as everywhere: one viewer costs the server nothing."""
    if not (ROOT / "tests/browser/node_modules").exists():
        raise Failed("needs the packages of the browser tests, which tools/test --all installs")
    jpegs = clips.make_jpegs(clip, folder / "browser", FRAMES, CAMERA_SIZE, "part")
    with Server(SERVER, build, jpegs, FPS) as server:
        seconds = SECONDS_QUICK if is_quick else SECONDS
        run = subprocess.run(
            ["node", ROOT / "bench/segments_browser.mjs", server.url.removesuffix("/stream"),
             str(seconds)],
            capture_output=True, text=True, check=False, timeout=120 + 2 * seconds)
        server.expect_alive()
    if run.returncode:
        raise Failed(f"Chromium: {run.stderr.strip().splitlines()[-1:]}")
    return json.loads(run.stdout)


def rows(found):
    """(what, measured, to reach, whether it is reached)"""
    for run in found:
        what = f"{run['name']}, 1280x720, {100 * run['changed']:.1f} % of segments changed"
        yield (f"Chromium, {what}: from an update's arrival until it is drawn",
               f"median {run['median_ms']:.1f} ms, p95 {run['p95_ms']:.1f} ms, worst "
               f"{run['worst_ms']:.1f} ms ({run['updates']} updates of "
               f"{run['bytes'] / 1000:.1f} KB)", "p95 < 8 ms", run["p95_ms"] < 8)
        window = run["window"]
        yield (f"Chromium, {run['name']}: on the main thread",
               f"{window['decoded']} decoded, {window['drawn']} drawn; all its work for an update: "
               f"{run['task_ms']:.2f} ms, {run['script_ms']:.2f} ms of them scripts",
               "none decoded or drawn", not any(window.values()))
