#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The password of an upstream camera: in a file of its own, or where everyone can read it."""
import base64
import os
import pathlib
import signal
import tempfile
import unittest
from unittest import mock

import harness
from client import fetch, wait_for_picture
from pictures import make_pictures
from upstream import Upstream, configured, seed_stream, with_password


class PasswordTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = make_pictures(cls)[1][:3]

    def test_a_password_in_a_file_of_its_own(self):
        script = with_password(base64.b64encode(b"admin:s3cr@t /?").decode(),
                               seed_stream(self.pictures))
        with tempfile.TemporaryDirectory() as folder, Upstream(script) as upstream:
            file = pathlib.Path(folder, "yard")
            file.write_text("s3cr@t /?\n")
            file.chmod(0o600)
            # An absolute name, and that of a credential of systemd's.
            for name in (file, "yard"):
                with (mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=folder),
                      configured(upstream.url("/video", "admin"), f'password-file = "{name}"')
                      as config, harness.Fanlight(*config, "--log-level", "debug") as relay):
                    self.assertIn(wait_for_picture(relay.address).body, self.pictures)
                    state = fetch(relay.address, "/api/v1/state").body.decode()
                    file.write_text("wr0ng\n")
                    relay.process.send_signal(signal.SIGHUP)
                    relay.wait_for_line("reload: camera: another password needs a restart")
                    file.unlink()
                    relay.process.send_signal(signal.SIGHUP)
                    relay.wait_for_line(f"reload: camera.camera.password-file: {file}: No such"
                                        " file or directory; nothing was changed")
                    self.assertIn(wait_for_picture(relay.address).body, self.pictures)
                    self.assertNotRegex(state + "".join(line for line in relay.lines if line),
                                        "s3cr|wr0ng")
                file.write_text("s3cr@t /?\n")
            with configured(upstream.url("/video", "admin"), 'password-file = "yard"') as config:
                code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", *config)
                self.assertEqual(code, 78, lines)
                self.assertIn("CREDENTIALS_DIRECTORY is not set", lines[-1])
                # The check opens nothing: the credential is there only for the service.
                self.assertEqual(harness.run_to_exit(*config, "--check-config")[0], 0)

    def test_everyone_may_read_a_file_with_a_password(self):
        with Upstream(seed_stream(self.pictures)) as upstream:
            with configured(upstream.url("/video", "admin:s3cr3t"), "") as config:
                for mode, count in ((0o644, 1), (0o600, 0)):
                    os.chmod(config[1], mode)
                    with harness.Fanlight(*config) as relay:
                        fetch(relay.address, "/snapshot")
                        if count == 1:
                            relay.wait_for_line("every user of this machine can read it")
                        found = [line for line in relay.lines
                                 if line and "every user of this machine can read it" in line]
                        self.assertEqual(len(found), count, relay.lines)
                        self.assertNotIn("s3cr3t", "".join(found))


if __name__ == "__main__":
    harness.main()
