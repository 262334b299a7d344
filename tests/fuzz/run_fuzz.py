#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run_fuzz.py PROGRAM RUNS DICTIONARY FOLDER...: runs a target of libFuzzer for RUNS inputs, made
of those in the folders with a constant seed. Nothing is written to the folders: new inputs go to a
temporary one. An input that fails is printed, in base64 too."""
import pathlib
import subprocess
import sys
import tempfile

SEED = 1


def main(program, runs, dictionary, *folders):
    flags = [f"-seed={SEED}", f"-runs={runs}", "-timeout=60", "-rss_limit_mb=4096",
             "-print_final_stats=1"]
    if pathlib.Path(dictionary).exists():
        flags.append(f"-dict={dictionary}")
    with tempfile.TemporaryDirectory() as found:
        command = [program, *flags, f"-artifact_prefix={found}/", found, *folders]
        print(*command, flush=True)
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
