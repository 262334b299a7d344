# SPDX-License-Identifier: Apache-2.0
"""Runs one command in a small virtual machine that is created for it and discarded.

The root of an amd64 machine is the host's own, read-only with memory on top, so that every program
of the host runs there; for other architectures it is unpacked by tools/sysroot. The processor is
emulated (TCG), which needs no permission and no hardware, and is the same everywhere, but slow.
"""
import gzip
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass

import kernel

TIMED_OUT, DIED = 124, 125  # exit statuses, in addition to the command's own
HERE = pathlib.Path(__file__).resolve().parent
# Escape sequences of firmware and consoles.
TERMINAL = re.compile(r"\x1b(?:\[[?0-9;]*[a-zA-Z]|c)|\r")

PROCESSORS = {
    # Without AVX2: emulated, it makes libjpeg-turbo several times slower than SSE does.
    "amd64": ["qemu-system-x86_64", "-machine", "q35", "-cpu", "Nehalem"],
    # As in the Raspberry Pi 5; unlike its predecessor's, it also supports pages of 16 KiB.
    "arm64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a76"],
}
# Kernel parameters. The clocks of an emulated processor are as irregular as its share of a real
# one.
PARAMETERS = {"amd64": "console=ttyS0 tsc=unstable no_timer_check mitigations=off",
              "arm64": "console=ttyAMA0 mitigations=off"}


@dataclass(frozen=True)
class Machine:
    architecture: str = "amd64"
    suite: str = ""    # Debian's release, for the kernel; empty: the host's
    flavour: str = ""  # of the kernel, as "arm64-16k"; empty: the usual one
    modules: tuple = ("vivid",)  # each with its parameters, as for modprobe
    folders: tuple = ()  # of the host, mounted under the same names; an amd64 machine has all
    timeout_seconds: float = 120
    memory_megabytes: int = 1024


def root_folder(architecture):
    if architecture == "amd64":
        return "/"
    return subprocess.run([kernel.ROOT / "tools/sysroot", architecture], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def shared_folder(tag, folder, options=""):
    # remap: the host's folders may be on several of its file systems.
    return ["-virtfs", f"local,id={tag},path={folder},mount_tag={tag},security_model=none,"
                       f"multidevs=remap{options}"]


def command_file(command):
    return "\n".join(["export HOME=/root LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1",
                      "export PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                      f"cd {shlex.quote(os.getcwd())} 2>/dev/null || cd /",
                      "exec " + " ".join(map(shlex.quote, map(str, command))), ""])


def qemu_command(machine, work, command):
    """`work`: a folder for the files of this run; the status is written there."""
    booted = kernel.prepare(machine.architecture, machine.suite, machine.flavour)
    settings = (f"modules={shlex.quote(';'.join(machine.modules))}\n"
                f"folders={shlex.quote(' '.join(map(str, machine.folders)))}\n")
    own = kernel.archive([("init", 0o100755, (HERE / "init").read_bytes()),
                          ("run/settings", 0o100644, settings.encode()),
                          ("run/command", 0o100644, command_file(command).encode())])
    initramfs = work / "initramfs"
    initramfs.write_bytes(booted.initramfs.read_bytes() + gzip.compress(own, 1))
    status = work / "status"
    status.mkdir()
    qemu = [*PROCESSORS[machine.architecture], "-accel", "tcg,thread=multi", "-smp", "2",
            "-m", str(machine.memory_megabytes), "-nographic", "-nodefaults", "-no-reboot",
            "-serial", "stdio", "-kernel", booted.image, "-initrd", initramfs,
            "-append", f"{PARAMETERS[machine.architecture]} quiet panic=-1 random.trust_cpu=on",
            *shared_folder("root", root_folder(machine.architecture), ",readonly=on"),
            *shared_folder("status", status)]
    for number, folder in enumerate(machine.folders):
        qemu += shared_folder(f"share{number}", folder, ",readonly=on")
    return qemu


def run(machine, command, output=sys.stdout):
    """The command's exit status, TIMED_OUT, or DIED if the machine stopped without reporting one.
    Everything that its console prints is written to `output` as it arrives."""
    with tempfile.TemporaryDirectory(prefix="fanlight-vm-") as folder:
        work = pathlib.Path(folder)
        qemu = subprocess.Popen(qemu_command(machine, work, command), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                errors="replace")
        expired = threading.Event()

        def expire():
            expired.set()
            qemu.kill()

        timer = threading.Timer(machine.timeout_seconds, expire)
        timer.start()
        try:
            for line in qemu.stdout:
                if text := TERMINAL.sub("", line).rstrip("\n"):
                    print(text, file=output, flush=True)
            qemu.wait()
        finally:
            timer.cancel()
            qemu.kill()
            qemu.wait()
            qemu.stdout.close()
        status = work / "status/status"
        if status.exists() and status.read_text().strip():
            return int(status.read_text())
        print(f"machine: {'no end after' if expired.is_set() else 'it died within'} "
              f"{machine.timeout_seconds} s", file=output, flush=True)
        return TIMED_OUT if expired.is_set() else DIED
