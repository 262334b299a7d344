# SPDX-License-Identifier: Apache-2.0
"""A clean Debian in which to install packages, and machines that run it.

Owns: the folder `fanlight/clean-RELEASE` in the user's cache, 250 MB, made once by debootstrap;
everything that a test writes is in a layer on top of it, and discarded. Needs root.
"""
import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "fanlight")
READY_SECONDS = 180
POWER_OFF = "-RTMIN+4"  # to a systemd that is process 1 (systemd(1), SIGNALS)


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def host_release_and_mirror():
    """This machine's Debian release and mirror, from apt's configuration."""
    release = output_of("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME")
    targets = output_of("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)",
                        "Created-By: Packages", "Component: main")
    mirrors = [line.split()[1] for line in targets.splitlines() if line.split()[0] == release]
    if not mirrors:
        raise RuntimeError(f"no mirror of {release} in apt's lists; run apt-get update")
    return release, mirrors[0]


def clean_root(release=None):
    """The folder with a minimal Debian that can boot, of this machine's release or another one;
    created if it does not exist yet."""
    own, mirror = host_release_and_mirror()
    release = release or own
    folder = CACHE / f"clean-{release}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            subprocess.run(["debootstrap", "--variant=minbase", "--include=systemd-sysv", release,
                            unfinished, mirror], check=True, stdout=subprocess.DEVNULL)
            unfinished.rename(folder)
    return folder


class Root(contextlib.ExitStack):
    """A clean root with a private layer on top. A context manager."""

    def __init__(self, packages=None, release=None):
        """`packages`: a folder that is mounted as /packages."""
        super().__init__()
        self.packages = packages
        work = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="fanlight-")))
        self.layer, self.folder = work / "layer", work / "root"
        for name in ("layer", "work", "root"):
            (work / name).mkdir()
        layers = f"lowerdir={clean_root(release)},upperdir={self.layer},workdir={work / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", self.folder], check=True)
        # Lazily, so that processes left by a failed test do not prevent the removal.
        self.callback(subprocess.run, ["umount", "--lazy", self.folder], check=True)
        # Shared between tests, so that packages are downloaded only once.
        self.archives = CACHE / (f"archives-{release}" if release else "archives")
        self.archives.mkdir(exist_ok=True)

    def nspawn(self, *flags):
        # Registering the machine requires systemd as process 1 on the host.
        return ["systemd-nspawn", "--quiet", f"--directory={self.folder}", "--register=no",
                "--keep-unit", *([f"--bind-ro={self.packages}:/packages"] if self.packages else []),
                f"--bind={self.archives}:/var/cache/apt/archives", *flags]

    def run(self, command, check=True, timeout=600):
        """Runs a shell command inside, with the host's network; returns its CompletedProcess."""
        inside = ["sh", "-c", f"export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; {command}"]
        result = subprocess.run(self.nspawn("--pipe", *inside), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=timeout)
        if check and result.returncode != 0:
            raise AssertionError(f"{command}: {result.returncode}\n{result.stdout}")
        return result

    def install(self, *packages):
        files = " ".join(f"/packages/{package}_*.deb" for package in packages)
        self.run("apt-get update -q")
        return self.run(f"apt-get install -q -y --no-install-recommends {files}")


class Machine:
    """A booted root, in the network of the process that created it. A context manager."""

    def __init__(self, root):
        self.console = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(root.nspawn("--boot", "--console=pipe"),
                                        stdin=subprocess.DEVNULL, stdout=self.console,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        try:
            self.leader = self.wait_for_leader()
            self.run("systemctl is-system-running --wait", check=False)
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_for_leader(self):
        """The machine's first process, a child of systemd-nspawn, which has others for a moment.
        systemd accepts commands once this socket exists."""
        script = ("until child=$(pgrep --parent $0 --exact systemd) && "
                  "[ -S /proc/$child/root/run/systemd/private ]; do sleep 0.1; done; echo $child")
        return output_of("timeout", str(READY_SECONDS), "sh", "-c", script, str(self.process.pid))

    def run(self, command, check=True):
        """Runs a shell command in the machine; returns its CompletedProcess."""
        inside = ["nsenter", "--target", self.leader, "--mount", "--pid", "--uts", "--ipc",
                  "--cgroup", "sh", "-c", command]
        result = subprocess.run(inside, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120)
        if check and result.returncode != 0:
            raise AssertionError(f"{command}: {result.returncode}\n{result.stdout}")
        return result

    def said(self, command):
        return self.run(command).stdout.strip()

    def __exit__(self, *_):
        if hasattr(self, "leader"):
            subprocess.run(["kill", POWER_OFF, self.leader], check=False)
        else:
            self.process.terminate()
        try:
            self.process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.console.close()
