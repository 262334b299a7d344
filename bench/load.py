# SPDX-License-Identifier: Apache-2.0
"""Runs fanlight-load and reads its figures."""
import json
import subprocess

from servers import Failed

OVERHEAD_SECONDS = 60  # connecting, settling, and a server that is slow to accept its viewers


class Load:
    """One run of fanlight-load in the background; result() waits until it ends."""

    def __init__(self, binary, url, viewers, duration, cpus="1", pid=None, settle=3, flags=()):
        self.seconds_max = duration + settle + OVERHEAD_SECONDS
        command = [str(binary), "--viewers", str(viewers), "--duration", f"{duration}s",
                   "--settle", f"{settle}s", "--cpus", cpus, "--threads",
                   str(len(cpus.replace("-", ",").split(","))), "--tolerate", "--quiet",
                   "--json", "-", *flags, url]
        if pid is not None:
            command[1:1] = ["--pid", str(pid)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self):
        try:
            out, err = self.process.communicate(timeout=self.seconds_max)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise Failed("the load generator did not finish") from None
        if self.process.returncode != 0:
            raise Failed(f"fanlight-load: {err.strip().splitlines()[-1] if err else 'no reason'}")
        return json.loads(out)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()
