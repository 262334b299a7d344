#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The requests that dashboards send, taken from their sources, and how they use the answer. Each
case states what the program relies on."""
import re
import unittest

import harness
from client import Connection, Stream, is_whole_jpeg

BROWSER_IMAGE = "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FETCH = ("Accept: */*", "Origin: http://mainsail.local", "Sec-Fetch-Mode: cors",
         "Accept-Encoding: gzip, deflate")
REQUESTS = ("User-Agent: python-requests/2.31.0", "Accept-Encoding: gzip, deflate",
            "Accept: */*", "Connection: keep-alive")
AIOHTTP = ("Accept: */*", "Accept-Encoding: gzip, deflate, br",
           "User-Agent: HomeAssistant/2024.6 aiohttp/3.9 Python/3.12")
GO = ("User-Agent: Go-http-client/1.1", "Accept-Encoding: gzip")


class DashboardsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # As crowsnest starts ustreamer, except for the device.
        cls.fanlight = harness.Fanlight("--source", "pattern", "--resolution", "640x480",
                                        "--desired-fps", "15", "--allow-origin", "*",
                                        "--static", "/home/pi/www")
        cls.addClassCleanup(cls.fanlight.__exit__)

    def connect(self):
        connection = Connection(self.fanlight.address)
        self.addCleanup(connection.socket.close)
        return connection

    def stream(self, target, *headers, **form):
        connection = self.connect()
        connection.get(target, *headers)
        return Stream(connection, **form)

    def snapshots(self, targets, *headers):
        """All on one connection, as dashboards poll."""
        connection = self.connect()
        for target in targets:
            connection.get(target, *headers)
            answer = connection.response()
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.header("content-type"), "image/jpeg")
            self.assertEqual(int(answer.header("content-length")), len(answer.body))
            self.assertIsNone(answer.header("content-encoding"))
            self.assertTrue(is_whole_jpeg(answer.body))
        return answer

    def test_mainsail_reads_the_stream_by_fetch(self):
        """Needs CORS, a length in each part, a byte after each JPEG to draw it, and no second SOI
        inside a JPEG: it searches for SOI."""
        stream = self.stream("/?action=stream&timestamp=1700000000000", *FETCH)
        self.assertEqual(stream.head.header("access-control-allow-origin"), "*")
        for _ in range(3):
            self.assertNotIn(b"\xff\xd8", stream.part().jpeg[2:])

    def test_mainsail_and_fluidd_poll_snapshots(self):
        """New pictures, ten per second, on one connection, each with a different URL."""
        answer = self.snapshots([f"/?action=snapshot&bypassCache={i}" for i in range(5)] +
                                [f"/?action=snapshot&cacheBust={i}" for i in range(5)], *FETCH)
        self.assertEqual(answer.header("access-control-allow-origin"), "*")

    def test_fluidd_and_octoprint_show_an_image(self):
        """Chromium paints a part when it sees the next one's head."""
        for target in ("/?action=stream&cacheBust=17", "/?action=stream",
                       "/?action=stream?nonce_dashboard=123"):
            self.stream(target, BROWSER_IMAGE, "Sec-Fetch-Dest: image", advance=True).part()

    def test_octoprint_takes_snapshots_for_a_timelapse(self):
        self.snapshots(["/?action=snapshot", "/?action=snapshot", "/snapshot?max_delay=0"],
                       *REQUESTS)

    def test_home_assistant_takes_stills_and_proxies_the_stream(self):
        """Without a URL for stills, it takes the first SOI to the first EOI of the stream."""
        self.snapshots(["/snapshot"], *AIOHTTP)
        stream = self.stream("/stream", *AIOHTTP)
        self.assertEqual(stream.head.header("content-type"),
                         "multipart/x-mixed-replace; boundary=boundarydonotcross")
        jpeg = stream.part().jpeg
        self.assertEqual(jpeg.find(b"\xff\xd9"), len(jpeg) - 2)

    def test_go2rtc_reads_parts_line_by_line(self):
        """Needs a line that begins with --, fields up to an empty CRLF line, and Content-Length."""
        connection = self.connect()
        connection.get("/stream", *GO)
        connection.read_until(b"\r\n\r\n")
        for _ in range(3):
            self.assertTrue(connection.read_until(b"\r\n").startswith(b"--"))
            fields = connection.read_until(b"\r\n\r\n")
            length = int(re.search(rb"Content-Length: (\d+)\r\n", fields)[1])
            self.assertTrue(is_whole_jpeg(connection.read_exactly(length)))
            connection.expect_bytes(b"\r\n")

    def test_go2rtc_reads_a_snapshot(self):
        self.snapshots(["/snapshot.jpg"], *GO)

    def test_players_requesting_a_range_get_the_stream(self):
        """ffmpeg and VLC."""
        stream = self.stream("/stream", "Range: bytes=0-", "Icy-MetaData: 1", "Accept: */*")
        self.assertIsNone(stream.head.header("content-range"))
        stream.part()

    def test_camera_streamer_clients_request_a_fresh_picture(self):
        self.snapshots(["/snapshot?max_delay=300", "/snapshot.jpg?max_delay=0"])
        connection = self.connect()
        connection.get("/snapshot", "Origin: http://mainsail.local",
                       "Access-Control-Request-Method: GET", method="OPTIONS")
        answer = connection.response()
        self.assertEqual((answer.status, answer.header("access-control-allow-origin")), (204, "*"))

    def test_mjpg_streamer_clients_post_for_a_stream(self):
        connection = self.connect()
        connection.get("/stream", "Content-Length: 0", method="POST")
        Stream(connection).part()


if __name__ == "__main__":
    harness.main()
