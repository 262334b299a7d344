#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image_test.py: packaging/Dockerfile, built and run by a container engine.

No registry is contacted: the file's debian:bookworm-slim is the clean root of these tests. Both
stages are built, so this also shows that tools/package needs only what it installs. The engine is
podman with runc; io_uring is forbidden as Docker forbids it."""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "smoke"))
from client import fetch, jpeg_size
from root import clean_root, output_of

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BASE, IMAGE = "docker.io/library/debian:bookworm-slim", "localhost/fanlight-test"
# The system calls that Docker's default list does not allow.
NO_IO_URING = {"defaultAction": "SCMP_ACT_ALLOW",
               "syscalls": [{"names": ["io_uring_setup", "io_uring_enter", "io_uring_register"],
                             "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}


def engine(program, store, *command):
    """buildah and podman with a separate store, independent of the user's images."""
    return [program, f"--root={store}/root", f"--runroot={store}/run", *command]


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="fanlight-image-")
        cls.addClassCleanup(temporary.cleanup)
        cls.store = pathlib.Path(temporary.name)
        cls.profile = cls.store / "seccomp.json"
        cls.profile.write_text(json.dumps(NO_IO_URING))
        with subprocess.Popen(["tar", "-C", clean_root(), "-c", "."],
                              stdout=subprocess.PIPE) as tree:
            subprocess.run(engine("podman", cls.store, "import", "--quiet", "-", BASE),
                           stdin=tree.stdout, check=True, stdout=subprocess.DEVNULL)
        cls.addClassCleanup(subprocess.run, engine("podman", cls.store, "rmi", "--all", "--force"),
                            check=True, stdout=subprocess.DEVNULL)
        # Without separate cgroups or namespaces: this needs no service and no kernel module.
        subprocess.run(engine("buildah", cls.store, "build", "--isolation=chroot", "--pull=never",
                              "--network=host", "--format=docker", f"--tag={IMAGE}",
                              f"--file={ROOT}/packaging/Dockerfile", ROOT), check=True)

    @contextlib.contextmanager
    def running(self, *flags):
        """A container that serves: (its address, the lines until then, its name)."""
        command = engine("podman", self.store, "--runtime=runc", "run", "--rm", "--pull=never",
                         "--network=host", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024",
                         f"--security-opt=seccomp={self.profile}", "--name=fanlight-test",
                         # Another program may use port 5000 of this machine.
                         "--env=FANLIGHT_LISTEN=127.0.0.1:0", IMAGE, *flags)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            lines, port = [], None
            try:
                for line in process.stderr:
                    lines.append(line)
                    port = port or re.match(r"listening on http://127\.0\.0\.1:(\d+)/", line)
                    if "shards" in line:
                        break
                self.assertIsNotNone(port, lines)
                yield ("127.0.0.1", int(port[1])), "".join(lines)
            finally:
                subprocess.run(engine("podman", self.store, "stop", "--ignore", "--time=10",
                                      "fanlight-test"), check=True, stdout=subprocess.DEVNULL)

    def test_it_serves_without_io_uring_and_without_root(self):
        with self.running("--source", "pattern") as (address, said):
            self.assertEqual(jpeg_size(fetch(address, "/snapshot").body), (640, 480))
            self.assertEqual(fetch(address, "/healthz").status, 200)
            self.assertIn("epoll", said)
            inside = engine("podman", self.store, "--runtime=runc", "exec", "fanlight-test", "id")
            self.assertRegex(output_of(*inside), r"uid=\d+\(fanlight\).*44\(video\)")

    def test_metadata_of_the_image(self):
        [image] = json.loads(output_of(*engine("podman", self.store, "inspect", IMAGE)))
        config = image["Config"]
        self.assertEqual(config["User"], "fanlight")
        self.assertEqual(list(config["ExposedPorts"]), ["5000/tcp"])
        self.assertIn("FANLIGHT_LISTEN=0.0.0.0:5000", config["Env"])
        self.assertEqual(config["Entrypoint"], ["/usr/bin/fanlight"])
        check = image["HealthCheck" if "HealthCheck" in image else "Healthcheck"]["Test"]
        self.assertEqual(check[-1], "http://127.0.0.1:5000/healthz")

    def test_the_health_check_works(self):
        with self.running() as (address, _):
            url = f"http://127.0.0.1:{address[1]}/healthz"
            inside = engine("podman", self.store, "--runtime=runc", "exec", "fanlight-test", "curl",
                            "--fail", "--silent", url)
            self.assertEqual(output_of(*inside), "ok")


if __name__ == "__main__":
    unittest.main(verbosity=2)
