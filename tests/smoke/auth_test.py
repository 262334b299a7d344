#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passwords and signed links, with curl: `fanlight passwd`, `fanlight sign`, what is asked for, and
the reload of both files."""
import base64
import hashlib
import hmac
import json
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import harness
from client import fetch, wait_for_picture

PATTERN = ["--source", "pattern", "--size", "160x120", "--fps", "20"]
# Of "secret", bcrypt at the least cost.
HASH = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
ANNA = ("--user", "anna:secret")


def fanlight(*arguments, **options):
    return subprocess.run([harness.options.binary, *arguments], capture_output=True, text=True,
                          timeout=harness.DEADLINE_SECONDS, check=False, **options)


def curl(url, *flags):
    """The status, the head and the body."""
    done = subprocess.run(["curl", "--silent", "--include", "--max-time", "20", *flags, url],
                          capture_output=True, timeout=2 * harness.DEADLINE_SECONDS, check=False)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body


class AuthTest(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.users = pathlib.Path(folder, "users")
        self.key = pathlib.Path(folder, "key")
        self.users.write_text(f"anna:{HASH}\nbob:{HASH}:state,control@camera\n")
        self.key.write_text("0123456789abcdef0123456789abcdef\n")
        for file in (self.users, self.key):
            file.chmod(0o600)

    def serve(self, *flags, **options):
        return self.enterContext(harness.Fanlight(
            *PATTERN, "--auth-file", str(self.users), "--link-key", str(self.key), *flags,
            **options))

    def sign(self, *arguments):
        done = fanlight("sign", str(self.key), "camera", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_curl_logs_in(self):
        server = self.serve("--auth-loopback")
        status, head, _ = curl(server.url + "/snapshot")
        self.assertEqual(status, 401)
        self.assertIn('WWW-Authenticate: Basic realm="Fanlight", charset="UTF-8"', head)
        self.assertEqual(curl(server.url + "/snapshot", *ANNA)[0], 200)
        self.assertEqual(curl(server.url + "/", *ANNA)[0], 200)
        self.assertEqual(curl(server.url + "/snapshot", "--user", "anna:wrong")[0], 401)
        server.wait_for_line("refused a login from 127.0.0.1: wrong user or password")
        self.assertEqual(curl(server.url + "/metrics", *ANNA)[0], 403)
        status, _, metrics = curl(server.url + "/metrics", "--user", "bob:secret")
        self.assertEqual(status, 200)
        self.assertIn(b'fanlight_login_refusals_total{reason="wrong"} 1\n', metrics)
        state = json.loads(curl(server.url + "/api/v1/state", "--user", "bob:secret")[2])
        self.assertEqual(state["view"], "whole")
        self.assertEqual(curl(server.url + "/healthz")[0], 200)

    def test_a_stream_with_a_password(self):
        server = self.serve("--auth-loopback")
        status, _, body = curl(server.url + "/stream?frames=3", *ANNA)
        self.assertEqual(status, 200)
        self.assertTrue(body.endswith(b"--boundarydonotcross--\r\n"), body[-40:])

    def test_passwd_makes_users_that_the_server_accepts(self):
        for user, password, *rights in (("carl", "with blanks, äöü"), ("dora", "x", "snapshot")):
            done = fanlight("passwd", str(self.users), user, *rights, input=password + "\n")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.users.stat().st_mode & 0o777, 0o600)
        server = self.serve("--auth-loopback")
        self.assertEqual(curl(server.url + "/snapshot", "--user", "carl:with blanks, äöü")[0], 200)
        self.assertEqual(curl(server.url + "/snapshot", "--user", "dora:x")[0], 200)
        self.assertEqual(curl(server.url + "/stream", "--user", "dora:x")[0], 403)
        self.assertEqual(curl(server.url + "/snapshot", *ANNA)[0], 200, "the others stay")

    def test_links(self):
        log = self.users.with_name("access.log")
        server = self.serve("--auth-loopback", "--access-log", str(log))
        link = self.sign("1h", "5", server.url + "/snapshot")
        self.assertEqual(curl(link)[0], 200)
        for wrong, words in (
                (link.replace("cam=camera", "cam=other"), "its signature does not match"),
                (link.replace("exp=", "exp=9"), "its signature does not match"),
                (link.replace("/snapshot", "/metrics"),
                 "for streams, snapshots, clips, WebSockets"),
                (link.replace("/snapshot", "/stream") + "&fps=6", "allows at most 5 pictures")):
            status, _, body = curl(wrong)
            self.assertEqual(status, 403, wrong)
            self.assertIn(words, body.decode())
        # Ends in order when the link does. It may be over before the request is there.
        for seconds in (2, 6, 18):
            link = self.sign(f"@{int(time.time()) + seconds}", "any", server.url + "/stream")
            status, _, body = curl(link)
            if status == 200:
                break
        self.assertEqual(status, 200)
        self.assertTrue(body.endswith(b"--boundarydonotcross--\r\n"), body[-40:])
        status, _, body = curl(f"{server.url}/snapshot?{expired(self.key)}")
        self.assertEqual((status, body), (403, b"403 Forbidden: the link has expired\n"))
        server.stop()
        text = log.read_text()
        self.assertIn("sig=***", text)
        self.assertNotRegex(text, r"sig=[^*]")

    def test_reload(self):
        server = self.serve("--auth-loopback")
        link = self.sign("1h", "any", server.url + "/snapshot")
        self.assertEqual(curl(server.url + "/snapshot", *ANNA)[0], 200)
        self.assertEqual(curl(link)[0], 200)
        self.users.write_text("# none\nanna\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_line(f"reload: --auth-file {self.users}: line 2: user:hash is expected; "
                             "what was read before stays in force")
        self.assertEqual(curl(server.url + "/snapshot", *ANNA)[0], 200)
        self.users.write_text(f"bob:{HASH}\n")
        self.key.write_text("another key, of more than 32 bytes\n")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_line(f"reload: {self.users} is in force as it is now")
        server.wait_for_line(f"reload: {self.key} is in force as it is now", 1)
        self.assertEqual(curl(server.url + "/snapshot", *ANNA)[0], 401)
        self.assertEqual(curl(server.url + "/snapshot", "--user", "bob:secret")[0], 200)
        self.assertEqual(curl(link)[0], 403)

    def test_files_with_mistakes(self):
        self.users.write_text(f"anna:{HASH}\nbob:$apr1$x$y\n")
        code, lines = harness.run_to_exit(*PATTERN, "--auth-file", str(self.users))
        self.assertEqual(code, 78)
        self.assertIn(f"--auth-file {self.users}: line 2: the hash is none of yescrypt", lines[-1])
        code, lines = harness.run_to_exit(*PATTERN, "--link-key", "/nonexistent/key")
        self.assertEqual(code, 78)
        self.assertIn("--link-key /nonexistent/key: No such file or directory", lines[-1])
        self.users.write_text(f"anna:{HASH}:watch@front\n")
        code, lines = harness.run_to_exit(*PATTERN, "--auth-file", str(self.users))
        self.assertEqual(code, 78)
        self.assertIn("line 1: there is no camera of the name behind '@'", lines[-1])

    def test_files_that_everybody_can_read_are_reported(self):
        for file in (self.users, self.key):
            file.chmod(0o644)
        server = self.serve()
        server.wait_for_line(f"--auth-file {self.users}: every user of this machine may read")
        server.wait_for_line(f"--link-key {self.key}: every user of this machine may read")

    def test_this_machine_is_not_asked_unless_told(self):
        server = self.serve(listen=("127.0.0.1:0", "0.0.0.0:0"))
        port = server.urls[1].rstrip("/").rpartition(":")[2]
        self.assertEqual(fetch(server.address, "/snapshot").status, 200)
        self.assertEqual(fetch(server.address, "/snapshot", "Via: 1.1 proxy").status, 401)
        self.assertEqual(curl(f"http://127.0.0.1:{port}/snapshot")[0], 401, "open to others")
        self.assertEqual(curl(f"http://127.0.0.1:{port}/snapshot", *ANNA)[0], 200)
        self.assertNotIn("whoever can connect", "".join(map(str, server.lines)))

    def test_a_warning_names_what_is_open(self):
        with harness.Fanlight(*PATTERN, "--allow-control", listen=("0.0.0.0:0",)) as server:
            server.wait_for_line("whoever can connect may watch, take snapshots, set controls and "
                                 "read the viewers' state; --auth-file asks for a password")
        with harness.Fanlight(*PATTERN) as server:
            server.wait_for_line("only this machine can open it")
            server.stop()
            self.assertNotIn("whoever can connect", "".join(map(str, server.lines)))

    def test_a_relay_logs_in(self):
        server = self.serve("--auth-loopback")
        port = server.url.rpartition(":")[2]
        with harness.Fanlight("--source", f"http://anna:secret@127.0.0.1:{port}/stream") as relay:
            wait_for_picture(relay.address)
            self.assertNotIn("secret", "".join(map(str, relay.lines)))
        link = self.sign("1h", "any", f"http://127.0.0.1:{port}/stream")
        with harness.Fanlight("--source", link) as relay:
            wait_for_picture(relay.address)
            self.assertNotIn("sig=", "".join(map(str, relay.lines)))

    def test_commands_explain_themselves(self):
        for command in ("passwd", "sign"):
            self.assertRegex(fanlight(command, "--help").stdout, f"^Usage: fanlight {command} ")
            self.assertEqual(fanlight(command).returncode, 64)
        done = fanlight("passwd", str(self.users), "a:b", input="x\n")
        self.assertEqual(done.returncode, 64)
        self.assertRegex(done.stderr, r"^fanlight: passwd: user 'a:b': .*\n$")


def expired(key):
    """The query of a link that ended long ago, which `fanlight sign` does not make."""
    text = b"fanlight-link-1\nexp=1000000000\ncam=camera\nfps=\n"
    mac = hmac.digest(key.read_text().strip().encode(), text, hashlib.sha256)
    return "exp=1000000000&cam=camera&sig=" + base64.urlsafe_b64encode(mac).decode().rstrip("=")


if __name__ == "__main__":
    harness.main()
