#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The names under which the server answers: every other name gets 421."""
import os
import pathlib
import socket
import tempfile
import unittest

import harness
from client import Connection

EVIL = "evil.example"
TARGETS = ("/", "/snapshot", "/stream", "/viewers", "/state", "/api/v1/state", "/metrics", "/ws",
           "/cameras/camera/controls", "/?action=stream", "/nothing")


def status_of(address, host, target="/snapshot", *headers, method="GET", version="1.1"):
    with Connection(address) as connection:
        connection.get(target, *headers, method=method, version=version, host=host)
        return connection.response_head().status


class HostTest(unittest.TestCase):
    def test_a_foreign_name_gets_nothing_on_any_listener(self):
        with tempfile.TemporaryDirectory() as folder:
            sockets = [str(pathlib.Path(folder) / name) for name in ("viewers", "admin")]
            with harness.Fanlight("--listen", f"unix:{sockets[0]}", "--admin-listen",
                                  f"unix:{sockets[1]}", "--allow-control") as fanlight:
                fanlight.wait_for_line("for administration$")
                for address in (fanlight.address, *sockets):
                    for target in TARGETS:
                        self.assertEqual(status_of(address, EVIL, target), 421, target)
                    self.assertEqual(status_of(address, EVIL, "/cameras/camera/controls",
                                               method="PATCH"), 421)
                    self.assertEqual(status_of(address, "localhost"), 200)
                self.assertEqual(status_of(fanlight.address, EVIL, "/healthz"), 200)
                self.assertEqual(status_of(fanlight.address, EVIL, "/readyz"), 200)
                self.assertEqual(status_of(fanlight.address, EVIL, version="1.0"), 421)
                self.assertEqual(status_of(fanlight.address, EVIL, "http://[::1]/snapshot"), 200)
                self.assertEqual(
                    status_of(fanlight.address, "localhost", f"http://{EVIL}/snapshot"), 421)
                fanlight.wait_for_line(f"for {EVIL}: not a name of this server")

    def test_this_machine_has_names(self):
        hostname = socket.gethostname()
        names = [hostname, f"{hostname}.", f"{hostname.upper()}:5000", "127.0.0.1:5000"]
        names += [f"{hostname.split('.')[0]}.{domain}" for domain in search_domains()]
        with harness.Fanlight() as fanlight:
            for name in names:
                self.assertEqual(status_of(fanlight.address, name), 200, name)

    def test_names_are_added_by_flag_environment_and_file(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "fanlight.toml")
            config.write_text('source = "emulator"\nallowed-host = ["cam.example.org", "*.b.org"]')
            self.check_added("--config", str(config))
        self.check_added("--allowed-host", "cam.example.org", "--allowed-host", "*.b.org")
        os.environ["FANLIGHT_ALLOWED_HOST"] = "cam.example.org, *.b.org"
        try:
            self.check_added()
        finally:
            del os.environ["FANLIGHT_ALLOWED_HOST"]
        with harness.Fanlight("--allowed-host", "*") as fanlight:
            self.assertEqual(status_of(fanlight.address, EVIL), 200)

    def check_added(self, *flags):
        with harness.Fanlight(*flags) as fanlight:
            for host, status in (("Cam.Example.Org:443", 200), ("a.b.org", 200), ("b.org", 421),
                                 ("example.org", 421)):
                self.assertEqual(status_of(fanlight.address, host), status, (flags, host))

    def test_a_trusted_proxys_hosts_are_checked_too(self):
        report = "X-Forwarded-Host: evil.example"
        with harness.Fanlight() as fanlight:
            self.assertEqual(status_of(fanlight.address, "pi5", "/snapshot", report), 200)
        with harness.Fanlight("--trusted-proxy", "127.0.0.1") as fanlight:
            self.assertEqual(status_of(fanlight.address, "pi5", "/snapshot", report), 421)

    def test_an_invalid_name_is_refused_at_start(self):
        for name in ("cam.example.org:80", "http://cam.example.org", "b\u00fccher.example", ""):
            code, lines = harness.run_to_exit("--source", "pattern", "--allowed-host", name)
            self.assertEqual(code, 64, lines)
            self.assertIn("--allowed-host", lines[-1])


def search_domains():
    """Those of /etc/resolv.conf."""
    try:
        lines = pathlib.Path("/etc/resolv.conf").read_text().splitlines()
    except OSError:
        return []
    return [word for line in lines if line.startswith("search ") for word in line.split()[1:]
            if word.strip(".")]


if __name__ == "__main__":
    harness.main()
