# SPDX-License-Identifier: Apache-2.0
"""The contract's stream, byte for byte, and what a camera's controls and other origins get."""
import re

from case import BAD, Answer, End, Finish, case, kept, refused, request

PART = re.compile(rb"Content-Type: image/jpeg\r\nContent-Length: (\d+)\r\n"
                  rb"X-Timestamp: (\d+\.\d{6})\r\nX-Sequence: (\d+)\r\n\r\n")
ADVANCE = b"Content-Type: image/jpeg\r\n\r\n"
FIELDS = {"Cache-Control": "no-store, no-cache, must-revalidate, max-age=0", "Pragma": "no-cache",
          "X-Accel-Buffering": "no", "Connection": "close"}


def is_jpeg(data):
    return data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"


def plain(boundary, count):
    """A check for `count` parts that state their length, and the closing delimiter."""
    def check(body):
        numbers, times = [], []
        delimiter = b"--" + boundary
        if not body.startswith(delimiter + b"\r\n"):
            return "no delimiter at its beginning"
        at = len(delimiter) + 2
        for number in range(count):
            part = PART.match(body, at)
            if not part:
                return f"malformed head of a part: {body[at:at + 200]!r}"
            at = part.end() + int(part[1])
            if not is_jpeg(body[part.end():at]):
                return f"part {number} is not a JPEG"
            end = b"\r\n" + delimiter + (b"--\r\n" if number == count - 1 else b"\r\n")
            if body[at:at + len(end)] != end:
                return f"{body[at:at + 80]!r} behind part {number}"
            at += len(end)
            times.append(float(part[2]))
            numbers.append(int(part[3]))
        if numbers != sorted(numbers) or times != sorted(times):
            return f"parts {numbers} of {times}"
        return f"{len(body) - at} bytes too many" if at != len(body) else None
    return check


def advance(boundary, count):
    """A check for parts whose head comes before the previous one has ended."""
    def check(body):
        begin, end = b"--" + boundary + b"\r\n" + ADVANCE, b"\r\n--" + boundary + b"--\r\n"
        if not body.startswith(begin) or not body.endswith(end):
            return f"{body[:80]!r} ... {body[-80:]!r}"
        jpegs = body[len(begin):-len(end)].split(b"\r\n" + begin)
        wrong = len(jpegs) != count or not all(map(is_jpeg, jpegs))
        return f"{len(jpegs)} parts" if wrong else None
    return check


def stream(body, boundary=b"boundarydonotcross", minor=1):
    return Answer(200, framing="close", closes=True, minor=minor, body=body,
                  lacks=("Transfer-Encoding", "Content-Length", "ETag"), has={
                      "Content-Type": "multipart/x-mixed-replace; boundary=" + boundary.decode(),
                      **FIELDS})


ONE = stream(plain(b"boundarydonotcross", 1))
THREE = stream(plain(b"boundarydonotcross", 3))
SEED = stream(plain(b"frame", 2), b"frame")
EARLY = stream(advance(b"boundarydonotcross", 3))


def lively(name, *steps):
    return case(name, "The stream, byte for byte", *steps, server="lively")


STREAMS = [
    lively(f"{path} ends after its frames", request(path), THREE)
    for path in ("/stream?frames=3", "/stream.mjpg?frames=3", "/stream.mjpeg?frames=3",
                 "/?action=stream&frames=3", "/cameras/first/stream?frames=3",
                 "/cameras/second/stream?frames=3", "/?action=stream_1&frames=3",
                 "/cam_2.mjpg?frames=3", "/stream?frames=3&fps=10",
                 "/stream?advance_headers=0&frames=3",
                 "/stream?frames=3&segments=1")
] + [
    lively("the seed's boundary", request("/video_feed?frames=2"), SEED),
    lively("the seed's boundary in the advance form",
           request("/video_feed?frames=2&advance_headers=1"),
           stream(advance(b"frame", 2), b"frame")),
    lively("one frame", request("/stream?frames=1"), ONE),
    lively("advance_headers=1", request("/stream?frames=3&advance_headers=1"), EARLY),
    lively("an <img> gets the advance form",
           request("/stream?frames=3", "Accept: image/avif,image/webp,*/*"), EARLY),
    lively("advance_headers=0 turns it off",
           request("/stream?frames=3&advance_headers=0", "Accept: image/avif,*/*"), THREE),
    lively("fetch() does not get it", request("/stream?frames=3", "Accept: */*"), THREE),
    lively("a page does not get it", request("/stream?frames=3", "Accept: text/html,image/webp"),
           THREE),
    lively("POST is answered as GET", request("/stream?frames=1", method="POST"), ONE),
    lively("POST with a body", request("/stream?frames=1", method="POST", body=b"hello"), ONE),
    lively("POST with a chunked body",
           request("/stream?frames=1", "Transfer-Encoding: chunked", method="POST")
           + b"5\r\nhello\r\n0\r\n\r\n", ONE),
    lively("HTTP/1.0", request("/stream?frames=1", version="HTTP/1.0"),
           stream(plain(b"boundarydonotcross", 1), minor=0)),
    lively("HTTP/1.0 that asks to be kept",
           request("/stream?frames=1", "Connection: keep-alive", version="HTTP/1.0"),
           stream(plain(b"boundarydonotcross", 1), minor=0)),
    lively("Range is ignored", request("/stream?frames=1", "Range: bytes=0-"), ONE),
    lively("nothing is answered behind it", request("/stream?frames=1") + request(), ONE),
    lively("after other requests", request() + request("/stream?frames=1"), kept(200), ONE),
    lively("the client ends after its request", request("/stream?frames=3"), Finish(), THREE),
]


def controls(name, status, *fields, body=b"{}", method="PATCH", closes=False, has=None):
    return case(name, "Controls",
                request("/cameras/first/controls", *fields, method=method, body=body),
                Answer(status, closes=closes, has=has or {}), server="lively")


JSON = "Content-Type: application/json"

CONTROLS = [
    controls("text is no JSON", 415, "Content-Type: text/plain"),
    controls("a form is no JSON", 415, "Content-Type: application/x-www-form-urlencoded"),
    controls("no type", 415),
    controls("a page of another origin", 403, JSON, "Origin: http://other.example"),
    controls("a page without an origin", 403, JSON, "Origin: null"),
    controls("no body", 400, JSON, body=b"", closes=True),
    controls("no JSON", 400, JSON, body=b"{", closes=True),
    controls("no such control", 400, JSON, body=b'{"nothing": 1}', closes=True),
    controls("a long body", 413, JSON, body=b"{" + b" " * 2100 + b"}", closes=True),
    controls("a condition that is not met", 412, JSON, 'If-Match: "x"', body=b'{"nothing": 1}'),
    controls("the type in capitals, of the page's own origin", 400,
             "Content-Type: APPLICATION/JSON; charset=utf-8", "Origin: http://127.0.0.1",
             body=b"{", closes=True),
    case("a chunked body is read", "Controls",
         request("/cameras/first/controls", JSON, "Transfer-Encoding: chunked", method="PATCH")
         + b"8\r\n{\"nothin\r\n6\r\ng\": 1}\r\n0\r\n\r\n",
         Answer(400, closes=True, body=lambda body: None if b"nothing" in body else "not read"),
         server="lively"),
    case("a long chunked body", "Controls",
         request("/cameras/first/controls", JSON, "Transfer-Encoding: chunked", method="PATCH")
         + b"1000\r\n" + b" " * 4096 + b"\r\n0\r\n\r\n", refused(413), server="lively"),
    case("a body after 100 Continue", "Controls",
         request("/cameras/first/controls", JSON, "Expect: 100-continue", "Content-Length: 1",
                 method="PATCH"), Answer(100), b"{", BAD, server="lively"),
]


def origin(name, *fields, answer, target="/healthz", method="GET"):
    return case(name, "Other origins", request(target, *fields, method=method), answer,
                server="lively")


NAMED = {"Access-Control-Allow-Origin": "https://named.example", "Vary": "Origin",
         "Access-Control-Allow-Credentials": "true",
         "Access-Control-Expose-Headers": "X-Timestamp, X-Sequence, X-Slate, ETag"}

ORIGINS = [
    origin("an origin that is named", "Origin: https://named.example", answer=kept(200, has=NAMED)),
    origin("an origin that is not named", "Origin: https://other.example",
           answer=kept(200, has={"Vary": "Origin"}, lacks=("Access-Control-Allow-Origin",))),
    origin("a picture for an origin that is named", "Origin: https://named.example",
           target="/snapshot", answer=kept(200, has=NAMED)),
    origin("an error for an origin that is named", "Origin: https://named.example",
           target="/nothing", answer=kept(404, has=NAMED)),
    origin("a preflight request", "Origin: https://named.example",
           "Access-Control-Request-Method: PATCH", target="/cameras/first/controls",
           method="OPTIONS",
           answer=kept(204, has={**NAMED, "Access-Control-Allow-Methods": ".*PATCH.*",
                                 "Access-Control-Allow-Headers": ".*Content-Type.*"})),
    case("without --cors-origin nobody is named", "Other origins",
         request("/healthz", "Origin: https://named.example"),
         kept(200, lacks=("Access-Control-Allow-Origin", "Vary"))),
]

TIMEOUTS = [
    case(name, "--header-timeout", *steps, server="hasty") for name, steps in (
        ("a request line that is not completed", (b"GET / HT", refused(408))),
        ("HEAD that is not completed", (b"HEAD / HT", refused(408, method="HEAD"))),
        ("fields that are not completed", (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", refused(408))),
        ("a body that is not completed", (request("/healthz", "Content-Length: 5") + b"he",
                                          refused(408))),
        ("chunks that are not completed",
         (request("/healthz", "Transfer-Encoding: chunked") + b"5\r\nhe", refused(408))),
        ("a body that was waited for",
         (request("/healthz", "Expect: 100-continue", "Content-Length: 5"), Answer(100),
          refused(408))),
        ("a second request that is not completed", (request() + b"GET", kept(200), refused(408))))
]

TIMEOUTS += [
    case("a connection without a request", "--idle-timeout", End(), server="hasty"),
    case("a connection after its request", "--idle-timeout", request(), kept(200), End(),
         server="hasty"),
]

CASES = STREAMS + CONTROLS + ORIGINS + TIMEOUTS
