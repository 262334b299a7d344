#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fresh_test.py RELEASE USER: runs the commands in README.md, in order, in a Debian of that release
which has only the base system; as root, or as a user who has sudo.

The sources are this tree's, without build results. Commands that install or build use the host's
network, all others a separate one: the pages contain port numbers. The commands in LEFT_OUT below
are left out. With FANLIGHT_FRESH_WHOLE=1 in the environment, tools/test is run too.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/docs"), str(ROOT / "tests/smoke")]
from pictures import make_pictures  # noqa: E402
from root import Root  # noqa: E402
from typed import Shell, Typist, blocks_of, commands_of, with_the_test_card  # noqa: E402

RELEASE, USER = "", ""
PLACE = "/srv/fanlight"
INSTALL_SECONDS = 3600  # to detect a machine that hangs, not a slow one
WHOLE_SECONDS = 7200
# Commands that install, with the host's network: (beginning of the command, seconds).
ONLINE = [("tools/install-packages ", INSTALL_SECONDS), ("tools/package", INSTALL_SECONDS),
          ("sudo apt-get ", INSTALL_SECONDS), ("bench/compare", INSTALL_SECONDS),
          ("tools/test", WHOLE_SECONDS)]
# (beginning of the command, why it is not typed)
LEFT_OUT = [
    ("git clone ", "the sources are this tree's"),
    ("sudo systemctl ", "no systemd runs there; package_systemd does that"),
]
if not os.environ.get("FANLIGHT_FRESH_WHOLE"):
    # Building all tests takes longer than everything else here.
    LEFT_OUT.append(("tools/test", "this is tools/test, and begins on a fresh machine in the CI"))


class FreshTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = cls.enterClassContext(Root(release=RELEASE))
        cls.folder = cls.root.folder / PLACE[1:]
        cls.folder.mkdir()
        with subprocess.Popen(["tar", "-C", ROOT, "--exclude=./build", "--exclude=./.git",
                               "--exclude=node_modules", "-c", "."],
                              stdout=subprocess.PIPE) as tree:
            subprocess.run(["tar", "-C", cls.folder, "--no-same-owner", "-x"], stdin=tree.stdout,
                           check=True)
        shutil.copy("/etc/resolv.conf", cls.root.folder / "etc/resolv.conf")
        if USER != "root":
            cls.root.run("apt-get update -q && apt-get install -q -y --no-install-recommends sudo"
                         f" && useradd --create-home --shell /bin/bash {USER}"
                         f" && echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}"
                         f" && chown -R {USER} {PLACE}")
        cls.mount_all()
        cls.network = cls.enterClassContext(network_of_its_own())

    @classmethod
    def mount_all(cls):
        """Devices are copies, so that a mistake here does not destroy those of the host."""
        folder = cls.root.folder
        mounts = [("proc", "-t", "proc"), ("sys", "-t", "sysfs", "-o", "ro"),
                  ("dev", "-t", "tmpfs", "-o", "mode=755"), ("dev/pts", "-t", "devpts"),
                  ("dev/shm", "-t", "tmpfs"), ("var/cache/apt/archives", "--bind")]
        for name, *how in mounts:
            (folder / name).mkdir(exist_ok=True)
            subprocess.run(["mount", *how, cls.root.archives, folder / name], check=True)
            cls.addClassCleanup(subprocess.run, ["umount", "--lazy", folder / name], check=True)
        for name in ("full", "null", "ptmx", "random", "tty", "urandom", "zero"):
            subprocess.run(["cp", "--archive", f"/dev/{name}", folder / "dev"], check=True)
        for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            (folder / "dev" / name).symlink_to(f"/proc/self/fd{target}")

    def shell(self, *prefix):
        """In the folder of the sources, as the user, with an empty environment."""
        become = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"]
        home = "/root" if USER == "root" else f"/home/{USER}"
        return Shell("/", [*prefix, "chroot", self.root.folder, *(become if USER != "root" else []),
                           "env", "-i", f"--chdir={PLACE}", f"HOME={home}", "LANG=C.UTF-8",
                           "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                     fanlight="build/release/tools/fanlight")

    def test_from_top_to_bottom(self):
        typed = []
        # tools/run installs and builds online here; later runs only serve.
        self.check(self.shell(), "tools/run --version", INSTALL_SECONDS)
        self.expect_libcamera("tools/run")
        readme, install = (
            [(f"{page}:{line}", text) for language, text, line in blocks_of(ROOT / page)
             if language == "sh"] for page in ("README.md", "docs/install.md"))
        # README mentions one step in a sentence; the page it links to has it as its first block.
        for place, text in [*readme, install[0]]:
            with self.subTest(place), Typist(self, self.shell(*self.network)) as typist:
                for command in commands_of(text):
                    if any(command.startswith(start) for start, _ in LEFT_OUT):
                        print(f"not run: {command}", flush=True)
                        continue
                    typed.append(command)
                    self.type(typist, command)
        # Otherwise this would prove nothing.
        for start in ("tools/run", "build/release/tools/fanlight-load ", "bench/compare",
                      "tools/package"):
            self.assertTrue(any(command.startswith(start) for command in typed), (start, typed))

        self.expect_libcamera("fanlight")

    def expect_libcamera(self, program):
        """A Raspberry Pi's camera module would work."""
        devices = self.check(self.shell(), f"{program} --list-devices", INSTALL_SECONDS)
        self.assertNotIn("libcamera-dev", devices)

    def have_pictures(self):
        """The folder that README shows; if it existed earlier, the style test would report it."""
        pictures, folder = make_pictures(type(self))[0], self.folder / "holidays"
        folder.mkdir()
        folder.chmod(0o755)
        for picture in pictures.iterdir():
            shutil.copyfile(picture, folder / picture.name)
            (folder / picture.name).chmod(0o644)

    def type(self, typist, command):
        if "files:holidays" in command:
            self.have_pictures()
        actual = with_the_test_card(command).replace("apt-get install", "apt-get install -y")
        if USER == "root":
            actual = actual.removeprefix("sudo ")
        print(f"$ {command}" + (f"   as: {actual}" if actual != command else ""), flush=True)
        online = next((seconds for start, seconds in ONLINE if command.startswith(start)), None)
        if online:
            self.check(self.shell(), actual, online)
        else:
            typist.type(actual)

    def check(self, shell, command, seconds):
        done = subprocess.run(shell.argv(command), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
        self.assertEqual((command, done.returncode), (command, 0), done.stdout[-20000:])
        return done.stdout


@contextlib.contextmanager
def network_of_its_own():
    """A prefix that runs a command in one, with the address of the pages' other machine."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && ip address add"
                           " 10.0.0.7/32 dev lo && echo up && exec cat"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        if holder.stdout.readline() != "up\n":
            raise RuntimeError("cannot create its own network")
        yield ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        holder.stdin.close()


if __name__ == "__main__":
    RELEASE, USER = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
