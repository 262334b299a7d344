#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""arm64_test.py --build BUILD [--pages-of-16k]: the programs in the arm64 package serve two cameras
in an arm64 machine (guest/arm64.sh), whose kernel has pages of 4 KiB, or of 16 KiB like that of a
Raspberry Pi 5. BUILD is the tree of the preset arm64, with the package that `tools/package arm64`
built."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from machine import HERE, Machine, run

PROGRAMS = ["tests/vm/uvc_camera", "tests/core/core_test", "tests/capture/jpeg/jpeg_simd_test"]
MODULES = ("vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0", "vhci_hcd", "uvcvideo")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--pages-of-16k", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    missing = [name for name in PROGRAMS if not (build / name).exists()]
    packages = list(build.glob("fanlight_*_arm64.deb"))
    if missing or len(packages) != 1:
        sys.exit(f"{build}: {len(packages)} packages, without {missing}; make them with: "
                 "tools/package arm64 && tools/build arm64 " +
                 " ".join(pathlib.Path(name).name for name in PROGRAMS))
    # Debian 12 has no such kernel; the machine's programs are nevertheless those of Debian 12.
    kernel = ("trixie", "arm64-16k") if options.pages_of_16k else ("", "")
    page_bytes = 16384 if options.pages_of_16k else 4096
    with tempfile.TemporaryDirectory() as package:
        subprocess.run(["dpkg-deb", "--extract", packages[0], package], check=True)
        machine = Machine("arm64", *kernel, modules=MODULES, folders=(build, package, HERE),
                          timeout_seconds=1200)
        sys.exit(run(machine, ["/bin/sh", HERE / "guest/arm64.sh", build, package, page_bytes]))


if __name__ == "__main__":
    main()
