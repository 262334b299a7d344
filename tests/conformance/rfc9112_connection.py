# SPDX-License-Identifier: Apache-2.0
"""RFC 9112 sections 9 and 6.3: how long a connection is kept, and in which order it answers."""
from case import BAD, OK, Answer, Bytewise, End, Finish, case, kept, refused, request

LAST = Answer(200, body=b"ok\n", closes=True, has={"Connection": "close"})
SNAPSHOT = kept(200, has={"Content-Type": "image/jpeg"})
METRICS = kept(200, framing="chunked", has={"Content-Type": "text/plain.*"})
KEPT_1_0 = Answer(200, minor=0, body=b"ok\n", closes=False, has={"Connection": "keep-alive"})
LAST_1_0 = Answer(200, minor=0, body=b"ok\n", closes=True)


def old(*fields, **more):
    return request("/healthz", *fields, version="HTTP/1.0", **more)


PERSISTENCE = [
    case("HTTP/1.1 is kept, and does not say so", "9.3",
         *(request(), Answer(200, closes=False, lacks=("Connection",))) * 2),
    case("Connection: close", "9.6", request("/healthz", "Connection: close"), LAST),
    case("Connection: Close", "9.6", request("/healthz", "Connection: Close"), LAST),
    case("Connection: keep-alive", "9.3", request("/healthz", "Connection: keep-alive"), OK),
    case("Connection: keep-alive, close", "9.3",
         request("/healthz", "Connection: keep-alive, close"), LAST),
    case("Connection: close, keep-alive", "9.3",
         request("/healthz", "Connection: close, keep-alive"), LAST),
    case("HTTP/1.0 is closed", "9.3", old(), LAST_1_0),
    case("HTTP/1.0 with keep-alive is kept, and says so", "9.3", old("Connection: keep-alive"),
         KEPT_1_0),
    case("HTTP/1.0 with Keep-Alive", "9.3", old("Connection: Keep-Alive"), KEPT_1_0),
    case("HTTP/1.0 with keep-alive among others", "9.3", old("Connection: x, keep-alive"),
         KEPT_1_0),
    case("HTTP/1.0 with keep-alive and close", "9.3", old("Connection: keep-alive, close"),
         LAST_1_0),
    case("HTTP/1.0 kept, then closed", "9.3", old("Connection: keep-alive") + old(), KEPT_1_0,
         LAST_1_0),
    case("HTTP/1.0, then HTTP/1.1", "9.3", old("Connection: keep-alive") + request(), KEPT_1_0, OK),
    case("HTTP/1.1, then HTTP/1.0", "9.3", request() + old(), OK, LAST_1_0),
    case("Keep-Alive alone does not keep HTTP/1.0", "9.3", old("Keep-Alive: 300"), LAST_1_0),
    case("Proxy-Connection is not for this server", "9.3", old("Proxy-Connection: keep-alive"),
         LAST_1_0),
    case("a hundred requests on one connection", "9.3", *(request(), OK) * 100),
]

BEHIND = [
    case("nothing is answered behind close", "9.6",
         request("/healthz", "Connection: close") + request(), LAST),
    case("nothing is answered behind HTTP/1.0", "9.6", old() + request(), LAST_1_0),
    case("nothing is answered behind a malformed request", "9.6", request(host="a b") + request(),
         BAD),
    case("nothing is answered behind an unknown method", "9.6", request(method="BREW") + request(),
         refused(501)),
    case("nothing is answered behind an unknown version", "9.6",
         request(version="HTTP/2.0") + request(), refused(505)),
    case("what comes behind an error does not destroy the answer", "9.6",
         request(host="a b") + b"x" * 100000, BAD),
]

PIPELINES = [
    case("two requests at once", "9.3.2", request() * 2, OK, OK),
    case("fifty requests at once", "9.3.2", request() * 50, *[OK] * 50),
    case("different resources in order", "9.3.2",
         request("/snapshot") + request() + request("/metrics") + request("/nothing") + request(),
         SNAPSHOT, OK, METRICS, kept(404), OK),
    case("HEAD and GET in order", "9.3.2",
         request("/snapshot", method="HEAD") + request("/snapshot") + request(method="HEAD")
         + request(), kept(200, method="HEAD"), SNAPSHOT, kept(200, method="HEAD"), OK),
    case("bodies between", "9.3.2", request(body=b"hello") * 3 + request(), OK, OK, OK, OK),
    case("refused methods between", "9.3.2",
         request("/snapshot", method="PUT", body=b"hello") + request()
         + request("/snapshot", method="DELETE") + request(), kept(405), OK, kept(405), OK),
    case("a pipeline that ends in close", "9.3.2",
         request() + request() + request("/healthz", "Connection: close"), OK, OK, LAST),
    case("a pipeline that ends in an error", "9.3.2", request() + request(host="a b"), OK, BAD),
    case("a pipeline cut within a head", "9.3.2", request() + request()[:20], OK,
         request()[20:], OK),
    case("a pipeline in pieces of one byte", "9.3.2",
         Bytewise(request() + request(body=b"hello") + request()), OK, OK, OK),
    case("redirects between", "9.3.2", request("/cameras/") + request(), kept(301), OK),
    case("OPTIONS between", "9.3.2", request(method="OPTIONS") + request(), kept(204), OK),
    case("426 between", "9.3.2", request("/ws") + request(), kept(426), OK),
    case("304 between", "9.3.2", request("/snapshot", "If-None-Match: *") + request(),
         kept(304, framing="none"), OK),
    case("pages between", "9.3.2", request("/") + request("/viewer.js") + request(),
         kept(200, has={"Content-Type": "text/html.*"}),
         kept(200, has={"Content-Type": "text/javascript.*"}), OK),
    case("chunked bodies both ways", "9.3.2",
         request("/metrics", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n" + request(),
         METRICS, OK),
]

ENDS = [
    case("the client ends after its request", "9.6", request(), Finish(), OK, End()),
    case("the client ends after a pipeline", "9.6", request() * 10, Finish(), *[OK] * 10, End()),
    case("the client ends after a request for a picture", "9.6", request("/snapshot"), Finish(),
         SNAPSHOT, End()),
    case("the client ends after a request for a report", "9.6", request("/metrics"), Finish(),
         METRICS, End()),
    case("the client ends after an error", "9.6", request("/nothing"), Finish(), kept(404), End()),
    case("the client ends without a request", "9.6", Finish(), End()),
    case("the client ends after an empty line", "9.6", b"\r\n", Finish(), End()),
]

CASES = PERSISTENCE + BEHIND + PIPELINES + ENDS
