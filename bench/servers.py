# SPDX-License-Identifier: Apache-2.0
"""The servers that are compared: how each is started, and the URL of its stream."""
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS = 20
# The hard limit: some servers do not raise their own soft limit.
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

# The bare kernel in several variants; the cheapest one of a run is its floor. --batch is the number
# of sends that one system call submits.
FLOOR_FLAGS = {
    "floor-send": ("--method", "send"),
    "floor-sendfile": ("--method", "sendfile"),
    "floor-uring-64": ("--method", "uring", "--batch", "64"),
    "floor-uring-4096": ("--method", "uring", "--batch", "4096"),
    "floor-uring-4096-direct": ("--method", "uring", "--batch", "4096", "--direct"),
}
FLOORS = tuple(FLOOR_FLAGS)
FANLIGHTS = ("fanlight-uring", "fanlight-epoll")
PEERS = ("ustreamer", "seed")
ALL = FANLIGHTS + FLOORS + PEERS
# Servers that the user has built, by --peer: one whose name begins with one of these is started
# like that server.
PEER_KINDS = ("ustreamer", "mjpg-streamer")
PEER_PATHS = {}


class Failed(Exception):
    """A server did not do what the scenario needs; the text appears in the table."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def plugin(name, of):
    """A plugin of an mjpg-streamer, in the folder where it was built or installed."""
    [path, *_] = sorted(pathlib.Path(PEER_PATHS[name]).rglob(f"{of}.so"))
    return path


def command_of(name, build, frames, fps, shards=1, flags=()):
    """(command, environment, path of the stream, line on standard error when it is ready)"""
    listening = r"listening on http://[\d.]+:(?P<port>\d+)/"
    kind, _, way = name.partition("-")
    if kind == "fanlight":
        return ([str(build / "tools/fanlight"), "--listen", "127.0.0.1:0", "--source",
                 f"files:{frames}", "--fps", str(fps), "--shards", str(shards), "--backend", way,
                 *flags], {}, "/stream", listening)
    if kind == "floor":
        return ([str(build / "bench/floor"), *FLOOR_FLAGS[name], "--frames", str(frames), "--fps",
                 str(fps), "--processes", str(shards)], {}, "/stream", listening)
    if kind == "seed":
        return ([str(ROOT / "bench/seed/app.py"), "--frames", str(frames), "--fps", str(fps)], {},
                "/video_feed", listening)
    if kind == "ustreamer":
        port = free_port()
        environment = {"LD_PRELOAD": str(build / "bench/libfake_camera.so"),
                       "FAKE_CAMERA_DIR": str(frames), "FAKE_CAMERA_FPS": str(fps)}
        return ([PEER_PATHS.get(name, "ustreamer"), "--device", "/dev/video-fake", "--format",
                 "MJPEG", "--encoder", "HW", "--host", "127.0.0.1", "--port", str(port)],
                environment, "/stream", r"Capturing \.\.\.(?P<port>)")
    if name.startswith("mjpg-streamer"):
        # Its plugin for cameras bypasses the fake camera (libv4l2 does); that for folders works.
        return ([f"{PEER_PATHS[name]}/mjpg_streamer",
                 "-i", f"{plugin(name, 'input_file')} -f {frames} -e -d {1 / fps:.4f}",
                 "-o", f"{plugin(name, 'output_http')} -l 127.0.0.1 -p {free_port()}"],
                {}, "/?action=stream", r"HTTP TCP port\.*: (?P<port>\d+)")
    raise ValueError(name)


class Server:
    """One run of a server, on the CPUs given. A context manager: leaving it ends the process."""

    def __init__(self, name, build, frames, fps, cpus="0", shards=1, flags=(), descriptors=None):
        command, environment, path, ready = command_of(name, build, frames, fps, shards, flags)
        self.name = name
        self.lines = []
        self.changed = threading.Condition()
        limit = descriptors or DESCRIPTORS
        self.process = subprocess.Popen(
            ["prlimit", f"--nofile={limit}:{limit}", "taskset", "-c", cpus, *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env={**os.environ, **environment})
        self.reader = threading.Thread(target=self.read_lines, daemon=True)
        self.reader.start()
        try:
            port = self.wait_for_line(ready)["port"] or command[command.index("--port") + 1]
            self.wait_for_port(int(port))
        except BaseException:
            self.__exit__()
            raise
        self.address = ("127.0.0.1", int(port))
        self.url = f"http://127.0.0.1:{port}{path}"
        self.pid = self.process.pid

    def read_lines(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)  # the end
            self.changed.notify_all()

    def wait_for_line(self, pattern):
        def find():
            return next((match for line in self.lines if line
                         and (match := re.search(pattern, line))), None)
        with self.changed:
            self.changed.wait_for(lambda: find() or None in self.lines, START_SECONDS)
            if not find():
                raise Failed(f"{self.name} did not start: {self.lines[-3:]}")
            return find()

    def wait_for_port(self, port):
        pause = threading.Event()  # never set
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            pause.wait(0.05)
        raise Failed(f"{self.name} does not listen")

    def resident_kilobytes(self):
        """The resident set of the process, and the anonymous part of it."""
        try:
            status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except FileNotFoundError:
            raise Failed(f"{self.name} is gone") from None
        return [int(re.search(rf"^{key}:\s+(\d+) kB", status, re.MULTILINE)[1])
                for key in ("VmRSS", "RssAnon")]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def expect_alive(self):
        code = self.process.poll()
        if code is not None:
            reason = signal.strsignal(-code) if code < 0 else f"exit code {code}"
            raise Failed(f"the server died ({reason})")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()
