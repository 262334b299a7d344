# SPDX-License-Identifier: Apache-2.0
"""The servers of bench/wire inside its network, and the load generator at its other end."""
import os
import re
import subprocess
import threading

from load import Load
from network import SERVER, Namespaces
from servers import DESCRIPTORS, Server

USTREAMER_PORT = 8080  # no other server is in the namespace
SETTLE_SECONDS = 3


class WireServer(Server):
    """A server in a namespace, where others reach it as `host`; by default on CPU 0.

    `prefix` precedes its command, for example chrt(1) with a priority.
    """

    def __init__(self, namespace, host, command, ready, path, environment=None, cpus="0",
                 prefix=()):
        self.name = os.path.basename(command[0])
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [*Namespaces.inside(namespace, cpus), "prlimit",
             f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", *prefix, *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self.read_lines, daemon=True)
        self.reader.start()
        try:
            self.port = self.wait_for_line(ready)["port"]
            self.url = f"http://{host}:{self.port}{path}"
        except BaseException:
            self.__exit__()
            raise


def fanlight_in(namespace, host, binary, *flags, **options):
    """Listens on the wildcard address, which the lookup of the link's speed requires."""
    command = [str(binary), "--listen", "0.0.0.0:0", "--shards", "1", *flags]
    return WireServer(namespace, host, command,
                      r"^listening on http://0\.0\.0\.0:(?P<port>\d+)/", "/stream", **options)


def fanlight(network, binary, frames, *flags, **options):
    return fanlight_in(network.server, SERVER, binary, "--source", f"files:{frames}", "--fps", "30",
                       *flags, **options)


def ustreamer(network, fake_camera, frames, **options):
    environment = {"LD_PRELOAD": str(fake_camera), "FAKE_CAMERA_DIR": str(frames),
                   "FAKE_CAMERA_FPS": "30"}
    command = ["ustreamer", "--device", "/dev/video-fake", "--format", "MJPEG", "--encoder", "HW",
               "--host", SERVER, "--port", str(USTREAMER_PORT)]
    # Its port is known; the empty group exists because the other servers' patterns have one.
    server = WireServer(network.server, SERVER, command, r"Capturing \.\.\.(?P<port>)", "/stream",
                        environment=environment, **options)
    server.url = f"http://{SERVER}:{USTREAMER_PORT}/stream"
    return server


class WireLoad(Load):
    """fanlight-load in the namespace of the network's client."""

    def __init__(self, network, binary, server, viewers, seconds, cpus="1", flags=()):
        self.seconds_max = seconds + SETTLE_SECONDS + 30
        self.process = subprocess.Popen(
            [*network.inside(network.client), str(binary), "--viewers", str(viewers),
             "--duration", f"{seconds}s", "--settle", f"{SETTLE_SECONDS}s", "--cpus", cpus,
             "--pid", str(server.pid), "--tolerate", "--quiet", "--json", "-", *flags,
             server.url],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        match = re.search(r"^(?:model name|Model)\s*: (.*)$", file.read(), re.MULTILINE)
    return f"{os.cpu_count()} × {match[1] if match else os.uname().machine}"
