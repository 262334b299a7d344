# SPDX-License-Identifier: Apache-2.0
"""The machine's cameras: those of vivid, and the USB camera, which a program emulates."""
import pathlib
import re
import subprocess
import threading

CLASS = pathlib.Path("/sys/class/video4linux")
DEADLINE_SECONDS = 60


def wait_until(satisfied, what):
    """Polls until the deadline."""
    never = threading.Event()
    for _ in range(DEADLINE_SECONDS * 20):
        if found := satisfied():
            return found
        never.wait(0.05)
    raise AssertionError(f"timed out after {DEADLINE_SECONDS} s: {what}")


def v4l2_ctl(node, *arguments):
    result = subprocess.run(["v4l2-ctl", "-d", node, *arguments], capture_output=True, text=True,
                            timeout=DEADLINE_SECONDS)
    if result.returncode != 0:
        raise AssertionError(f"v4l2-ctl {arguments}: {result.stdout}{result.stderr}")
    return result.stdout


def set_control(node, name, value):
    v4l2_ctl(node, "--set-ctrl", f"{name}={value}")


def vivid_nodes():
    """The nodes of vivid's cameras, by number, in the order in which main.py configures them."""
    found = [path for path in CLASS.iterdir() if re.match(r"vivid-\d+-vid-cap", name_of(path))]
    return [f"/dev/{path.name}" for path in sorted(found, key=name_of)]


def name_of(path):
    return (path / "name").read_text().strip()


class UsbCamera:
    """One run of uvc_camera, plugged in at start. A context manager: leaving it unplugs it."""

    program = ""  # set by main.py

    def __init__(self, serial="E0001"):
        self.serial = serial
        self.events = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen([self.program, "Emulated Camera", serial], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read_events, daemon=True)
        self.reader.start()
        self.wait_for_node()

    def read_events(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(line.strip())
                self.changed.notify_all()

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def plug(self):
        self.command("plug")
        return self.wait_for_node()

    def unplug(self):
        """Unplugs it, and waits until the kernel has removed all its device names."""
        self.command("unplug")
        wait_until(lambda: not self.node(), "the node disappears")

    def replug(self, offer):
        self.unplug()
        self.command(f"offer {offer}")
        return self.plug()

    def count(self, pattern):
        """The number of such events so far: "streaming MJPEG", "stopped"."""
        with self.changed:
            return sum(bool(re.match(pattern, event)) for event in self.events)

    def node(self):
        """/dev/videoN for its pictures (it has another for metadata); empty while it has none."""
        for path in CLASS.iterdir():
            try:
                device = (path / "device").resolve(strict=True).parent
                if (path / "index").read_text() == "0\n" and \
                        (device / "serial").read_text().strip() == self.serial:
                    node = pathlib.Path("/dev", path.name)
                    return str(node) if node.exists() else ""
            except OSError:
                pass  # just removed, or not a USB device
        return ""

    def wait_for_node(self):
        return wait_until(self.node, "the camera's node appears")

    def kill(self):
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not self.node(), "the node disappears")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(DEADLINE_SECONDS)
        self.reader.join()
        self.process.stdout.close()
        wait_until(lambda: not self.node(), "the node disappears")
