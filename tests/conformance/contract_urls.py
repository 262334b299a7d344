# SPDX-License-Identifier: Apache-2.0
"""The contract's table of URLs: what each of them answers."""
import json
import re

from case import OK, Answer, case, kept, refused, request

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
NO_CACHE = {"Cache-Control": "no-cache"}


def has_keys(*keys):
    """The body is an object with these keys, or an array."""
    def check(body):
        missing = [key for key in keys if key not in json.loads(body)]
        return f"no {missing}" if missing else None
    return check


def contains(pattern):
    return lambda body: None if re.search(pattern, body) else f"no {pattern!r} in {body[:200]!r}"


def is_jpeg(body):
    return None if body[:2] == b"\xff\xd8" and body[-2:] == b"\xff\xd9" else "not a JPEG"


def told(status, pattern, **more):
    """An error, with a line that says why."""
    return Answer(status, has={"Content-Type": TEXT}, body=contains(pattern), **more)


PICTURE = kept(200, body=is_jpeg, framing="length", lacks=("Transfer-Encoding",), has={
    "Content-Type": "image/jpeg", "Cache-Control": "no-cache", "ETag": '"[0-9a-f]+-[0-9a-f]+"',
    "X-Timestamp": r"\d+\.\d{6}", "X-Sequence": r"\d+"})
STREAM = refused(200, method="HEAD",
                 has={"Content-Type": "multipart/x-mixed-replace; boundary=boundarydonotcross"})
SEED_STREAM = refused(200, method="HEAD",
                      has={"Content-Type": "multipart/x-mixed-replace; boundary=frame"})

PAGES = [
    case(f"{path} is a page", "URLs", request(path), kept(
        200, has={"Content-Type": HTML, "Content-Security-Policy": "default-src 'none';.*",
                  "X-Content-Type-Options": "nosniff"},
        body=contains(rb"<img\b"))) for path in ("/", "/cameras/camera", "/?action=unknown", "/?x")
] + [
    case("/cameras is a list", "URLs", request("/cameras"),
         kept(200, has={"Content-Type": JSON, "Vary": "Accept"},
              body=contains(rb'"name":\s*"camera"'))),
    case("/cameras is a page for browsers", "URLs", request("/cameras", "Accept: text/html"),
         kept(200, has={"Content-Type": HTML}, body=contains(rb"/camera/snapshot|camera"))),
    case("/viewers from this machine", "URLs", request("/viewers"),
         kept(200, has={"Content-Type": HTML})),
    case("/viewer.js", "URLs", request("/viewer.js"),
         kept(200, has={"Content-Type": "text/javascript; charset=utf-8",
                        "Access-Control-Allow-Origin": r"\*"})),
    case("/favicon.ico", "URLs", request("/favicon.ico"),
         refused(200, has={"Content-Type": r"image/svg\+xml"})),
    case("/favicon.svg", "URLs", request("/favicon.svg"),
         refused(200, has={"Content-Type": r"image/svg\+xml"})),
]

PICTURES = [
    case(f"{path} is the picture", "URLs", request(path), PICTURE) for path in (
        "/snapshot", "/snapshot.jpg", "/?action=snapshot", "/?action=snapshot_0",
        "/?action=snapshot?x=1", "/?action=snapshot&x=1", "/?x&action=snapshot",
        "/cameras/camera/snapshot", "/cam.jpg", "/cam_1.jpg", "/%73napshot", "/snapshot%2ejpg",
        "//snapshot", "/snapshot?", "/snapshot?max_delay=3600000", "/snapshot?unknown=x")
] + [
    case(f"{path} is the stream", "URLs", request(path, method="HEAD"), STREAM) for path in (
        "/stream", "/stream.mjpg", "/stream.mjpeg", "/?action=stream", "/?action=stream_0",
        "/?action=stream?x=1", "/?action=stream&x=1", "/?action=streaming",
        "/cameras/camera/stream", "/cam.mjpg", "/cam_1.mjpg", "/%73tream", "//stream")
] + [
    case(f"{path} is the seed's stream", "URLs", request(path, method="HEAD"), SEED_STREAM)
    for path in ("/video_feed", "/%76ideo_feed", "/video_feed?x")
] + [
    case(f"{path} is not found", "URLs", request(path), told(404, rb"\S", closes=False))
    for path in ("/?action=stream_1", "/?action=snapshot_1", "/?action=stream_x",
                 "/?action=snapshot_99999999999999999999", "/?action=stream_-1", "/cam_0.jpg",
                 "/cam_2.jpg", "/cam_1.mjpgx", "/input_1.json", "/cameras/nobody",
                 "/cameras/nobody/stream", "/cameras/nobody/snapshot", "/cameras/camera/nothing",
                 "/cameras/CAMERA", "/cameras/camera/stream/", "/snapshot.png", "/streams",
                 "/stream/", "/video_feed/", "/webcam/?action=stream", "/robots.txt", "/api/v1",
                 "/api/v2/state", "/index.html", "/nothing")
]

REPORTS = [
    case(f"{path} is JSON", "URLs", request(path),
         kept(200, has={"Content-Type": JSON, **NO_CACHE}, body=has_keys(*keys)))
    for path, keys in (
        ("/state", ("ok", "result")), ("/cameras/camera/state", ("ok", "result")),
        ("/api/v1/state", ("version", "backend", "cameras", "viewers", "shards")),
        ("/api/v1/summary", ("version", "cameras", "viewers")),
        ("/cameras/camera/controls", ("controls",)), ("/program.json", ()),
        ("/input.json", ("controls", "formats")), ("/input_0.json", ("controls", "formats")),
        ("/output.json", ("controls",)), ("/output_0.json", ("controls",)))
] + [
    case("/metrics", "URLs", request("/metrics"),
         kept(200, has={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
              body=contains(rb"(?m)^# TYPE fanlight_viewers gauge$"))),
    case("/healthz", "URLs", request("/healthz"), OK),
    case("/readyz", "URLs", request("/readyz"), OK),
    case("/stock-table", "URLs", request("/stock-table"),
         kept(200, has={"Content-Type": HTML}, framing="chunked", body=contains(rb"</table>"))),
    case("mjpg-streamer's commands", "URLs", request("/?action=command&id=1"),
         told(501, rb"PATCH", closes=True)),
    case("mjpg-streamer's take", "URLs", request("/?action=take"),
         told(501, rb"/snapshot", closes=True)),
]

REDIRECTS = [
    case(f"{path} redirects", "HTTP", request(path),
         kept(301, has={"Location": re.escape(location)}, body=b""))
    for path, location in (
        ("/cameras/", "../cameras"), ("/cameras/camera/", "../camera"),
        ("/cameras/camera/?a=b", "../camera?a=b"), ("/cam%65ras/", "../cameras"),
        ("/cameras/camera///", "../../../camera"))
] + [
    case("a trailing slash of nothing", "HTTP", request("/cameras/nobody/"), kept(404)),
    case("very many slashes", "HTTP", request("/cameras" + "/" * 1000), kept(404)),
]

PARAMETERS = [
    case(f"{target} says what is wrong", "URLs", request(target),
         told(400, target.split("?")[1].split("=")[0].encode(), closes=True))
    for target in (
        "/stream?fps=x", "/stream?fps=", "/stream?fps", "/stream?fps=0", "/stream?fps=-1",
        "/stream?fps=1001", "/stream?fps=1e", "/stream?fps=nan", "/stream?fps=inf",
        "/stream?fps=1,5",
        "/stream?frames=0", "/stream?frames=-1", "/stream?frames=1.5", "/stream?frames=x",
        "/stream?frames=", "/stream?frames=99999999999999999999", "/stream?advance_headers=2",
        "/stream?advance_headers=", "/stream?advance_headers=-1", "/stream?extra_headers=x",
        "/stream?zero_data=x", "/stream?dual_final_frames=x", "/stream?segments=x",
        "/stream?key=a%20b", "/stream?key=" + "a" * 65, "/stream?fps=1&fps=2",
        "/stream?frames=1&frames=1", "/snapshot?max_delay=x", "/snapshot?max_delay=",
        "/snapshot?max_delay=-1", "/snapshot?max_delay=3600001", "/snapshot?max_delay=1.5",
        "/video_feed?fps=x")
] + [
    case(f"{target} is taken", "URLs", request(target, method="HEAD"), STREAM)
    for target in ("/stream?fps=0.1", "/stream?fps=1000", "/stream?fps=29.97", "/stream?frames=1",
                   "/stream?advance_headers=1", "/stream?advance_headers=0", "/stream?key=a.b_c-1",
                   "/stream?unknown=", "/stream?&&", "/stream?fps=5&frames=3&x=y",
                   "/?action=stream&fps=5")
]

CASES = PAGES + PICTURES + REPORTS + REDIRECTS + PARAMETERS
