# SPDX-License-Identifier: Apache-2.0
"""The contract for a camera that is lost, and for a server that is full."""
import re

from case import OK, Answer, Beside, case, kept, refused, request
from web_socket import OPENED, PING, Pictures, Pong, frame, handshake

REASON = "camera lost: .+"
SLATE = kept(503, framing="length", lacks=("ETag",), has={
    "Content-Type": "image/jpeg", "X-Slate": REASON, "Retry-After": r"\d+",
    "Cache-Control": "no-store"})
SLATE_PART = re.compile(
    rb"--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: (\d+)\r\n"
    rb"X-Timestamp: \d+\.\d{6}\r\nX-Sequence: \d+\r\nX-Slate: camera lost: [ -~]+\r\n\r\n")
FULL = kept(503, has={"Retry-After": r"\d+", "Content-Type": "text/plain; charset=utf-8"})


def one_slate(body):
    part = SLATE_PART.match(body)
    if not part:
        return f"malformed part: {body[:300]!r}"
    end = part.end() + int(part[1])
    return None if body[end:] == b"\r\n--boundarydonotcross--\r\n" else f"its end is {body[end:]!r}"


def lost(name, *steps):
    return case(name, "A lost camera", *steps, server="lost")


def full(name, *steps):
    """The only place for a viewer is taken."""
    return case(name, "A full server", Beside(handshake()), *steps, server="full")


LOST = [
    lost(f"{path} is the slate with 503", request(path), SLATE)
    for path in ("/snapshot", "/snapshot.jpg", "/?action=snapshot", "/cameras/camera/snapshot",
                 "/snapshot?max_delay=0", "/cam.jpg")
] + [
    lost("HEAD of the slate", request("/snapshot", method="HEAD"),
         kept(503, method="HEAD", has={"X-Slate": REASON})),
    lost("a slate is not unchanged", request("/snapshot", "If-None-Match: *"), SLATE),
    lost("a condition has no meaning for a slate", request("/snapshot", 'If-Match: "x"'), SLATE),
    lost("requests behind a slate are answered", request("/snapshot") + request(), SLATE, OK),
    lost("the stream shows the slate", request("/stream?frames=1"),
         Answer(200, framing="close", closes=True, body=one_slate)),
    lost("a WebSocket shows the slate", handshake(), OPENED, Pictures(1, slate=True),
         frame(PING, b"on"), Pong(b"on")),
    lost("the server is healthy", request("/healthz"), OK),
    lost("the server is not ready", request("/readyz"),
         kept(503, has={"Content-Type": "text/plain; charset=utf-8"},
              body=lambda body: None if body.count(b"\n") == 1 else "not one line")),
    lost("the page is there", request("/"), kept(200)),
]

PLACES = [
    full(f"{path} is refused", request(path), FULL)
    for path in ("/stream", "/video_feed", "/?action=stream", "/cameras/camera/stream",
                 "/stream?frames=1")
] + [
    full("a WebSocket is refused", handshake(), FULL),
    full("a stream by POST is refused", request("/stream", method="POST"), FULL),
    full("a refused stream keeps the connection", request("/stream") + request(), FULL, OK),
    full("HTTP/1.0 is refused", request("/stream", version="HTTP/1.0"), refused(503, minor=0)),
    full("HEAD of a stream takes no place", request("/stream", method="HEAD"),
         refused(200, method="HEAD")),
    full("a picture takes no place", request("/snapshot"), kept(200)),
    full("a report takes no place", request("/api/v1/state"), kept(200)),
    full("what is wrong is told first", request("/stream?fps=x"), refused(400)),
]

CASES = LOST + PLACES
