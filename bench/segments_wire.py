# SPDX-License-Identifier: Apache-2.0
"""How many viewers a wire carries at the full rate: of whole frames, and of updates. Needs root.

For each, the number is searched with real viewers behind a token bucket: doubled until some viewer
misses something, then bisected. A try that misses something is repeated once, because a machine
stalls now and then; the number that is found was reached by every viewer in one try.
"""
import math
import sys
import time
from dataclasses import dataclass

import segments_clips as clips
import segments_frames
import wire_servers
from network import Network
from segments_rows import result_row, table
from servers import Failed
from wire_runs import REPORT_SECONDS

FPS = 30
SIZE = (1280, 720)
# Of 300 frames in 10 s, 9 may be missing: one or two are cut off by the ends of the window, and a
# stall of the machine may cost some. It is also what one viewer too many costs each of up to 32.
FULL_RATE = 0.97
TRIES = 2
# The clip has 10 fps. People move less from one frame to the next at 30 fps, as they would before a
# camera of 30 fps; with the clip's own frames they walk three times as fast, which is harder.
HOWS = {"motion interpolated": FPS, "three times as fast": None}


@dataclass(frozen=True)
class Scale:
    """How much is measured."""
    megabits: int = 200
    seconds: int = 10  # once through all frames, so that each try shows the same
    frames: int = 151  # and 149 back
    viewers_max: int = 4000
    fps_min: float = FULL_RATE * FPS
    age_ms_max: float = 60


# It shows that everything works, on a busy machine too.
QUICK = Scale(seconds=1, frames=12, viewers_max=2, fps_min=0, age_ms_max=math.inf)


@dataclass(frozen=True)
class Try:
    """What so many viewers got."""
    viewers: int
    figures: dict
    misses: list  # what some viewer missed; empty if each had everything


def misses_of(figures, scale):
    get = figures.__getitem__
    checks = (("rate", get("fps_min") < scale.fps_min),
              ("age", get("age_p95") is None or get("age_p95") > scale.age_ms_max),
              ("viewers lost", get("lost") > 0), ("drops", get("drops") > 0),
              ("broken frames", get("broken") > 0))
    return [name for name, is_missed in checks if is_missed]


def figures_of(result, use, drops):
    fast, seconds, segments = result["fast"], result["duration_s"], result["segments"]
    return {
        "fps_min": (fast["frames"]["min"] or 0) / seconds,
        **{f"age_{key}": fast["age_ms"][key] for key in ("p50", "p95", "p99")},
        "lost": result["viewers"] - result["connected"] + result["disconnected"]
                + result["connect_errors"] + result["first_frame_ms"]["never"],
        "broken": result["torn"] + (result["falling"] or 0) + (segments["broken"] or 0),
        "kilobytes": result["bytes"] / max(1, result["frames"]) / 1000,
        "use": use, "drops": drops,
        "server_busy": 100 * result["server"]["cpu_s"] / seconds,
        "load_busy": 100 * result["load"]["cpu_s"] / seconds}


def attempt(network, server, load, viewers, scale, flags):
    seconds = scale.seconds
    drops = network.counters()["drops"]
    with network.sampled() as samples, wire_servers.WireLoad(
            network, load, server, viewers, seconds, flags=flags) as viewing:
        result = viewing.result()
        end = time.monotonic() - REPORT_SECONDS
        use = network.use(samples, end - seconds + REPORT_SECONDS, end)
    server.expect_alive()
    figures = figures_of(result, use, network.counters()["drops"] - drops)
    return Try(viewers, figures, misses_of(figures, scale))


def most(try_viewers, viewers_max):
    """The largest number up to `viewers_max` for which `try_viewers(number)` is true, if it is for
    all smaller ones; 0 if it is for none."""
    good, bad = 0, None
    while good < viewers_max and bad != good + 1:
        number = min(viewers_max, max(1, 2 * good)) if bad is None else (good + bad) // 2
        if try_viewers(number):
            good = number
        else:
            bad = number
    return good


def search(network, server, load, scale, flags):
    """(the try with the most viewers that missed nothing, or None; all tries)"""
    tries = []

    def try_viewers(number):
        for _ in range(TRIES):
            tries.append(attempt(network, server, load, number, scale, flags))
            print(tries[-1], file=sys.stderr, flush=True)
            if not tries[-1].misses:
                return True
        return False

    found = most(try_viewers, scale.viewers_max)
    return next((made for made in reversed(tries)
                 if made.viewers == found and not made.misses), None), tries


def measure(build, jpegs, scale):
    """The same as search(), of whole frames and of updates: {name: (best, tries)}"""
    bits = scale.megabits * 1_000_000
    found = {}
    with Network(bits) as network, wire_servers.fanlight(
            network, build / "tools/fanlight", jpegs, "--max-egress", str(bits)) as server:
        for name, flags in (("whole frames", ()), ("updates", ("--segments",))):
            found[name] = search(network, server, build / "tools/fanlight-load", scale, flags)
            if not found[name][0]:
                raise Failed(f"not one viewer of {name} gets everything: "
                             f"{', '.join(found[name][1][-1].misses)}")
    return found


COLUMNS = ("viewers of", "number", "least fps", "age p50 / p95 / p99 ms", "KB per frame", "use %",
           "drops", "viewers lost", "CPU % server, load", "missed")


def cells_of(name, made):
    get = made.figures.__getitem__
    ages = " / ".join("–" if get(f"age_{key}") is None else f"{get(f'age_{key}'):.0f}"
                      for key in ("p50", "p95", "p99"))
    return [name, str(made.viewers), f"{get('fps_min'):.2f}", ages, f"{get('kilobytes'):.1f}",
            "–" if get("use") is None else f"{100 * get('use'):.0f}", str(get("drops")),
            str(get("lost")), f"{get('server_busy'):.0f}, {get('load_busy'):.0f}",
            ", ".join(made.misses) or "nothing"]


def row_of(how, found, scale):
    [(whole, _), (updates, _)] = found.values()
    ratio = updates.viewers / whole.viewers
    each = "; ".join(
        f"{name}: {best.figures['kilobytes']:.1f} KB, age p95 {best.figures['age_p95']:.0f} ms, "
        f"CPU of the server {best.figures['server_busy']:.0f} %, of the load generator "
        f"{best.figures['load_busy']:.0f} %" for name, (best, _) in found.items())
    return result_row(
        f"{scale.megabits} Mbit/s wire, vtest at {SIZE[1]}p, {FPS} fps, {how}: viewers of updates "
        f": of whole frames, each at the full rate with age p95 ≤ {scale.age_ms_max:.0f} ms",
        f"{ratio:.1f} ({updates.viewers} : {whole.viewers}; {each})", "≥ 6", ratio >= 6)


def rows(arguments, folder):
    scale = QUICK if arguments.quick else Scale()
    [clip] = clips.find(["vtest.avi"], arguments.clips)
    results, tries = [], []
    for how, fps in HOWS.items():
        jpegs = segments_frames.make(clip, folder / f"wire-{fps}", scale.frames, SIZE, fps)
        found = measure(arguments.build, jpegs, scale)
        results.append(row_of(how, found, scale))
        tries += [cells_of(f"{name}, {how}", made) for name, (_, made_of) in found.items()
                  for made in made_of]
    return results, table("Wire", COLUMNS, tries)
