#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTTP as the contract specifies it, over real sockets."""
import json
import re
import select
import time
import unittest
import urllib.parse

import harness
from client import Connection, fetch, jpeg_size

PATHS = ["/", "/cameras", "/snapshot", "/snapshot.jpg", "/?action=snapshot", "/state",
         "/api/v1/state", "/metrics", "/healthz", "/readyz"]
STREAM_PATHS = ["/stream", "/stream.mjpg", "/stream.mjpeg", "/video_feed", "/?action=stream"]
HOST = "Host: test\r\n"
# One line of the text format 0.0.4: a comment, or a name with its labels and a number.
METRIC = re.compile(r"# (HELP|TYPE) (?:fanlight|process)_\S+ .+"
                    r'|(?:fanlight|process)_[a-z0-9_]+(\{([a-z_]+="[^"]*",?)+\})? [-+.0-9eInfNa]+')


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--source", "emulator")
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.address = cls.fanlight.address
        fetch(cls.address, "/snapshot")  # waits for the first picture

    def fetch(self, target, *headers, **kwargs):
        return fetch(self.address, target, *headers, **kwargs)

    def exchange(self, request):
        """Sends bytes unchanged; the answer must be complete, and FIN must follow it."""
        with Connection(self.address) as connection:
            connection.send(request)
            response = connection.response()
            connection.expect_end()
            return response

    def test_page_shows_a_picture_without_javascript(self):
        page = self.fetch("/")
        self.assertEqual(page.status, 200)
        self.assertRegex(page.header("Content-Type"), "^text/html")
        self.assertRegex(page.body.decode(), r"<img\b[^>]*\bsrc=\"?/?(stream|\?action=stream)")

    def test_health_and_readiness(self):
        for path in ("/healthz", "/readyz"):
            response = self.fetch(path)
            self.assertEqual((response.status, response.body.strip()), (200, b"ok"), path)

    def test_metrics_are_prometheus_text(self):
        response = self.fetch("/metrics")
        self.assertRegex(response.header("Content-Type"), r"^text/plain; version=0\.0\.4")
        lines = response.body.decode().splitlines()
        self.assertGreater(len(lines), 20)
        for line in lines:
            self.assertRegex(line, rf"^({METRIC.pattern})$")
        types = {line.split()[2] for line in lines if line.startswith("# TYPE")}
        for line in lines:
            if not line.startswith("#"):
                name = re.match(r"\w+", line)[0]
                base = re.sub("_(bucket|sum|count)$", "", name)
                self.assertTrue({name, base} & types, f"{name} has no TYPE")

    def test_api_state(self):
        response = self.fetch("/api/v1/state")
        self.assertEqual(response.header("Content-Type"), "application/json")
        self.assertIn(harness.options.backend, response.body.decode().replace("io_uring", "uring"))
        self.assertIsInstance(json.loads(response.body), dict)

    def test_state_has_the_shape_of_ustreamer(self):
        result = json.loads(self.fetch("/state").body)
        self.assertIs(result["ok"], True)
        source = result["result"]["source"]
        self.assertEqual(source["resolution"], {"width": 640, "height": 480})
        self.assertIs(source["online"], True)
        self.assertIsInstance(result["result"]["stream"]["clients"], int)

    def test_cameras_as_json_or_as_a_page(self):
        cameras = self.fetch("/cameras", "Accept: application/json")
        self.assertEqual(cameras.header("Content-Type"), "application/json")
        json.loads(cameras.body)
        page = self.fetch("/cameras", "Accept: text/html,application/xhtml+xml")
        self.assertRegex(page.header("Content-Type"), "^text/html")
        name = re.search(r"/([a-z0-9-]+)/snapshot", page.body.decode())[1]
        self.assertEqual(self.fetch(f"/cameras/{name}/snapshot").status, 200)
        self.assertEqual(json.loads(self.fetch(f"/cameras/{name}/state").body)["ok"], True)
        self.assertEqual(self.fetch("/cameras/nobody/snapshot").status, 404)

    def test_snapshot_is_one_complete_picture(self):
        for path in ("/snapshot", "/snapshot.jpg", "/?action=snapshot", "/?action=snapshot_0",
                     "/?action=snapshot&cacheBust=1", "/?action=snapshot?x"):
            response = self.fetch(path)
            self.assertEqual(response.status, 200, path)
            self.assertEqual(response.header("Content-Type"), "image/jpeg")
            self.assertEqual(response.header("Cache-Control"), "no-cache")
            self.assertEqual(int(response.header("Content-Length")), len(response.body))
            self.assertEqual(jpeg_size(response.body), (640, 480))
        self.assertEqual(self.fetch("/?action=snapshot_1").status, 404)

    def test_unchanged_snapshot_is_304(self):
        with Connection(self.address) as connection:
            for _ in range(3):  # the picture may change between the two requests
                connection.get("/snapshot")
                etag = connection.response().header("ETag")
                self.assertRegex(etag, r'^(W/)?"[^"]+"$')
                connection.get("/snapshot", f"If-None-Match: {etag}")
                response = connection.response()
                if response.status == 304:
                    break
            self.assertEqual((response.status, response.header("ETag")), (304, etag))
            connection.get("/snapshot", 'If-None-Match: "another"')
            self.assertEqual(connection.response().status, 200)

    def test_max_delay_waits_for_a_newer_picture(self):
        with Connection(self.address) as connection:
            connection.get("/snapshot")
            first = connection.response()
            connection.get("/snapshot?max_delay=0")
            second = connection.response()
        self.assertNotEqual(first.header("ETag"), second.header("ETag"))
        self.assertGreater(float(second.header("X-Timestamp")), float(first.header("X-Timestamp")))
        self.assertEqual(self.fetch("/snapshot?max_delay=60000").status, 200)

    def test_malformed_parameters_are_400(self):
        for target in ("/stream?fps=fast", "/stream?fps=0", "/stream?fps=-1", "/stream?frames=0",
                       "/stream?frames=1.5", "/stream?advance_headers=2", "/snapshot?max_delay=x"):
            response = self.fetch(target)
            self.assertEqual(response.status, 400, target)
            self.assertIn(target.split("?")[1].split("=")[0], response.body.decode())
        self.assertEqual(self.fetch("/snapshot?unknown=%00&x").status, 200)

    def test_head_is_get_without_the_body(self):
        for path in PATHS + STREAM_PATHS:
            with Connection(self.address) as connection:
                connection.get(path, method="HEAD")
                head = connection.response(head_only=True)
                self.assertEqual(head.status, 200, path)
                connection.get(path)
                if head.header("Connection") == "close":
                    connection.expect_end()
                    continue
                response = connection.response()  # fails if HEAD had a body
                self.assertEqual(response.header("Content-Type"), head.header("Content-Type"))

    def test_options(self):
        for path in PATHS + STREAM_PATHS + ["*"]:
            response = self.fetch(path, method="OPTIONS")
            self.assertEqual((response.status, response.body), (204, b""), path)
            self.assertEqual(response.header("Allow"), "GET, HEAD, OPTIONS, POST"
                             if path in STREAM_PATHS else "GET, HEAD, OPTIONS")

    def test_unknown_path_is_404(self):
        for path in ("/nothing", "/streams", "/stream/", "/../etc/passwd", "/?action=stream_9"):
            self.assertEqual(self.fetch(path).status, 404, path)

    def test_other_methods_are_405_or_501(self):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            response = self.fetch("/snapshot", method=method)
            self.assertEqual(response.status, 405)
            self.assertEqual(response.header("Allow"), "GET, HEAD, OPTIONS")
        self.assertEqual(self.fetch("/", method="BREW").status, 501)
        self.assertEqual(self.exchange(f"GET / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\n\r\n")
                         .status, 501)

    def test_malformed_requests_are_400_and_closed(self):
        for request in (
                "GET / HTTP/1.1\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Host: other\r\n\r\n",
                f"GET / HTTP/1.1\n{HOST}\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X: a\rb\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X: a\nY: b\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X: a\0b\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X: a\r\n folded\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X : a\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}X\r\n\r\n",
                f"GET  / HTTP/1.1\r\n{HOST}\r\n",
                f"GET / HTTP/1.1 \r\n{HOST}\r\n",
                f"GET nothing HTTP/1.1\r\n{HOST}\r\n",
                f"G\u00e4T / HTTP/1.1\r\n{HOST}\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Content-Length: 0x10\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Content-Length: -1\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Content-Length: 99999999999999999999999\r\n\r\n",
                f"GET / HTTP/1.1\r\n{HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                "\x16\x03\x01\x02 TLS to a plain port\r\n\r\n"):
            with self.subTest(request=request):
                response = self.exchange(request)
                self.assertEqual((response.status, response.header("Connection")), (400, "close"))

    def test_limits(self):
        self.assertEqual(self.exchange(f"GET /{'a' * 70000} HTTP/1.1\r\n{HOST}\r\n").status, 414)
        many = "".join(f"X-{n}: {'a' * 100}\r\n" for n in range(700))
        self.assertEqual(self.exchange(f"GET / HTTP/1.1\r\n{HOST}{many}\r\n").status, 431)
        self.assertEqual(self.exchange("GET / HTTP/2.0\r\n\r\n").status, 505)

    def test_a_large_body_is_413_and_the_answer_arrives(self):
        body = b"x" * 150_000  # never read by the server: a plain close would reset the connection
        head = f"GET / HTTP/1.1\r\n{HOST}Content-Length: 10000000\r\n\r\n".encode()
        self.assertEqual(self.exchange(head + body).status, 413)

    def test_keep_alive(self):
        with Connection(self.address) as connection:
            for _ in range(100):
                connection.get("/snapshot")
                self.assertEqual(connection.response().status, 200)
            connection.get("/healthz", "Connection: close")
            self.assertEqual(connection.response().header("Connection"), "close")
            connection.expect_end()

    def test_pipelined_requests_are_answered_in_order(self):
        expected = {"/healthz": b"ok", "/snapshot": b"\xff\xd8", "/": b"<!", "/metrics": b"# HELP"}
        targets = list(expected) * 8
        with Connection(self.address) as connection:
            connection.send("".join(f"GET {target} HTTP/1.1\r\n{HOST}\r\n" for target in targets))
            for target in targets:
                response = connection.response()
                self.assertEqual(response.status, 200)
                start = response.body[:len(expected[target])]
                self.assertEqual(start.lower(), expected[target].lower(), target)

    def test_requests_pipelined_after_an_error_are_answered(self):
        errors = [("GET", "/nothing", 404), ("PUT", "/snapshot", 405), ("POST", "/cameras", 405),
                  ("GET", "/cameras/nobody/stream", 404), ("GET", "/?action=stream_9", 404),
                  ("PATCH", "/cameras/camera/controls", 405), ("GET", "/ws", 426),
                  ("GET", "/cameras/", 301)]
        with Connection(self.address) as connection:
            for method, target, status in errors:
                for body in ("", "hello"):
                    connection.send(f"{method} {target} HTTP/1.1\r\n{HOST}"
                                    f"Content-Length: {len(body)}\r\n\r\n{body}"
                                    f"HEAD {target} HTTP/1.1\r\n{HOST}\r\n"
                                    f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
                    self.assertEqual(connection.response().status, status, (method, target))
                    connection.response(head_only=True)
                    answer = connection.response()  # fails if HEAD had a body
                    self.assertEqual((answer.status, answer.body), (200, b"ok\n"), target)

    def test_head_gets_no_body_with_an_error_that_closes(self):
        for request in (f"HEAD /% HTTP/1.1\r\n{HOST}\r\n", "HEAD / HTTP/1.1\r\n\r\n",
                        "HEAD / HTTP/9.9\r\n\r\n", f"HEAD /stream?fps=x HTTP/1.1\r\n{HOST}\r\n",
                        f"HEAD /{'a' * 70000} HTTP/1.1\r\n{HOST}\r\n"):
            with Connection(self.address) as connection:
                connection.send(request)
                self.assertGreaterEqual(connection.response(head_only=True).status, 400)
                connection.expect_end()

    def test_host_is_checked(self):
        for host in ("cam", "cam:", "cam.local:5000", "127.0.0.1", "[::1]:80", "[v1.x]", "a_b",
                     "%63am", ""):
            response = self.exchange(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n"
                                     "Connection: close\r\n\r\n")
            self.assertEqual(response.status, 200, host)
        for host in ("a b", "a/b", "a?b", "a#b", "user@cam", "cam:80:80", "cam:http", "[::1", "::1",
                     "[1.2.3.4]", "%zz", "%", "a\\b", "a,b\tc", "<cam>", "c\xe4m"):
            response = self.exchange(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")
            self.assertEqual((response.status, response.header("Connection")), (400, "close"), host)

    def test_equivalent_paths_are_the_same(self):
        for target in ("/%73napshot", "//snapshot", "/snapshot%2ejpg", "//?action=snapshot",
                       "/%2F?action=snapshot"):
            response = self.fetch(target)
            expected = 404 if "%2F" in target else 200  # an encoded slash is not a slash
            self.assertEqual(response.status, expected, target)
        for target in ("//?action=stream", "/%76ideo_feed", "/cameras//camera//stream"):
            with Connection(self.address) as connection:
                connection.get(target)
                self.assertEqual(connection.response_head().status, 200, target)
        for target in ("/%", "/snapshot%", "/%7", "/%g0"):
            self.assertEqual(self.exchange(f"GET {target} HTTP/1.1\r\n{HOST}\r\n").status, 400)

    def test_a_trailing_slash_is_redirected(self):
        pages = {"/cameras/": "/cameras", "/cameras/camera/": "/cameras/camera",
                 "/cameras/camera/?a=b": "/cameras/camera?a=b",
                 "/cam%65ras/": "/cameras"}
        for target, page in pages.items():
            response = self.fetch(target)
            self.assertEqual((response.status, response.body), (301, b""), target)
            for prefix in ("http://cam", "http://cam/webcam"):  # of a proxy
                resolved = urllib.parse.urljoin(prefix + target, response.header("Location"))
                self.assertEqual(resolved, prefix + page)
            self.assertEqual(self.fetch(page, "Accept: text/html").status, 200)
        # Each slash begins a segment (RFC 3986 section 3.3), which urljoin() does not implement.
        self.assertEqual(self.fetch("/cameras/camera///").header("Location"), "../../../camera")
        self.assertEqual(self.fetch("/cameras/nobody/").status, 404)
        self.assertEqual(self.fetch("/cameras" + "/" * 1000).status, 404)

    def test_a_request_byte_by_byte(self):
        with Connection(self.address) as connection:
            for byte in f"\r\nGET /healthz HTTP/1.1\r\n{HOST}X-Empty:\r\n\r\n".encode():
                connection.send(bytes([byte]))
            self.assertEqual(connection.response().status, 200)

    def test_absolute_form(self):
        self.assertEqual(self.fetch("http://proxied.example:81/healthz").body.strip(), b"ok")
        self.assertEqual(self.fetch("HTTP://proxied.local?action=snapshot").header(
            "Content-Type"), "image/jpeg")
        for authority in ("", ":80", "a b", "user@cam", "[::1", "cam:x"):
            self.assertEqual(self.exchange(f"GET http://{authority}/healthz HTTP/1.1\r\n{HOST}\r\n")
                             .status, 400, authority)

    def test_http_1_0(self):
        with Connection(self.address) as connection:
            connection.send("GET /healthz HTTP/1.0\r\n\r\n")
            response = connection.response()
            self.assertEqual((response.version, response.status), ("HTTP/1.0", 200))
            connection.expect_end()
        with Connection(self.address) as connection:
            connection.send("GET /metrics HTTP/1.0\r\n\r\n")
            response = connection.response()
            self.assertIsNone(response.header("Transfer-Encoding"))
            self.assertIn(b"fanlight_", response.body)
        with Connection(self.address) as connection:
            for _ in range(2):
                connection.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(connection.response().header("Connection"), "keep-alive")

    def test_expect_100_continue(self):
        with Connection(self.address) as connection:
            connection.get("/healthz", "Expect: 100-continue", "Content-Length: 5")
            self.assertEqual(connection.response().status, 100)
            connection.send("hello")
            self.assertEqual(connection.response().status, 200)
            connection.get("/readyz")  # the body was not parsed as a request
            self.assertEqual(connection.response().status, 200)

    def test_range_is_ignored(self):
        response = self.fetch("/snapshot", "Range: bytes=0-9")
        self.assertEqual(response.status, 200)
        self.assertEqual(jpeg_size(response.body), (640, 480))

    def test_field_names_in_any_case(self):
        request = "GET /healthz HTTP/1.1\r\nhOsT:test\r\nCONNECTION:\tClose \r\n\r\n"
        self.assertEqual(self.exchange(request).status, 200)


class TimeoutTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The idle time begins before this process has sent its request.
        cls.fanlight = harness.Fanlight("--header-timeout", "300ms", "--idle-timeout", "2s")
        cls.addClassCleanup(cls.fanlight.__exit__)

    def end_of(self, connection):
        """Reads until the server has closed: 408, or nothing."""
        answer = connection.read_to_end()
        self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_an_incomplete_request_times_out(self):
        with Connection(self.fanlight.address) as connection:
            connection.send("GET / HTTP/1.1\r\nHo")
            self.end_of(connection)

    def test_slow_bytes_do_not_extend_the_time_limit(self):
        with Connection(self.fanlight.address) as connection:
            deadline = time.monotonic() + harness.DEADLINE_SECONDS
            connection.send("GET / HTTP/1.1\r\nX: ")
            while not select.select([connection.socket], [], [], 0.05)[0]:
                self.assertLess(time.monotonic(), deadline, "still open")
                connection.send("x")
            try:
                self.end_of(connection)
            except ConnectionResetError:
                pass  # a byte crossed the close in flight

    def test_an_idle_connection_is_closed_without_an_answer(self):
        with Connection(self.fanlight.address) as connection:
            connection.get("/healthz")
            self.assertEqual(connection.response().status, 200)
            connection.expect_end()

    def test_viewers_have_no_such_limits(self):
        with Connection(self.fanlight.address) as connection:
            connection.get("/stream?frames=3")  # with one picture a second
            self.assertTrue(connection.read_to_end().endswith(b"\r\n--boundarydonotcross--\r\n"))


if __name__ == "__main__":
    harness.main()
