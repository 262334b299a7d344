# SPDX-License-Identifier: Apache-2.0
"""RFC 9110 sections 4, 7, 8, 10, 12 to 14: targets, upgrades, expectations, negotiation, conditions
and ranges."""
from case import BAD, OK, Answer, Bytewise, Remember, case, kept, refused, request

SNAPSHOT = kept(200, has={"Content-Type": "image/jpeg", "ETag": '"[!#-~]+"'}, framing="length")
UNCHANGED = kept(304, framing="none", has={"ETag": "<it>", "Cache-Control": "no-cache"},
                 lacks=("Content-Length", "Content-Type"))
CONTINUE = Answer(100, lacks=("Date", "Content-Length"))


def conditional(name, section, *fields, answer, method="GET"):
    """A request for the picture with fields in which <it> stands for its current ETag."""
    return case(name, section, request("/snapshot"), SNAPSHOT, Remember("ETag"),
                request("/snapshot", *fields, method=method), answer)


IF_NONE_MATCH = [
    conditional(f"If-None-Match: {value}", "13.1.2", f"If-None-Match: {value}", answer=UNCHANGED)
    for value in ("<it>", "W/<it>", "*", "<it>, \"x\"", "\"x\", <it>", "\"x\",<it>,\"y\"",
                  "  <it>  ", "\"x\", W/<it>, \"y\"", ", ,<it>", "\"a,b\", <it>", "W/\"x\" , <it>")
] + [
    conditional(f"If-None-Match: {value}", "13.1.2", f"If-None-Match: {value}", answer=SNAPSHOT)
    for value in ("\"x\"", "W/\"x\"", "\"x\", \"y\"", "\"\"", "x", "\"", "")
] + [
    conditional("If-None-Match on two lines, the first one matches", "5.3", "If-None-Match: <it>",
                "If-None-Match: \"x\"", answer=UNCHANGED),
    conditional("If-None-Match on two lines, the second one matches", "5.3",
                "If-None-Match: \"x\"", "If-None-Match: <it>", answer=UNCHANGED),
    conditional("If-None-Match on two lines, none matches", "5.3", "If-None-Match: \"x\"",
                "If-None-Match: \"y\"", answer=SNAPSHOT),
    conditional("If-None-Match with HEAD", "13.1.2", "If-None-Match: <it>", method="HEAD",
                answer=kept(304, method="HEAD", has={"ETag": "<it>"})),
    conditional("If-None-Match with PUT, which is refused anyway", "13.2.1", "If-None-Match: <it>",
                method="PUT", answer=kept(405)),
    conditional("If-None-Match with OPTIONS has no meaning", "13.2.1", "If-None-Match: <it>",
                method="OPTIONS", answer=kept(204)),
    case("If-None-Match on more lines than are taken", "5.4",
         request("/snapshot", *["If-None-Match: \"x\""] * 100), BAD),
    case("If-None-Match where there are no tags", "13.1.2",
         request("/healthz", "If-None-Match: \"x\""), OK),
]

IF_MATCH = [
    conditional(f"If-Match: {value}", "13.1.1", f"If-Match: {value}", answer=SNAPSHOT)
    for value in ("<it>", "*", "\"x\", <it>", "<it>, \"x\"")
] + [
    conditional(f"If-Match: {value}", "13.1.1", f"If-Match: {value}", answer=kept(412))
    for value in ("\"x\"", "W/<it>", "\"x\", W/<it>", "\"x\", \"y\"")
] + [
    conditional("If-Match and If-None-Match, both true", "13.2.2", "If-Match: <it>",
                "If-None-Match: \"x\"", answer=SNAPSHOT),
    conditional("If-Match is true, If-None-Match is not", "13.2.2", "If-Match: <it>",
                "If-None-Match: <it>", answer=UNCHANGED),
    conditional("If-Match comes before If-None-Match", "13.2.2", "If-Match: \"x\"",
                "If-None-Match: <it>", answer=kept(412)),
    conditional("If-Match with HEAD", "13.1.1", "If-Match: \"x\"", method="HEAD",
                answer=kept(412, method="HEAD")),
    conditional("If-Match on two lines, the second one matches", "5.3", "If-Match: \"x\"",
                "If-Match: <it>", answer=SNAPSHOT),
    case("If-Match with an unknown path", "13.2.1", request("/nothing", "If-Match: \"x\""),
         kept(404)),
]

DATES = [
    conditional(f"{field} has no meaning without Last-Modified", section,
                f"{field}: Sat, 29 Oct 1994 19:43:31 GMT", answer=SNAPSHOT)
    for field, section in (("If-Modified-Since", "13.1.3"), ("If-Unmodified-Since", "13.1.4"))
] + [
    conditional("If-Modified-Since of tomorrow", "13.1.3",
                "If-Modified-Since: Sat, 29 Oct 2094 19:43:31 GMT", answer=SNAPSHOT),
    conditional("If-None-Match counts, not If-Modified-Since", "13.1.3", "If-None-Match: <it>",
                "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT", answer=UNCHANGED),
    conditional("If-Modified-Since that is no date", "13.1.3", "If-Modified-Since: now",
                answer=SNAPSHOT),
]

RANGES = [
    conditional(f"Range: {value} is ignored", "14.2", f"Range: {value}", answer=SNAPSHOT)
    for value in ("bytes=0-9", "bytes=0-", "bytes=-5", "bytes=99999999-", "bytes=0-0,5-6", "x",
                  "lines=1-2", "")
] + [
    conditional("If-Range is ignored with its Range", "13.1.5", "Range: bytes=0-9",
                "If-Range: <it>", answer=SNAPSHOT),
    conditional("Range and an ETag that matches", "14.2", "Range: bytes=0-9", "If-None-Match: <it>",
                answer=UNCHANGED),
]

EXPECT = [
    case("100 Continue comes before the body is sent", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 5"), CONTINUE, b"hello", OK),
    case("Expect in capitals", "10.1.1",
         request("/healthz", "EXPECT: 100-CONTINUE", "Content-Length: 5"), CONTINUE, b"hello", OK),
    case("the body comes in pieces behind 100 Continue", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 5"), CONTINUE,
         Bytewise(b"hello"), OK),
    case("no 100 Continue when the body has come", "10.1.1",
         request("/healthz", "Expect: 100-continue", body=b"hello"), OK),
    case("no 100 Continue without a body", "10.1.1", request("/healthz", "Expect: 100-continue"),
         OK),
    case("no 100 Continue for an empty body", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 0"), OK),
    case("no 100 Continue to HTTP/1.0", "10.1.1",
         request("/healthz", "Expect: 100-continue", version="HTTP/1.0", body=b"hello"),
         Answer(200, minor=0, closes=True)),
    case("a body that is too long is refused at once", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 1000000"), refused(413)),
    case("a malformed request is refused at once", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 5", host="a b"), BAD),
    case("100 Continue, and then 405", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 5", method="PUT"), CONTINUE,
         b"hello", kept(405)),
    case("an unknown expectation is ignored", "10.1.1", request("/healthz", "Expect: miracles"),
         OK),
    case("two requests that wait", "10.1.1",
         request("/healthz", "Expect: 100-continue", "Content-Length: 5"), CONTINUE, b"hello", OK,
         request("/healthz", "Expect: 100-continue", "Content-Length: 5"), CONTINUE, b"hello", OK),
]

NEGOTIATION = [
    case("Accept: */*", "12.5.1", request("/cameras", "Accept: */*"),
         kept(200, has={"Content-Type": "application/json", "Vary": "Accept"})),
    case("Accept: application/json", "12.5.1", request("/cameras", "Accept: application/json"),
         kept(200, has={"Content-Type": "application/json"})),
    case("Accept of a browser", "12.5.1",
         request("/cameras", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"),
         kept(200, has={"Content-Type": "text/html; charset=utf-8", "Vary": "Accept"})),
    case("a type in capitals", "8.3.1", request("/cameras", "Accept: TEXT/HTML"),
         kept(200, has={"Content-Type": "text/html; charset=utf-8"})),
    case("a type with a weight", "12.4.2", request("/cameras", "Accept: a/b, text/html ; q=0.1"),
         kept(200, has={"Content-Type": "text/html; charset=utf-8"})),
    case("a weight of 0 is a refusal", "12.4.2", request("/cameras", "Accept: text/html;q=0, */*"),
         kept(200, has={"Content-Type": "application/json"})),
    case("a weight of 0.000 is a refusal", "12.4.2",
         request("/cameras", "Accept: text/html; Q=0.000"),
         kept(200, has={"Content-Type": "application/json"})),
    case("a type that only begins so", "12.5.1", request("/cameras", "Accept: text/html5"),
         kept(200, has={"Content-Type": "application/json"})),
    case("an Accept that cannot be met is disregarded", "12.4.1",
         request("/snapshot", "Accept: text/plain"), SNAPSHOT),
    case("Accept-Encoding does not change the content", "12.5.3",
         request("/metrics", "Accept-Encoding: gzip, br"), kept(200, lacks=("Content-Encoding",))),
    case("Accept-Encoding: identity;q=0", "12.5.3",
         request("/healthz", "Accept-Encoding: identity;q=0"), OK),
    case("Accept-Language and Accept-Charset are disregarded", "12.5.4",
         request("/healthz", "Accept-Language: de", "Accept-Charset: utf-8"), OK),
    case("TE does not bring trailers", "10.1.4", request("/metrics", "TE: trailers",
                                                         "Connection: TE"),
         kept(200, framing="chunked", lacks=("Trailer",))),
]

UPGRADES = [
    case("an upgrade to another protocol is ignored", "7.8",
         request("/healthz", "Connection: upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
         kept(200, body=b"ok\n", lacks=("Upgrade",))),
    case("an upgrade to TLS is ignored", "7.8",
         request("/healthz", "Connection: upgrade", "Upgrade: TLS/1.0"), OK),
    case("an upgrade where there is no WebSocket is ignored", "7.8",
         request("/healthz", "Connection: upgrade", "Upgrade: websocket"), OK),
    case("426 names the protocol", "15.5.22", request("/ws"),
         kept(426, has={"Upgrade": "websocket", "Connection": "Upgrade"})),
    case("426 before a close", "15.5.22", request("/ws", "Connection: close"),
         refused(426, has={"Upgrade": "websocket", "Connection": "close, Upgrade"})),
    case("426 to HTTP/1.0", "7.8", request("/ws", version="HTTP/1.0"), refused(426, minor=0)),
]

TARGETS = [
    case(f"{target} is the same as /healthz", "4.2.3", request(target), OK)
    for target in ("/%68ealthz", "/%68%65%61%6c%74%68%7a", "/healt%68z", "/healthz?%zz",
                   "/healthz?%", "//healthz", "/healthz?x=%00")
] + [
    case(f"{target} is not found", "15.5.5", request(target), kept(404))
    for target in ("/Healthz", "/HEALTHZ", "/healthz/", "/healthz%2f", "/%2fhealthz", "/healthz%00",
                   "/./healthz", "/x/../healthz", "/..", "/../../etc/passwd", "/%2e%2e/healthz",
                   "/healthz;x", "/healthz%20", "/healthz%3f", "/" + "a" * 4000, "/\\healthz",
                   "/healthz/x", "/*")
] + [
    case(f"{target} is malformed", "RFC 3986 2.1", request(target), BAD)
    for target in ("/%", "/%6", "/%zz", "/healthz%", "/healthz%7", "/%%", "/%-1", "/%u0068")
]

CASES = (IF_NONE_MATCH + IF_MATCH + DATES + RANGES + EXPECT + NEGOTIATION + UPGRADES + TARGETS)
