#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The configuration file with the real binary: --check-config, --print-config, exit codes, the
order of cameras, and ustreamer command lines."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import harness
from client import fetch, open_stream


def run(*flags, environment=()):
    return subprocess.run([harness.options.binary, *flags], capture_output=True, text=True,
                          timeout=harness.DEADLINE_SECONDS, env={**os.environ, **dict(environment)})


class FileTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name, "fanlight.toml")

    def write(self, text):
        self.path.write_text(text)
        return ["--config", str(self.path)]

    def refused(self, text, said, *flags):
        """Both ways of reading the file: with --check-config, and at a normal start."""
        config = self.write(text)
        for command in ([*config, "--check-config", *flags], [*config, *flags]):
            result = run(*command)
            self.assertEqual(result.returncode, 78, result)
            self.assertEqual(result.stdout, "")
            lines = result.stderr.splitlines()
            self.assertEqual(len(lines), 1, lines)
            self.assertTrue(lines[0].startswith("fanlight: "), lines)
            self.assertIn(said, lines[0])

    def test_invalid_files_exit_with_78_and_one_line(self):
        for text, said in (
                ("colour = 1", f"{self.path}:1: colour: no such key"),
                ('source = "pattern"\nfps = "x"', f"{self.path}:2: fps: 'x'"),
                ('source = "pattern"\nquality = 0', f"{self.path}:2: quality: '0'"),
                ("source = 1", f"{self.path}:1: source:"),
                ('source = "telepathy"', f"{self.path}:1: source: no source 'telepathy'"),
                ("source = pattern", f'{self.path}:1: texts need quotes; write source = "pattern"'),
                ("soruce = 1", f"{self.path}:1: soruce: no such key; did you mean 'source'?"),
                ("", "no source"),
                ("max-viewers = 3", "no source"),
                ("fps = 1\nfps = 2", f"{self.path}:2:"),
                ('[camera.a]\nsource = "pattern"\n[camera.b]\nfps = 1', f"{self.path}:3: camera.b"),
                ("#" * 5000, "longer than"),
                ("\n" * ((1 << 20) + 1), "larger than 1048576 bytes")):
            with self.subTest(text[:60]):
                self.refused(text, said)

    def test_unreadable_files(self):
        for path, said in ((self.folder.name, "Is a directory"), ("/no/such", "No such file")):
            result = run("--config", path, "--check-config")
            self.assertEqual(result.returncode, 78, result)
            self.assertIn(said, result.stderr)
        self.assertEqual(run("--check-config").returncode, 64)
        self.path.write_bytes(b"\xff\xfe\x00")
        self.assertEqual(run("--config", str(self.path), "--check-config").returncode, 78)

    def test_a_missing_device_is_not_an_error_of_the_file(self):
        config = self.write('source = "v4l2:/dev/no-such-device"\nlisten = "127.0.0.1:0"\n')
        self.assertEqual(run(*config, "--check-config").stdout, f"{self.path}: ok\n")
        self.assertEqual(run(*config, "--exit-on-no-source").returncode, 66)

    def test_print_config_prints_a_valid_file(self):
        config = self.write('listen = ["127.0.0.1:0"]\nmax-egress = "1Gbit"\npin-cpus = true\n'
                            '[camera.yard]\nsource = "http://me:\\"secret\\"@127.0.0.1:1/é"\n'
                            'control = { brightness = 3 }\n[camera.door]\nsource = "pattern"\n')
        first = run(*config, "--print-config", environment={"FANLIGHT_MIN_FPS": "2"}.items())
        self.assertEqual(first.returncode, 0, first)
        self.assertIn("\nmin-fps = 2\n", first.stdout)
        self.assertLess(first.stdout.index("[camera.yard]"), first.stdout.index("[camera.door]"))
        second = run(*self.write(first.stdout), "--print-config")
        self.assertEqual(second.stdout, first.stdout)

    def test_cameras_in_the_order_of_the_file_and_flags_before_it(self):
        config = self.write('listen = "127.0.0.1:1"\nmax-viewers = 7\n'
                            '[camera.zebra]\nsource = "pattern"\nsize = "160x120"\nfps = 20\n'
                            '[camera.ant]\nsource = "emulator"\n')
        with harness.Fanlight(*config, "--max-viewers", "9") as fanlight:
            state = json.loads(fetch(fanlight.address, "/api/v1/state").body)
            self.assertEqual([camera["name"] for camera in state["cameras"]], ["zebra", "ant"])
            self.assertEqual(state["max_viewers"], 9)
            flags = state["flags"]
            self.assertEqual(flags["camera"]["zebra"]["size"], "160x120")
            with open_stream(fanlight.address, "/stream").connection:
                pass
            self.assertEqual(fanlight.stop()[0], 0)

    def test_a_source_on_the_command_line_replaces_the_cameras(self):
        config = self.write('[camera.a]\nsource = "v4l2:/dev/no-such-device"\n')
        with harness.Fanlight(*config, "--source", "pattern") as fanlight:
            cameras = json.loads(fetch(fanlight.address, "/api/v1/state").body)["cameras"]
            self.assertEqual([camera["name"] for camera in cameras], ["camera"])


class UstreamerTest(unittest.TestCase):
    """As crowsnest starts it; here without a camera, so a source is given too."""

    def test_flags_of_crowsnest_are_accepted_and_those_without_effect_logged(self):
        with harness.Fanlight("--source", "pattern", "-m", "MJPEG", "--device-timeout=2",
                              "--encoder=HW", "-r", "320x240", "-f", "15", "--allow-origin=*",
                              "--buffers", "3", "--static", "/home/pi/www") as fanlight:
            for flag in ("--format", "--buffers", "--static"):
                fanlight.wait_for_line(f"^{flag} has no effect: ")
            self.assertRegex(fanlight.lines[0], "^listening on ")
            answer = fetch(fanlight.address, "/snapshot")
            self.assertEqual(answer.header("Access-Control-Allow-Origin"), "*")

    def test_host_and_port(self):
        command = [harness.options.binary, "-s", "127.0.0.1", "-p", "99999", "--source", "pattern"]
        result = subprocess.run(command, capture_output=True, text=True,
                                timeout=harness.DEADLINE_SECONDS)
        self.assertEqual(result.returncode, 64)
        self.assertIn("127.0.0.1:99999", result.stderr)

    def test_ustreamer_flags_imply_a_camera(self):
        result = run("--listen", "127.0.0.1:0", "-d", "/dev/no-such-device", "-r", "640x480",
                     "--exit-on-device-error")
        self.assertEqual(result.returncode, 66, result)
        self.assertIn("/dev/no-such-device", result.stderr)

    def test_a_password_is_refused(self):
        result = run("--user", "me", "--passwd", "secret")
        self.assertEqual(result.returncode, 64)
        self.assertIn("nginx", result.stderr)
        self.assertNotIn("secret", result.stderr)


if __name__ == "__main__":
    harness.main()
