#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""install_test.py --packages FOLDER: the packages are installed in a clean Debian, run there, and
leave nothing behind when they are purged."""
import argparse
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "smoke"))
from client import fetch, jpeg_size, open_stream
from root import Root

options = argparse.Namespace(packages="")
# Files that dpkg, apt and ldconfig write for any package.
OF_THE_SYSTEM = re.compile(r"var/(cache|log|lib/(dpkg|apt))/|(tmp|run|proc|sys|dev)/"
                           r"|etc/(ld\.so\.cache|resolv\.conf|hostname|machine-id)")


@contextlib.contextmanager
def serving(root, *flags):
    """Runs the installed program in its root, on a free port; yields its address."""
    command = ["fanlight", "--listen", "127.0.0.1:0", "--source", "pattern", *flags]
    subprocess.run(["mount", "-t", "proc", "proc", root.folder / "proc"], check=True)
    try:
        with subprocess.Popen(["chroot", root.folder, *command], stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                lines = [process.stderr.readline()]
                while not (port := re.match(r"listening on \S+:(\d+)/", lines[-1])):
                    if not lines[-1]:
                        raise AssertionError(f"it did not start: {lines}")
                    lines.append(process.stderr.readline())
                yield ("127.0.0.1", int(port[1]))
            finally:
                process.terminate()
    finally:
        subprocess.run(["umount", root.folder / "proc"], check=True)


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = cls.enterClassContext(Root(options.packages))
        cls.root.install("fanlight", "fanlight-libcamera")

    def test_it_serves(self):
        for backend in ("uring", "epoll"):
            with self.subTest(backend), serving(self.root, "--backend", backend) as address:
                self.assertEqual(jpeg_size(fetch(address, "/snapshot").body), (640, 480))
                stream = open_stream(address, "/stream")
                numbers = [part.sequence for part in stream.parts(3)]
                self.assertEqual(numbers, sorted(set(numbers)))
                stream.connection.socket.close()

    def test_the_plugin_is_found(self):
        result = self.root.run(
            "fanlight --source libcamera:no-such-camera --exit-on-no-source", check=False)
        self.assertEqual(result.returncode, 66, result.stdout)
        self.assertNotIn("separate package", result.stdout)

    def test_the_load_generator_runs(self):
        with serving(self.root) as address:
            url = f"http://127.0.0.1:{address[1]}/stream"
            subprocess.run(["chroot", self.root.folder, "fanlight-load", "--quiet", "--viewers",
                            "3", "--duration", "1s", url], check=True, stdout=subprocess.DEVNULL)

    def test_the_socket_is_enabled_and_the_service_is_not(self):
        self.assertIn("enabled", self.root.run("systemctl is-enabled fanlight.socket").stdout)
        self.assertIn("disabled",
                      self.root.run("systemctl is-enabled fanlight.service", check=False).stdout)

    def test_z_removed_and_purged(self):
        """The last test, by its name."""
        root = self.root
        root.run("apt-get remove -q -y fanlight fanlight-libcamera")
        self.assertFalse((root.folder / "usr/bin/fanlight").exists())
        self.assertTrue((root.folder / "etc/fanlight/fanlight.toml").exists())
        root.run("apt-get purge -q -y fanlight fanlight-libcamera")
        root.run("apt-get autoremove --purge -q -y")
        left = []
        for folder, folders, files in os.walk(root.layer):
            for name in folders + files:
                path = pathlib.Path(folder, name)
                relative = str(path.relative_to(root.layer))
                # A character device marks a deleted file of the layer below.
                is_ours = "fanlight" in name and not path.is_char_device()
                if (is_ours or path.is_file()) and not OF_THE_SYSTEM.match(relative):
                    left.append(relative)
        self.assertEqual(left, [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", required=True, type=pathlib.Path)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
