#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nginx and HAProxy in front of the server: what they pass on is answered as it is directly, and no
shape of request smuggling brings the server a request that its client did not send."""
import pathlib
import re
import select
import sys
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "smoke"), str(HERE.parents[1] / "interop")]
import harness  # noqa: E402
from case import request  # noqa: E402
from message import read_response  # noqa: E402
from peer import Peer, Violation  # noqa: E402
from proxies import HAProxy, Nginx  # noqa: E402
from servers import SERVERS  # noqa: E402
from smuggling import HIDDEN, SHAPES, TWO_REQUESTS  # noqa: E402
from transport import Plain  # noqa: E402
from web_socket import OPENED, PING, Closed, Frames, Pictures  # noqa: E402
from web_socket import close, frame, handshake  # noqa: E402

# A limit for the shapes that no proxy answers; no result depends on it.
ANSWER_SECONDS = 0.3
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
# (method, target, fields, body): the same answers as without a proxy.
REQUESTS = [
    (method, target, (), b"") for method in ("GET", "HEAD", "OPTIONS") for target in (
        "/", "/cameras", "/snapshot", "/?action=snapshot", "/stock-table", "/healthz", "/readyz",
        "/viewer.js", "/input.json", "/output.json", "/program.json", "/nothing", "/cameras/",
        "/cameras/camera/controls", "/?action=stream_9", "/healthz?a=b&c", "/%68ealthz", "/ws")
] + [
    (method, target, (), b"hello") for method in ("POST", "PUT", "DELETE", "PATCH")
    for target in ("/snapshot", "/healthz", "/nothing")
] + [
    ("GET", "/cameras", ("Accept: text/html",), b""),
    ("GET", "/nothing", ("Accept: text/html",), b""),
    ("GET", "/snapshot", ("If-None-Match: *",), b""),
    ("GET", "/snapshot", ('If-Match: "x"',), b""),
    ("GET", "/snapshot", ("Range: bytes=0-9",), b""),
    ("GET", "/stream?fps=x", (), b""),
    ("GET", "/snapshot?max_delay=x", (), b""),
    ("GET", "/healthz", ("Accept-Encoding: gzip",), b""),
    ("BREW", "/healthz", (), b""),
    ("PATCH", "/cameras/camera/controls", (JSON,), b"{}"),
    ("POST", "/healthz", (), b"x" * 60000),
]
FIELDS = ("Content-Type", "ETag", "Cache-Control", "Allow", "Location", "Retry-After", "Vary",
          "Content-Security-Policy", "X-Timestamp", "X-Sequence", "Sec-WebSocket-Version")


def gist(response):
    """What a proxy must not change."""
    return (response.status, response.body, {name: response.field(name) for name in FIELDS})


def nginx_in_front_of(fanlight):
    """Its connections to the server are kept, and shared by all clients."""
    host, port = fanlight.address
    return Nginx("proxy_pass http://camera; proxy_http_version 1.1;"
                 "proxy_set_header Host $http_host;"
                 "proxy_set_header Upgrade $http_upgrade; proxy_ignore_client_abort on;"
                 "proxy_set_header Connection $connection_upgrade;",
                 f"upstream camera {{ server {host}:{port}; keepalive 4; }}\n"
                 "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }")


def haproxy_in_front_of(fanlight):
    return HAProxy(fanlight.address)


class Proxies:
    """The tests, for either proxy."""

    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight(*SERVERS["calm"], "--shards", "1")
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.proxy = cls.in_front_of(cls.fanlight)
        cls.addClassCleanup(cls.proxy.__exit__)
        cls.answer(cls.fanlight.address, request("/snapshot"))  # waits for the first picture

    @staticmethod
    def answer(address, sent, method="GET"):
        with Peer(address, Plain()) as peer:
            peer.send(sent)
            return read_response(peer, method, is_ours=False)

    def requests_received(self):
        """Complete heads that the server has read, without the one of this question."""
        text = self.answer(self.fanlight.address, request("/metrics")).body.decode()
        type(self).questions = getattr(self, "questions", 0) + 1
        total = int(re.search(r"^fanlight_requests_total (\d+)$", text, re.MULTILINE)[1])
        return total - self.questions

    def test_answers_are_those_of_the_server(self):
        for method, target, fields, body in REQUESTS:
            for form in ("length", "chunks") if body else ("none",):
                sent = {"none": request(target, *fields, method=method),
                        "length": request(target, *fields, method=method, body=body),
                        "chunks": request(target, *fields, CHUNKED, method=method)
                        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)}[form]
                with self.subTest(method=method, target=target, fields=fields, form=form):
                    direct = self.answer(self.fanlight.address, sent, method)
                    proxied = self.answer(self.proxy.address, sent, method)
                    self.assertEqual(gist(proxied), gist(direct))

    def test_one_connection_is_kept_for_many_requests(self):
        with Peer(self.proxy.address, Plain()) as peer:
            for _ in range(5):
                for method, target in (("GET", "/healthz"), ("HEAD", "/snapshot"),
                                       ("GET", "/stock-table"), ("GET", "/nothing"),
                                       ("PUT", "/snapshot"), ("GET", "/cameras/")):
                    sent = request(target, method=method)
                    peer.send(sent)
                    self.assertEqual(gist(read_response(peer, method, is_ours=False)),
                                     gist(self.answer(self.fanlight.address, sent, method)))

    def test_pipelined_requests_are_answered_in_order(self):
        targets = ["/healthz", "/snapshot", "/nothing", "/output.json", "/stock-table"] * 4
        with Peer(self.proxy.address, Plain()) as peer:
            peer.send(b"".join(map(request, targets)))
            found = [gist(read_response(peer, is_ours=False)) for _ in targets]
        expected = {target: gist(self.answer(self.fanlight.address, request(target)))
                    for target in set(targets)}
        self.assertEqual(found, [expected[target] for target in targets])

    def test_a_body_is_sent_after_100_continue(self):
        for fields, body in ((("Content-Length: 5",), b"hello"),
                             ((CHUNKED,), b"5\r\nhello\r\n0\r\n\r\n")):
            with Peer(self.proxy.address, Plain()) as peer:
                peer.send(request("/snapshot", "Expect: 100-continue", *fields, method="PUT"))
                self.assertEqual(read_response(peer, is_ours=False).status, 100)
                peer.send(body)
                self.assertEqual(read_response(peer, is_ours=False).status, 405)
                peer.send(request())
                self.assertEqual(read_response(peer, is_ours=False).body, b"ok\n")

    def test_a_web_socket_is_passed_through(self):
        with Peer(self.proxy.address, Plain()) as peer:
            peer.send(handshake())
            opened = read_response(peer, is_ours=False)
            self.assertEqual(opened.status, 101)
            for name, pattern in OPENED.has.items():
                self.assertRegex(opened.field(name), f"(?i)^{pattern}$")
            frames = Frames(peer)
            Pictures(1).await_in(frames)
            peer.send(frame(PING, b"through") + close(1000, b"bye"))
            if frames.control()[0] == 10:  # the close may have overtaken the answer to the ping
                Closed(1000).await_in(frames)
            peer.expect_end()

    def test_a_stream_ends_with_its_last_frame(self):
        direct, proxied = (self.answer(address, request("/stream?frames=1"))
                           for address in (self.fanlight.address, self.proxy.address))
        self.assertEqual(proxied.body, direct.body)

    def test_no_smuggled_request_reaches_the_server(self):
        for name, sent in SHAPES:
            with self.subTest(shape=name, sent=sent):
                before = self.requests_received()
                answers = self.answers_to(sent)
                for _ in range(2):  # the next client is not answered what was meant for another
                    response = self.answer(self.proxy.address, request())
                    self.assertEqual((response.status, response.body), (200, b"ok\n"))
                # The proxy has one thread and the server one shard: what they do for one client
                # comes before what they do for a later one.
                received = self.requests_received() - before - 2
                self.assertLessEqual(received, 2 if name in TWO_REQUESTS else 1, answers)

    def test_a_second_request_would_be_counted(self):
        before = self.requests_received()
        with Peer(self.proxy.address, Plain()) as peer:
            peer.send(request() + HIDDEN)
            statuses = [read_response(peer, is_ours=False).status for _ in range(2)]
        self.assertEqual(statuses, [200, 404])
        self.assertEqual(self.requests_received() - before, 2)

    def answers_to(self, sent):
        """All bytes that come until the proxy closes the connection. A proxy that waits for more is
        told that there is none; not before it could answer, since HAProxy then drops requests."""
        with Peer(self.proxy.address, Plain()) as peer:
            peer.send(sent)
            select.select([peer.socket], [], [], ANSWER_SECONDS)
            try:
                peer.finish()
                peer.to_end()
            except (OSError, Violation):
                pass  # how a proxy closes a connection is not judged here
            return peer.received


class NginxTest(Proxies, unittest.TestCase):
    in_front_of = staticmethod(nginx_in_front_of)


class HAProxyTest(Proxies, unittest.TestCase):
    in_front_of = staticmethod(haproxy_in_front_of)


if __name__ == "__main__":
    harness.main()
