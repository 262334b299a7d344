#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""restrict.py [--no-io-uring] [--no-ports] [--unprivileged] [--descriptors N] [--threads N]
               [--addresses BYTES] [--disk FOLDER BYTES] [--cgroup FOLDER]
               -- COMMAND...

Runs COMMAND with fewer resources than the caller has, as in a container or as another user.
--disk needs root: it mounts a tmpfs that only COMMAND sees (and others as /proc/PID/root/FOLDER).
"""
import argparse
import contextlib
import ctypes
import errno
import os
import pathlib
import resource
import struct
import sys

CLONE_NEWNET, CLONE_NEWNS = 0x40000000, 0x00020000
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
IO_URING_SETUP = 425  # the same number on every architecture (unistd.h of the kernel)
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def threads_of(user):
    """The number of threads that run as this user."""
    count = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if process.stat().st_uid == user:
                count += len(list((process / "task").iterdir()))
    return count


def limit_threads(count):
    """Limits this process to `count` threads. The kernel counts per user, and does not limit root
    (RLIMIT_NPROC, getrlimit(2)), so root becomes an otherwise unused user."""
    others = 0
    if os.geteuid() == 0:
        user = 1 << 20 | os.getpid()
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(user)
    else:
        others = threads_of(os.geteuid()) - 1
    resource.setrlimit(resource.RLIMIT_NPROC, (others + count, others + count))


def forbid_io_uring():
    """io_uring_setup(2) fails with EPERM, as in a container (seccomp(2), classic BPF)."""
    load_number, jump_equal, answer = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in [
        (load_number, 0, 0, 0), (jump_equal, 0, 1, IO_URING_SETUP),
        (answer, 0, 0, refuse), (answer, 0, 0, allow)])
    memory = ctypes.create_string_buffer(program)
    filter_program = struct.pack("@HP", len(program) // 8, ctypes.addressof(memory))
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_program, 0, 0), "PR_SET_SECCOMP")


def mount_disk(folder, size):
    """A disk of so many bytes, in a namespace that passes nothing on (mount_namespaces(7))."""
    check(libc.unshare(CLONE_NEWNS), "unshare")
    check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount /")
    check(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()),
          f"mount {folder}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-io-uring", action="store_true")
    parser.add_argument("--no-ports", action="store_true", help="ports below 1024 are privileged")
    parser.add_argument("--unprivileged", action="store_true", help="a user other than root")
    parser.add_argument("--descriptors", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--addresses", type=int)
    parser.add_argument("--disk", nargs=2)
    parser.add_argument("--cgroup", type=pathlib.Path)
    split = sys.argv.index("--")
    arguments = parser.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1:]
    # Opened now, because the other user may not have access to its folder.
    program = os.open(command[0], os.O_RDONLY)
    if arguments.descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (arguments.descriptors, arguments.descriptors))
    if arguments.addresses:
        resource.setrlimit(resource.RLIMIT_AS, (arguments.addresses, arguments.addresses))
    if arguments.cgroup:
        (arguments.cgroup / "cgroup.procs").write_text(str(os.getpid()))
    if arguments.disk:
        mount_disk(*arguments.disk)
    # A new network namespace has the kernel's default; containers often allow every port.
    if arguments.no_ports and os.geteuid() == 0:
        check(libc.unshare(CLONE_NEWNET), "unshare")
    if arguments.unprivileged and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if arguments.threads:
        limit_threads(arguments.threads)
    if arguments.no_io_uring:
        forbid_io_uring()
    os.execve(program, command, os.environ)


if __name__ == "__main__":
    main()
