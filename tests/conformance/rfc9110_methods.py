# SPDX-License-Identifier: Apache-2.0
"""RFC 9110 sections 9, 10.2.1 and 15.5.6: methods, by resource."""
from case import Answer, case, kept, refused, request

READ = "GET, HEAD, OPTIONS"
READ_OR_POST = "GET, HEAD, OPTIONS, POST"
RESOURCES = ("/", "/cameras", "/cameras/camera", "/cameras/camera/snapshot",
             "/cameras/camera/state", "/cameras/camera/controls", "/snapshot", "/snapshot.jpg",
             "/?action=snapshot", "/state", "/api/v1/state", "/api/v1/summary", "/metrics",
             "/healthz", "/readyz", "/stock-table", "/viewers", "/viewer.js", "/program.json",
             "/input.json", "/output.json", "/cam.jpg")
STREAMS = ("/stream", "/stream.mjpg", "/stream.mjpeg", "/video_feed", "/?action=stream",
           "/cameras/camera/stream", "/cam.mjpg")

HEADS = [
    case(f"HEAD {path} is GET without a body", "9.3.2", request(path, method="HEAD"),
         kept(200, method="HEAD", has={"Content-Type": ".+"})) for path in RESOURCES
] + [
    case("HEAD of an unknown path", "9.3.2", request("/nothing", method="HEAD"),
         kept(404, method="HEAD")),
    case("HEAD of a redirect", "9.3.2", request("/cameras/", method="HEAD"),
         kept(301, method="HEAD", has={"Location": ".+"})),
    case("HEAD of a WebSocket", "9.3.2", request("/ws", method="HEAD"), kept(426, method="HEAD")),
    case("HEAD with HTTP/1.0", "9.3.2", request(method="HEAD", version="HTTP/1.0"),
         refused(200, method="HEAD", minor=0)),
    case("HEAD of an unchanged picture", "9.3.2",
         request("/snapshot", "If-None-Match: *", method="HEAD"), kept(304, method="HEAD")),
    case("HEAD with a malformed parameter", "9.3.2", request("/stream?fps=x", method="HEAD"),
         refused(400, method="HEAD")),
    case("HEAD of a malformed path", "9.3.2", request("/%", method="HEAD"),
         refused(400, method="HEAD")),
    case("HEAD of an unknown version", "9.3.2", request(method="HEAD", version="HTTP/2.0"),
         refused(505, method="HEAD")),
]

OPTIONS = [
    case(f"OPTIONS {path}", "9.3.7", request(path, method="OPTIONS"),
         kept(204, has={"Allow": READ}, framing="none")) for path in RESOURCES
] + [
    case(f"OPTIONS {path}", "9.3.7", request(path, method="OPTIONS"),
         kept(204, has={"Allow": READ_OR_POST}, framing="none")) for path in STREAMS
]

REFUSED = [
    case(f"{method} {path}", "15.5.6", request(path, method=method),
         kept(405, has={"Allow": READ}))
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE")
    for path in ("/", "/snapshot", "/cameras", "/healthz", "/metrics", "/api/v1/state")
] + [
    case(f"{method} {path}", "15.5.6", request(path, method=method),
         kept(405, has={"Allow": READ_OR_POST}))
    for method in ("PUT", "DELETE", "PATCH", "TRACE") for path in ("/stream", "/video_feed")
] + [
    case(f"{method} for an unknown path", "15.5.5", request("/nothing", method=method), kept(404))
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE")
] + [
    case("TRACE tells nothing of the request", "9.3.8",
         request("/", "Cookie: secret", method="TRACE"),
         kept(405, body=lambda body: b"secret" in body and "it has the cookie")),
    case("PATCH where controls may not be changed", "15.5.6",
         request("/cameras/camera/controls", "Content-Type: application/json", method="PATCH",
                 body=b"{}"), kept(405, has={"Allow": READ})),
    case("OPTIONS where controls may be changed", "9.3.7",
         request("/cameras/first/controls", method="OPTIONS"),
         kept(204, has={"Allow": READ + ", PATCH"}), server="lively"),
    case("PUT where controls may be changed", "15.5.6",
         request("/cameras/first/controls", method="PUT"),
         kept(405, has={"Allow": READ + ", PATCH"}), server="lively"),
    case("an error is told as a page to who wants one", "15.5.5",
         request("/nothing", "Accept: text/html"),
         Answer(404, has={"Content-Type": "text/html; charset=utf-8"})),
]

CASES = HEADS + OPTIONS + REFUSED
