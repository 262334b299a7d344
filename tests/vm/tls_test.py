#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tls_test.py --build BUILD [unittest's arguments]: kernel TLS (guest/tls_scenes.py) in a machine
whose kernel has it."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from machine import HERE, Machine, run

MACHINE = Machine("amd64", modules=("aes_generic", "ctr", "gcm", "ghash_generic",
                                    "chacha_generic", "poly1305_generic", "chacha20poly1305",
                                    "tls"), timeout_seconds=1500)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    options, rest = parser.parse_known_args()
    binary = options.build.resolve() / "tools/fanlight"
    # Made here, since an emulated processor takes a minute for each.
    with tempfile.TemporaryDirectory(prefix="fanlight-vm-pictures-") as folder:
        subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi",
                        "-i", "testsrc2=size=800x600:rate=5", "-frames:v", "5", "-q:v", "3",
                        f"{folder}/%02d.jpg"], check=True)
        sys.exit(run(MACHINE, ["/usr/bin/python3", HERE / "guest/tls_scenes.py", binary, folder,
                               *rest]))


if __name__ == "__main__":
    main()
