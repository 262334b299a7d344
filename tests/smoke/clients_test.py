#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Third-party clients: curl and ffmpeg."""
import subprocess
import tempfile
import unittest

import harness
from client import is_whole_jpeg


def run(*command):
    return subprocess.run(command, capture_output=True, timeout=60)


class ClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.unix_socket = f"{folder.name}/fanlight.sock"
        cls.fanlight = harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "640x480",
                                        listen=["127.0.0.1:0", f"unix:{cls.unix_socket}"])
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.url = cls.fanlight.url

    def curl(self, *arguments):
        result = run("curl", "--silent", "--show-error", "--max-time", "30", *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_ffmpeg_reads_ten_frames(self):
        for target in ("/video_feed", "/stream", "/?action=stream"):
            with self.subTest(target):
                result = run("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error",
                             "-rw_timeout", "5000000", "-i", self.url + target,
                             "-frames:v", "10", "-f", "null", "-")
                self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_curl_gets_snapshots_on_one_connection(self):
        pictures = self.curl(f"{self.url}/snapshot", f"{self.url}/snapshot.jpg",
                             "--write-out", "%{num_connects} %{content_type}\n")
        self.assertIn(b"1 image/jpeg\n", pictures)
        self.assertTrue(pictures.endswith(b"0 image/jpeg\n"))

    def test_curl_reads_a_stream_to_its_end(self):
        stream = self.curl(f"{self.url}/stream?frames=5")
        self.assertEqual(stream.count(b"\r\n--boundarydonotcross\r\n"), 4)
        self.assertTrue(stream.endswith(b"\r\n--boundarydonotcross--\r\n"))

    def test_curl_shows_a_head(self):
        self.assertTrue(self.curl("--head", f"{self.url}/stream").startswith(b"HTTP/1.1 200 OK"))

    def test_curl_posts_are_refused(self):
        answer = self.curl("--data", "x" * 2000, "--write-out", "%{http_code}", f"{self.url}/")
        self.assertTrue(answer.endswith(b"405"), answer)

    def test_curl_over_a_unix_socket(self):
        self.assertEqual(self.fanlight.urls[1], f"unix:{self.unix_socket}")
        picture = self.curl("--unix-socket", self.unix_socket, "http://localhost/snapshot")
        self.assertTrue(is_whole_jpeg(picture))
        stream = self.curl("--unix-socket", self.unix_socket, "http://localhost/stream?frames=3")
        self.assertTrue(stream.endswith(b"--boundarydonotcross--\r\n"))


if __name__ == "__main__":
    harness.main()
