# SPDX-License-Identifier: Apache-2.0
"""A Debian kernel for a virtual machine, with the modules that cameras and kernel TLS need.

Owns: the folder `fanlight/vm` in the user's cache, up to 70 MB for each kernel; filled once.
"""
import fcntl
import gzip
import hashlib
import lzma
import os
import pathlib
import shutil
import stat
import subprocess
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "fanlight")

# vivid: a driver for virtual cameras and HDMI inputs. vhci_hcd: a USB controller whose devices are
# programs. tls: kernel TLS, with the ciphers that it uses. The others are for the machine itself:
# its disks are folders of the host (9p).
MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "vivid", "vhci_hcd", "uvcvideo", "tls",
           "gcm", "ghash_generic", "ctr", "aes_generic", "chacha20poly1305", "chacha_generic",
           "poly1305_generic"]
# udev names and announces devices; libcamera lists none without it.
UDEV_FILES = ["bin/udevadm", "lib/udev/v4l_id", "lib/udev/rules.d/50-udev-default.rules",
              "lib/udev/rules.d/60-persistent-v4l.rules"]


@dataclass(frozen=True)
class Kernel:
    image: pathlib.Path
    initramfs: pathlib.Path  # without /init, which each run adds


def archive(files):
    """An initramfs of these files: cpio in the "newc" format (cpio(5)).

    `files`: (path, mode with type, bytes), folders before their files.
    """
    chunks = []
    for number, (name, mode, data) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        encoded = name.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        for part in (head, data):
            chunks.append(part + b"\0" * (-len(part) % 4))
    return b"".join(chunks)


def archive_of_folder(folder):
    entries = []
    for path in sorted(folder.rglob("*")):
        name, mode = path.relative_to(folder).as_posix(), path.lstat().st_mode
        if stat.S_ISLNK(mode):
            entries.append((name, mode, os.readlink(path).encode()))
        else:
            entries.append((name, mode, path.read_bytes() if path.is_file() else b""))
    return archive(entries)


def uncompressed(image):
    """The ELF file inside an amd64 kernel. A machine that boots it (PVH) starts in half the time,
    because the emulated processor does not have to decompress the kernel."""
    begin = image.find(b"\xfd7zXZ\0")
    while begin >= 0:
        try:
            inside = lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(image[begin:])
            if inside.startswith(b"\x7fELF"):
                return inside
        except lzma.LZMAError:
            pass  # these six bytes were not an archive
        begin = image.find(b"\xfd7zXZ\0", begin + 1)
    return image  # compressed in another way: it starts too, but more slowly


def copy_modules(unpacked, version, target):
    """The modules and their dependencies, where modprobe looks for them."""
    subprocess.run(["depmod", "-b", unpacked, version], check=True)
    listed = subprocess.run(
        ["modprobe", "-d", unpacked, "-S", version, "--show-depends", "--all", *MODULES],
        check=True, capture_output=True, text=True).stdout
    files = {line.split()[1] for line in listed.splitlines() if line.startswith("insmod ")}
    for file in map(pathlib.Path, files):
        copy = target / file.relative_to(unpacked)
        copy.parent.mkdir(parents=True, exist_ok=True)
        data = file.read_bytes()
        packed = file.suffix == ".xz"  # busybox cannot load those
        copy.with_suffix("" if packed else file.suffix).write_bytes(
            lzma.decompress(data) if packed else data)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(unpacked / "lib/modules" / version / name, target / "lib/modules" / version)
    subprocess.run(["depmod", "-b", target, version], check=True)


def fill(folder, architecture, suite, package):
    unpacked, first_root = folder / "unpacked", folder / "first_root"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([ROOT / "tools/unpack-packages", *(["--suite", suite] if suite else []),
                    architecture, unpacked, package, "busybox-static", "udev"], check=True)
    [version] = [path.name for path in (unpacked / "lib/modules").iterdir()]
    for name in ["bin", "proc", "sys", "dev", "lib", "run"]:
        (first_root / name).mkdir(parents=True)
    shutil.copy(unpacked / "bin/busybox", first_root / "bin/busybox")
    copy_modules(unpacked, version, first_root)
    # An amd64 machine's root is the host's, which may have no udev.
    for file in UDEV_FILES if architecture == "amd64" else []:
        copy = first_root / "udev" / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(unpacked / file, copy)
    (folder / "initramfs").write_bytes(gzip.compress(archive_of_folder(first_root), 1))
    image = (unpacked / f"boot/vmlinuz-{version}").read_bytes()
    (folder / "image").write_bytes(uncompressed(image) if architecture == "amd64" else image)
    shutil.rmtree(unpacked)
    shutil.rmtree(first_root)


def prepare(architecture, suite="", flavour=""):
    """The Kernel of Debian's linux-image-FLAVOUR (by default the architecture's usual one), of the
    host's release or another; downloaded and unpacked the first time."""
    package = f"linux-image-{flavour or architecture}"
    folder = CACHE / "vm" / "-".join(filter(None, [suite, flavour or architecture]))
    made_by = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "made-by"
        if not stamp.exists() or stamp.read_text() != made_by:
            fill(folder, architecture, suite, package)
            stamp.write_text(made_by)
    return Kernel(folder / "image", folder / "initramfs")
