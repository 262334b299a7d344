# SPDX-License-Identifier: Apache-2.0
"""What relays show that pull updates over thin lines: a camera's server and three relays in a row,
each in a network of its own, with a token bucket on the line to the next. The camera's server, the
first relay and the last one are recorded. Needs root.
"""
import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass

import segments_clips as clips
import segments_frames
import wire_servers
from network import Chain
from segments_recording import compare, read_stream
from segments_rows import result_row, table
from servers import Failed

FPS = (10, 30)  # the clip's own rate, and with its motion interpolated
SIZE = (1280, 720)
RELAYS = 3
RECORDED = (0, 1, RELAYS)  # by their number in the row
REFRESH_SECONDS = 4
# After the last server shows its first frame, all of whose segments are new, and until each has
# been renewed.
SETTLE_SECONDS = REFRESH_SECONDS + 1
# The camera does not wait for a relay: on a machine that stalls, a frame may be passed over.
FULL_RATE = 0.99
PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Scale:
    megabits: int = 10
    frames: int = 300
    seconds: int = 30


QUICK = Scale(frames=12, seconds=2)


def servers_of(chain, binary, folder, fps, stack):
    """The camera's server, and the relays in their order."""
    servers = []
    for number, namespace in enumerate(chain.namespaces):
        source = f"{servers[-1].url},segments=on" if servers else f"files:{folder}"
        rate = () if servers else ("--fps", str(fps))
        servers.append(stack.enter_context(wire_servers.fanlight_in(
            namespace, chain.address(number), binary, "--source", source, *rate, "--refresh",
            f"{REFRESH_SECONDS}s", "--max-egress", "off", cpus="0-1")))
    return servers


@contextlib.contextmanager
def recorded(chain, number, server, path):
    """Receives the server's stream into a file, in the server's own network."""
    command = [*chain.inside(chain.namespaces[number]), "curl", "--silent", "--no-buffer",
               "--output", path, f"http://127.0.0.1:{server.port}/stream"]
    with subprocess.Popen(command) as process:
        try:
            yield
            if process.poll() is not None:
                raise Failed(f"the recording of server {number} ended: curl exits with "
                             f"{process.returncode}")
        finally:
            process.kill()


def wait_for_frame(path, pause):
    for _ in range(PATIENCE_SECONDS * 10):
        if path.exists() and next(read_stream(path), None):
            return
        pause.wait(0.1)
    raise Failed(f"no frame in {path.name}")


def state_of(chain, number, server):
    """Its only camera, in /api/v1/state."""
    text = subprocess.run([*chain.inside(chain.namespaces[number]), "curl", "--silent", "--fail",
                           "--max-time", "10", f"http://127.0.0.1:{server.port}/api/v1/state"],
                          check=True, capture_output=True, text=True, timeout=20).stdout
    return json.loads(text)["cameras"][0]


def record(chain, servers, folder, seconds):
    """({number: its recording}, the bits per second of each line)"""
    pause = threading.Event()  # never set
    paths = {number: folder / f"stream-{number}" for number in RECORDED}
    with contextlib.ExitStack() as stack:
        for number, path in paths.items():
            stack.enter_context(recorded(chain, number, servers[number], path))
        for path in paths.values():
            wait_for_frame(path, pause)
        pause.wait(SETTLE_SECONDS)
        before = [chain.counters(number)["bytes"] for number in range(RELAYS)]
        pause.wait(seconds)
        after = [chain.counters(number)["bytes"] for number in range(RELAYS)]
    for number, server in enumerate(servers):
        server.expect_alive()
        state = state_of(chain, number, server)
        if number > 0 and not state["format"].startswith("changed segments"):
            raise Failed(f"relay {number} pulls no updates: {state['format']}")
        if state["damaged_by_device"]:
            raise Failed(f"relay {number} received {state['damaged_by_device']} damaged updates")
    return paths, [8 * (late - early) / seconds for early, late in zip(before, after)]


def measure(build, jpegs, fps, folder, scale):
    """{number of relays: figures}"""
    with Chain(RELAYS + 1, scale.megabits * 1_000_000) as chain, \
            contextlib.ExitStack() as stack:
        servers = servers_of(chain, build / "tools/fanlight", jpegs, fps, stack)
        paths, lines = record(chain, servers, folder, scale.seconds)
    frames = {number: list(read_stream(path)) for number, path in paths.items()}
    since = frames[RELAYS][0].captured + SETTLE_SECONDS * 1_000_000
    until = min(shown[-1].captured for shown in frames.values())
    return {number: {**compare(frames[0], frames[number], since, until, 1_000_000 // fps),
                     "line": lines[number - 1]} for number in RECORDED[1:]}


def is_reached(figures):
    return (figures["frames"] >= FULL_RATE * figures["of"]
            and figures["foreign"] == figures["unknown"] == 0
            and figures["oldest"] <= REFRESH_SECONDS and figures["psnr_mean"] >= 37
            and figures["psnr_min"] >= 34 and figures["longest_bad_seconds"] <= 0.5)


def row_of(number, fps, figures, megabits):
    relays = "a relay" if number == 1 else f"{number} relays in a row"
    get = figures.__getitem__
    return result_row(
        f"{relays} over {megabits} Mbit/s each, vtest at {SIZE[1]}p, {fps} fps: rate, segments, "
        "PSNR of luma",
        f"{get('frames')} of {get('of')} frames, {get('line') / 1e6:.2f} Mbit/s; "
        f"{get('foreign')} segments that are not the origin's, the oldest {get('oldest'):.1f} s; "
        f"mean {get('psnr_mean'):.1f} dB, worst frame {get('psnr_min'):.1f} dB; a segment below "
        f"25 dB for at most {get('longest_bad_seconds'):.1f} s",
        f"full rate; none, ≤ {REFRESH_SECONDS} s; ≥ 37, ≥ 34 dB; ≤ 0.5 s", is_reached(figures))


def rows(arguments, folder):
    scale = QUICK if arguments.quick else Scale()
    [clip] = clips.find(["vtest.avi"], arguments.clips)
    found = {}
    for fps in FPS[:1] if arguments.quick else FPS:
        work = folder / f"relay-{fps}"
        work.mkdir()
        jpegs = segments_frames.make(clip, work / "jpegs", min(scale.frames, arguments.frames),
                                     SIZE, None if fps == FPS[0] else fps)
        for number, figures in measure(arguments.build, jpegs, fps, work, scale).items():
            found[number, fps] = figures
    details = table(
        "Relays", ("relays", "fps", "frames", "Mbit/s on the last line", "segments of no frame",
                   "frames of no frame", "oldest segment, s", "luma dB", "worst frame",
                   "worst segment", "below 25 dB, s"),
        [(str(number), str(fps), f"{figures['frames']} of {figures['of']}",
          f"{figures['line'] / 1e6:.2f}", str(figures["foreign"]), str(figures["unknown"]),
          f"{figures['oldest']:.2f}",
          f"{figures['psnr_mean']:.2f}", f"{figures['psnr_min']:.2f}",
          f"{figures['segment_min']:.1f}", f"{figures['longest_bad_seconds']:.1f}")
         for (number, fps), figures in found.items()])
    return [row_of(number, fps, figures, scale.megabits)
            for (number, fps), figures in found.items()], details
